/*
 * kernel_types: the kernel's description of its own types (BTF), as far as it is needed to name one of its
 * functions: Documentation/bpf/btf.rst of Linux.
 */
#ifndef KEEPALIVE_KERNEL_TYPES_H
#define KEEPALIVE_KERNEL_TYPES_H

#include <stdint.h>

/*
 * The number of the function with that name; 0 if there is none, or no description (built without
 * CONFIG_DEBUG_INFO_BTF).
 */
uint32_t kernel_function(const char *name);

#endif
