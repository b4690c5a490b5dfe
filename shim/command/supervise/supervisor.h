/*
 * supervisor: the process beside a supervised program. It answers the system calls that the filter
 * reports, and leaves when the last filtered process has gone.
 */
#ifndef KEEPALIVE_SUPERVISOR_H
#define KEEPALIVE_SUPERVISOR_H

#include "supervise/filter.h"
#include "supervise/title.h"

/* What it reports at the start: all is well, or what it lacks. */
enum { SUPERVISOR_READY, SUPERVISOR_NO_PROC, SUPERVISOR_NO_REACH, SUPERVISOR_NO_THREAD };

/*
 * Over the channel comes the number of a descriptor that its parent has, to try what is permitted;
 * it answers with one of the above; then comes the filter's notification descriptor, which it
 * confirms.
 */
__attribute__((noreturn)) void supervisor_run(const struct plan *plan, int channel,
					      struct title title);

#endif
