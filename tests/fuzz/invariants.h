/*
 * invariants: what must hold of settings, whatever text they were read from.
 */
#ifndef KEEPALIVE_INVARIANTS_H
#define KEEPALIVE_INVARIANTS_H

#include <stddef.h>
#include <stdint.h>

#include "variables.h"

/* Where libFuzzer, or driver.c, hands in one input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Reads the settings from these texts, twice, and aborts where the outcome is one that it must never be:
 * a value out of the kernel's range, an unresolved auto, a complaint without its texts or that is not
 * one line, a rule too many, a match that is no profile.
 */
void invariants_hold(const struct texts *texts, const struct program *program);

/* A complain_function that aborts for a complaint that must not be; context: an unsigned that counts. */
void invariants_complain(void *context, const struct complaint *complaint);

#endif
