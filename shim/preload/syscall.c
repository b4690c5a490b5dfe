/*
 * syscall: the hook for syscall(2), through which libseccomp and browsers install their filters, by
 * seccomp(2) or prctl(2).
 *
 * For every other call it is a jump that touches neither the stack nor registers, except one that
 * procedure linkage tables use too. So clone(2) with a stack of its own, vfork(2) and the like
 * return to their callers as they do without us. Therefore it is in assembly.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "bare_syscall.h"
#include "hooks.h"
#include "memory.h"
#include "sandbox.h"
#include "setup.h"

_Static_assert(__builtin_offsetof(struct memory, program_syscall) == 0,
	       "the assembly has no offset");

#if defined(__x86_64__)
__asm__(".pushsection .text.syscall, \"ax\", %progbits\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	endbr64\n"
	"	cmpq $317, %rdi\n" /* SYS_seccomp */
	"	je keepalive_confining\n"
	"	cmpq $157, %rdi\n" /* SYS_prctl */
	"	je keepalive_confining\n"
	"	movq memory(%rip), %r11\n"
	"	testq %r11, %r11\n"
	"	je keepalive_first_syscall\n"
	"	jmp *%r11\n"
	".cfi_endproc\n"
	".size syscall, . - syscall\n"
	".popsection\n");
#elif defined(__i386__)
__asm__(".pushsection .text.syscall, \"ax\", %progbits\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	cmpl $354, 4(%esp)\n" /* SYS_seccomp */
	"	je keepalive_confining\n"
	"	cmpl $172, 4(%esp)\n" /* SYS_prctl */
	"	je keepalive_confining\n"
	"	call 1f\n"
	".cfi_adjust_cfa_offset 4\n"
	"1:	popl %ecx\n"
	".cfi_adjust_cfa_offset -4\n"
	"	movl memory - 1b(%ecx), %ecx\n"
	"	testl %ecx, %ecx\n"
	"	je keepalive_first_syscall\n"
	"	jmp *%ecx\n"
	".cfi_endproc\n"
	".size syscall, . - syscall\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text.syscall, \"ax\", %progbits\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	hint #34\n"     /* bti c */
	"	cmp x0, #277\n" /* SYS_seccomp */
	"	b.eq 1f\n"
	"	cmp x0, #167\n" /* SYS_prctl */
	"	b.eq 1f\n"
	"	adrp x16, memory\n"
	"	ldr x16, [x16, #:lo12:memory]\n"
	"	cbz x16, 2f\n"
	"	br x16\n"
	"1:	b keepalive_confining\n"
	"2:	b keepalive_first_syscall\n"
	".cfi_endproc\n"
	".size syscall, . - syscall\n"
	".popsection\n");
#elif defined(__arm__)
__asm__(".pushsection .text.syscall, \"ax\", %progbits\n"
	".syntax unified\n"
	".thumb\n"
	".globl syscall\n"
	".type syscall, %function\n"
	".thumb_func\n"
	".balign 4\n"
	"syscall:\n"
	".fnstart\n"
	".cantunwind\n"
	"	movw ip, #383\n" /* SYS_seccomp */
	"	cmp r0, ip\n"
	"	beq 2f\n"
	"	cmp r0, #172\n" /* SYS_prctl */
	"	beq 2f\n"
	"	ldr ip, 4f\n"
	"1:	add ip, pc\n"
	"	ldr ip, [ip]\n"
	"	cmp ip, #0\n"
	"	beq 3f\n"
	"	bx ip\n"
	"2:	b keepalive_confining\n"
	"3:	b keepalive_first_syscall\n"
	".balign 4\n"
	"4:	.word memory - (1b + 4)\n"
	".fnend\n"
	".size syscall, . - syscall\n"
	".popsection\n");
#elif defined(__riscv)
__asm__(".pushsection .text.syscall, \"ax\", %progbits\n"
	".globl syscall\n"
	".type syscall, %function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"	li t1, 277\n" /* SYS_seccomp */
	"	beq a0, t1, 1f\n"
	"	li t1, 167\n" /* SYS_prctl */
	"	beq a0, t1, 1f\n"
	"	lla t1, memory\n"
	"	ld t1, 0(t1)\n"
	"	beqz t1, 2f\n"
	"	jr t1\n"
	"1:	tail keepalive_confining\n"
	"2:	tail keepalive_first_syscall\n"
	".cfi_endproc\n"
	".size syscall, . - syscall\n"
	".popsection\n");
#else
#error "syscall.c: this architecture is missing"
#endif

#define FROM_ASSEMBLY __attribute__((visibility("hidden"), used))

FROM_ASSEMBLY long first_syscall(long number, long a, long b, long c, long d, long e,
				 long f) __asm__("keepalive_first_syscall");
FROM_ASSEMBLY long confining_syscall(long number, long a, long b, const void *c, long d, long e,
				     long f) __asm__("keepalive_confining");

/* A call before the library is set up. */
long first_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	set_up();
	/* None is found yet if a function that set-up calls comes back here. */
	return (memory.program_syscall ? memory.program_syscall : bare_syscall)(number, a, b, c, d,
										e, f);
}

/* seccomp(operation, flags, program), prctl(PR_SET_SECCOMP, mode, program), or another prctl(2). */
long confining_syscall(long number, long a, long b, const void *c, long d, long e, long f)
{
	enum { STRICT, FILTER }; /* operations of seccomp(2); prctl(2) counts its modes from 1 */
	enum { NEW_LISTENER = 8 };
	bool by_prctl = number == SYS_prctl;
	int wanted = (int)(by_prctl ? b - 1 : a);
	bool confines =
		(!by_prctl || (int)a == PR_SET_SECCOMP) && (wanted == STRICT || wanted == FILTER);
	const void *program = wanted == FILTER ? c : NULL;
	long result;
	int error;

	set_up();
	error = errno;
	if (confines)
		program = sandbox_begin(program);
	errno = error;
	result = first_syscall(number, a, b, (long)c, d, e, f);
	error = errno;
	/* A thread that SECCOMP_FILTER_FLAG_TSYNC cannot confine is the result, or a descriptor. */
	if (confines && (result < 0 || (result && !(b & NEW_LISTENER))))
		sandbox_failed(program);
	errno = error;
	return result;
}
