/*
 * kernel_types: the kernel's description of its own types (BTF; Documentation/bpf/btf.rst of
 * Linux), as far as needed to find one of its functions.
 */
#ifndef KEEPALIVE_KERNEL_TYPES_H
#define KEEPALIVE_KERNEL_TYPES_H

#include <stdint.h>

/*
 * The number of the function with this name; 0 if there is none, or no BTF (built without
 * CONFIG_DEBUG_INFO_BTF).
 */
uint32_t kernel_function(const char *name);

#endif
