/*
 * supervisor: the process beside a supervised program. It answers the system calls that the filter
 * reports, and ends when the last filtered process has ended.
 */
#ifndef KEEPALIVE_SUPERVISOR_H
#define KEEPALIVE_SUPERVISOR_H

#include "supervise/filter.h"
#include "supervise/title.h"

/* Its report at the start: all is well, or what it lacks. */
enum { SUPERVISOR_READY, SUPERVISOR_NO_PROC, SUPERVISOR_NO_REACH, SUPERVISOR_NO_THREAD };

/*
 * Through the channel it receives the number of a descriptor of its parent, tries what is permitted
 * with it, and answers with one of the above. Then it receives the filter's notification
 * descriptor, and confirms that.
 */
__attribute__((noreturn)) void supervisor_run(const struct plan *plan, int channel,
					      struct title title);

#endif
