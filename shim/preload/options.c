/* options: see options.h. */
#include "options.h"

#include "libc.h"
#include "memory.h"
#include "sockopt_names.h"

unsigned option_bit(int level, int name)
{
	if (level != IPPROTO_TCP && level != SOL_SOCKET)
		return 0;
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (sockopt_names[i].level == level && sockopt_names[i].name == name)
			return 1U << i;
	}
	return 0;
}

int option_get(int fd, enum sockopt option, int *value)
{
	socklen_t length = sizeof(*value);

	return libc->getsockopt(fd, sockopt_names[option].level, sockopt_names[option].name, value,
				&length) == 0
		       ? 0
		       : errno;
}

/*
 * What a new socket has; 0 where that cannot be found out. Asked of a socket made for the purpose and
 * closed at once, once in the life of the process: only rules that give an option back come here, so
 * that it is kept out of the path of those that set one.
 */
__attribute__((noinline)) static int kernel_value(enum sockopt option)
{
	static int32_t values[OPTIONS];
	int32_t value = __atomic_load_n(&values[option], __ATOMIC_RELAXED);
	int fd;

	if (value || option == OPTION_USER_TIMEOUT || option == OPTION_KEEPALIVE)
		return value;
	fd = next_definitions()->socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	for (unsigned i = 0; i < OPTIONS; i++) {
		if (option_get(fd, i, &value) == 0)
			__atomic_store_n(&values[i], value, __ATOMIC_RELAXED);
	}
	libc->syscall(SYS_close, fd);
	return __atomic_load_n(&values[option], __ATOMIC_RELAXED);
}

int option_set(int fd, enum sockopt option, int value)
{
	if (value == 0)
		value = kernel_value(option);
	return next_definitions()->setsockopt(fd, sockopt_names[option].level,
					      sockopt_names[option].name, &value,
					      sizeof(value)) == 0
		       ? 0
		       : errno;
}
