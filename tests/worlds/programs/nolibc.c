/*
 * nolibc: a dynamic program without a C library, as Go builds them with -buildmode=pie. The dynamic loader maps the
 * preload into it, and finds none of the symbols that the preload needs.
 */
#include <asm/unistd.h>

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

void _start(void);

__attribute__((used)) static void start(void)
{
	static const char text[] = "no libc\n";

	call(__NR_write, 1, (long)text, sizeof(text) - 1);
	call(__NR_exit_group, call(__NR_socket, 2, 1, 0) >= 0 ? 0 : 1, 0, 0);
}

/* The stack is aligned at entry, where a function expects a return address on it. */
__asm__(".globl _start\n_start:\n\tcall start\n");
