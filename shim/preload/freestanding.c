/*
 * freestanding: functions that compilers call on their own, to copy and compare memory.
 *
 * The definitions are hidden, so that such a call never becomes a reference to the C library.
 */
#include <stddef.h>

/*
 * Used in loops, to keep the compiler from turning them into a call of the very function they are
 * in.
 */
#define LOOP __asm__ volatile("")

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		LOOP;
		((char *)to)[i] = ((const char *)from)[i];
	}
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	char *t = to;
	const char *f = from;

	if (t < f) {
		for (size_t i = 0; i < size; i++) {
			LOOP;
			t[i] = f[i];
		}
	} else {
		while (size--) {
			LOOP;
			t[size] = f[size];
		}
	}
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		LOOP;
		((char *)to)[i] = (char)byte;
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++) {
		LOOP;
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

#ifdef __ARM_EABI__
/*
 * The unwind tables of 32-bit ARM name their personality routine, which would link libgcc in. The
 * program's unwinder knows these three by number and calls its own.
 */
void __aeabi_unwind_cpp_pr0(void);
void __aeabi_unwind_cpp_pr1(void);
void __aeabi_unwind_cpp_pr2(void);

void __aeabi_unwind_cpp_pr0(void)
{
}

void __aeabi_unwind_cpp_pr1(void)
{
}

void __aeabi_unwind_cpp_pr2(void)
{
}
#endif
