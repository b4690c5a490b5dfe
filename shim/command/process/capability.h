/*
 * capability: the capabilities of this process (capabilities(7)).
 */
#ifndef KEEPALIVE_CAPABILITY_H
#define KEEPALIVE_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>

/* Whether the capability, CAP_SYS_ADMIN and so on, is in our effective set. */
bool capability_held(unsigned capability);

#endif
