/* next: looks up the C library's functions, and replaces those that it does not find. */
#include "next.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bare_syscall.h"
#include "libc.h"
#include "memory.h"

/* From glibc's <dlfcn.h>: __libc_dlopen_mode() must get this to work. */
#define RTLD_DLOPEN 0x80000000U

/*
 * Libraries are mapped near each other, and the program elsewhere: half the address space away on
 * 64-bit machines. (If the loader itself was started, with the program as its argument, they are
 * together.)
 */
#define NEAR_BITS (sizeof(void *) == 8 ? 36 : 29)

static bool is_library(const void *address)
{
	uintptr_t there = (uintptr_t)address, here = (uintptr_t)&memory;

	return address && (there > here ? there - here : here - there) >> NEAR_BITS == 0;
}

static int *no_errno_location(void)
{
	static int number;

	return &number;
}

/* Whether the program has more privileges than its caller; assumed if nothing tells. */
static unsigned long no_getauxval(unsigned long type)
{
	return type == AT_SECURE;
}

#define SYSTEM_CALL(name, parameters, call) \
	static int system_##name parameters \
	{ \
		return (int)libc->syscall call; \
	}
#define SYSTEM_MEMBER(name, parameters, call) .name = system_##name,

HOOKS(SYSTEM_CALL)
OTHER_CALLS(SYSTEM_CALL)

const struct next next_system_calls = { HOOKS(SYSTEM_MEMBER) };

typedef void *dlsym_function(void *handle, const char *name);

/*
 * dlsym() is in libdl.so.2 before glibc 2.34, and most programs do not link that. In a program that
 * has something of its own called dlsym, glibc since then finds it by its version; musl has no
 * other way.
 */
static dlsym_function *find_dlsym(void)
{
	void *libdl;

	if (is_library(dlsym))
		return dlsym;
	if (is_library(__libc_dlopen_mode) && is_library(__libc_dlsym)) {
		libdl = __libc_dlopen_mode("libdl.so.2", (int)(RTLD_LAZY | RTLD_DLOPEN));
		return libdl ? (dlsym_function *)__libc_dlsym(libdl, "dlsym") : NULL;
	}
	if (is_library(dlvsym))
		return (dlsym_function *)dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
	return NULL;
}

/*
 * RTLD_NEXT is relative to the return address, so this call must be made from this object and must
 * not be a tail call (-fno-optimize-sibling-calls); and its result must not be ourselves.
 */
static void *find(dlsym_function *look_up, const char *name, void *ours, void *otherwise)
{
	void *found = look_up ? look_up(RTLD_NEXT, name) : NULL;

	return found && found != ours ? found : otherwise;
}

#define FIND(member, name, ours, otherwise) \
	next->member = \
		(__typeof__(next->member))find(look_up, name, (void *)(ours), (void *)(otherwise))
#define FIND_HOOKED(name, parameters, call) FIND(name, #name, hook_##name, system_##name);
#define FIND_OTHER(name, parameters, call)  FIND(name, #name, NULL, system_##name);

void next_begin(struct next *next)
{
	if (!next->errno_location)
		next->errno_location =
			is_library(__errno_location) ? __errno_location : no_errno_location;
	if (!next->syscall)
		next->syscall = bare_syscall;
	if (!next->getauxval)
		next->getauxval = is_library(getauxval) ? getauxval : no_getauxval;
}

void next_find(struct next *next)
{
	dlsym_function *look_up = find_dlsym();

	FIND(errno_location, "__errno_location", NULL, next->errno_location);
	/*
	 * For the program's calls only, since it may be anything: a library may have a variable of
	 * this name. On 32-bit machines it is ours too, for want of another.
	 */
	memory.program_syscall = (__typeof__(next->syscall))find(
		look_up, "syscall", (void *)hook_syscall, (void *)bare_syscall);
	if (sizeof(long) < sizeof(int64_t))
		next->syscall = memory.program_syscall;
	FIND(getauxval, "getauxval", NULL, next->getauxval);
	HOOKS(FIND_HOOKED)
	OTHER_CALLS(FIND_OTHER)
	next->set_option = next->setsockopt;
}
