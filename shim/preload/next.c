/* next: see next.h. */
#include "next.h"

#include <stddef.h>

#include "hooks.h"
#include "libc.h"

/* <dlfcn.h> of glibc: what __libc_dlopen_mode() wants to be told that it may be called at all. */
#define RTLD_DLOPEN 0x80000000U

static int system_socket(int domain, int type, int protocol)
{
	return (int)syscall(SYS_socket, domain, type, protocol);
}

static int system_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)syscall(SYS_connect, fd, address, length);
}

static int system_accept(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)syscall(SYS_accept4, fd, address, length, 0);
}

static int system_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	return (int)syscall(SYS_accept4, fd, address, length, flags);
}

static int system_listen(int fd, int backlog)
{
	return (int)syscall(SYS_listen, fd, backlog);
}

static int system_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

const struct next next_system_calls = {
	system_socket,  system_connect, system_accept,
	system_accept4, system_listen,  system_setsockopt,
};

typedef void *dlsym_function(void *handle, const char *name);

/* dlsym() is in libdl.so.2 before glibc 2.34, and most programs do not link that. */
static dlsym_function *find_dlsym(void)
{
	void *libdl;

	if (dlsym)
		return dlsym;
	if (!__libc_dlopen_mode || !__libc_dlsym)
		return NULL;
	libdl = __libc_dlopen_mode("libdl.so.2", (int)(RTLD_LAZY | RTLD_DLOPEN));
	return libdl ? (dlsym_function *)__libc_dlsym(libdl, "dlsym") : NULL;
}

/*
 * RTLD_NEXT is relative to the return address: this call must be made from this object, so it is no
 * tail call (-fno-optimize-sibling-calls), and what comes back must not be ourselves.
 */
static void *find(dlsym_function *look_up, const char *name, void *ours, void *otherwise)
{
	void *found = look_up ? look_up(RTLD_NEXT, name) : NULL;

	return found && found != ours ? found : otherwise;
}

#define FIND(name) \
	next->name = (__typeof__(next->name))find(look_up, #name, (void *)hook_##name, \
						  (void *)system_##name)

void next_find(struct next *next)
{
	dlsym_function *look_up = find_dlsym();

	FIND(socket);
	FIND(connect);
	FIND(accept);
	FIND(accept4);
	FIND(listen);
	FIND(setsockopt);
}
