/*
 * own-symbol: a program with a function or a variable of its own called NAME (-DNAME=...; -DVARIABLE), that
 * makes a socket, is refused a connection, and prints the result and the socket's keepalive. If the shim
 * calls that function by mistake, the program ends with status 3.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>

enum {
	AF_INET = 2,
	SOCK_STREAM = 1,
	SOL_SOCKET = 1,
	SO_KEEPALIVE = 9,
	SOL_TCP = 6,
	TCP_KEEPIDLE = 4
};

/* Declared here, because the headers that declare them may also declare NAME, as something else. */
struct ipv4 {
	uint16_t family;
	uint8_t port[2], address[4], zero[8];
};
int socket(int domain, int type, int protocol);
int connect(int fd, const void *address, unsigned length);
void _exit(int status) __attribute__((noreturn));

#ifdef VARIABLE
unsigned long NAME[16] = { ~0UL, ~0UL };
#else
long NAME(void);
long NAME(void)
{
	_exit(3);
}
#endif

/* The system call by its number, since getsockopt and syscall may be NAME. */
static int option(int fd, int level, int name)
{
	int value = -1, length = sizeof(value);
#if defined(__x86_64__)
	register long r10 __asm__("r10") = (long)&value;
	register long r8 __asm__("r8") = (long)&length;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(SYS_getsockopt), "D"(fd), "S"(level), "d"(name), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_getsockopt;
	register long x0 __asm__("x0") = fd;
	register long x1 __asm__("x1") = level;
	register long x2 __asm__("x2") = name;
	register long x3 __asm__("x3") = (long)&value;
	register long x4 __asm__("x4") = (long)&length;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
#else
	(void)fd, (void)level, (void)name, (void)length; /* not tried on other machines */
#endif
	return value;
}

int main(void)
{
	struct ipv4 nobody = { AF_INET, { 0, 1 }, { 127, 0, 0, 1 }, { 0 } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), refused;

	refused = connect(fd, &nobody, sizeof(nobody));
	printf("connect %d keepalive %d idle %d\n", refused, option(fd, SOL_SOCKET, SO_KEEPALIVE),
	       option(fd, SOL_TCP, TCP_KEEPIDLE));
	return 0;
}
