/* bare_syscall: the system call instruction itself, in case no syscall(2) is found behind us. */
#include "bare_syscall.h"

#include <stdarg.h>

#include "memory.h"

long bare_syscall(long number, ...)
{
	long result = -ENOSYS, argument[6];
	va_list list;

	va_start(list, number);
	for (unsigned i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	(void)argument;
#if defined(__x86_64__)
	register long r10 __asm__("r10") = argument[3];
	register long r8 __asm__("r8") = argument[4];
	register long r9 __asm__("r9") = argument[5];

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(argument[0]), "S"(argument[1]), "d"(argument[2]),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = argument[0];
	register long x1 __asm__("x1") = argument[1];
	register long x2 __asm__("x2") = argument[2];
	register long x3 __asm__("x3") = argument[3];
	register long x4 __asm__("x4") = argument[4];
	register long x5 __asm__("x5") = argument[5];

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	result = x0;
#elif defined(__riscv)
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = argument[0];
	register long a1 __asm__("a1") = argument[1];
	register long a2 __asm__("a2") = argument[2];
	register long a3 __asm__("a3") = argument[3];
	register long a4 __asm__("a4") = argument[4];
	register long a5 __asm__("a5") = argument[5];

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	result = a0;
#endif
	if (result > -4096 && result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}
