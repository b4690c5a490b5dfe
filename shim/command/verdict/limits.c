/* limits: the sentences about the limits of a yes. */
#include "verdict/limits.h"

#include <string.h>

static void separate(struct text *text)
{
	if (text->next > text->start)
		text_string(text, "; ");
}

static void add(struct text *text, bool holds, const char *sentence)
{
	if (!holds)
		return;
	separate(text);
	text_string(text, sentence);
}

#define REACHES_ALL "'keepalive run --supervise=always' reaches those too"

void text_given(struct text *text, const struct target *target)
{
	text_quoted(text, slice_of(target->given));
	text_string(text, ", which it is given, is static or Go; if it starts that, it needs "
			  "'keepalive run --supervise=always'");
}

static void text_raw(struct text *text, const char *names)
{
	if (!names[0])
		return;
	separate(text);
	text_string(text, "but not for sockets that ");
	text_string(text, names);
	text_string(text, strchr(names, ',') ? " make" : " makes");
	text_string(text, " by direct system calls; " REACHES_ALL);
}

void text_limits(struct text *text, const struct target *target)
{
	const struct traits *traits = &target->traits;
	const struct calls *calls = &traits->calls;

	add(text, target->is_linker,
	    "this applies to the program that it is given, if that is dynamic");
	add(text, target->is_script,
	    "this applies to the script itself; a static or Go program that it starts needs "
	    "'keepalive run --supervise=always'");
	if (target->given[0]) {
		separate(text);
		text_given(text, target);
	}
	add(text, target->sets_settings,
	    "env(1) sets variables of keepalive-shim(7) on the way, which override these settings");
	add(text, target->others == PRIVILEGE_CAPABILITIES,
	    "this applies to root alone: the file has capabilities, and the dynamic linker of any "
	    "other user ignores preloads");
	add(text, target->others == PRIVILEGE_SETUID || target->others == PRIVILEGE_SETGID,
	    "this applies to its owner alone: it is setuid or setgid, and the dynamic linker of "
	    "any "
	    "other user ignores preloads");
	add(text, traits->php && traits->php < 805,
	    "PHP before 8.5 opens its extensions with RTLD_DEEPBIND, so that no preload sees the "
	    "sockets of curl, pgsql, sockets and others; " REACHES_ALL);
	add(text, calls->socket, "it can also make sockets by direct system calls; " REACHES_ALL);
	text_raw(text, target->linked.raw);
	add(text, calls->unknown && !calls->socket,
	    "it calls syscall(2) with numbers that its file does not show, and sockets that it "
	    "makes that way are not reached; " REACHES_ALL);
	add(text, calls->connection,
	    "rules by peer or port do not apply to connections that it makes by syscall(2)");
	add(text, calls->uring,
	    "it can use io_uring, and sockets that it made through that would not be reached; "
	    "'keepalive cgroup' reaches those");
	add(text, traits->rcmd,
	    "connections by rcmd(3) are made inside the C library; " REACHES_ALL);
	add(text, traits->asan,
	    "with LD_PRELOAD AddressSanitizer starts only if ASAN_OPTIONS has "
	    "verify_asan_link_order=0, which 'keepalive run' adds");
}

void text_limits_seen(struct text *text, const struct reach *reach)
{
	add(text, reach->error,
	    "whether its calls really lead to the library is not known, because its memory "
	    "cannot be read: ask as root");
	if (reach->bypassed) {
		add(text, true, "but not for the sockets of ");
		text_string(text, reach->names);
		text_string(
			text,
			", loaded with RTLD_DEEPBIND or dlmopen(), past any preload; " REACHES_ALL);
	}
	text_raw(text, reach->raw);
	if (reach->unread[0]) {
		add(text, true, "whether this holds for the sockets of ");
		text_string(text, reach->unread);
		text_string(text, " is not known, because the file is gone or cannot be read: ask "
				  "as root");
	}
}
