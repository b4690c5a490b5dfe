/*
 * invariants: what must be true of settings, whatever text they were read from.
 */
#ifndef KEEPALIVE_INVARIANTS_H
#define KEEPALIVE_INVARIANTS_H

#include <stddef.h>
#include <stdint.h>

#include "variables.h"

/* libFuzzer, or driver.c, calls this with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Reads the settings from these texts, twice, and aborts if the result is impossible: a value outside the kernel's range,
 * an unresolved auto, a complaint that lacks a text or is not one line, too many rules, a match without a profile.
 */
void invariants_hold(const struct texts *texts, const struct program *program);

/* A complain_function that aborts for a complaint that must not be; context: an unsigned that counts. */
void invariants_complain(void *context, const struct complaint *complaint);

#endif
