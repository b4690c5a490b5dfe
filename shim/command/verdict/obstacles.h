/*
 * obstacles: the reasons why a preload does not take effect, one row each.
 *
 * ROW(symbol, word, effect, way, starts, reason, advice, more):
 *   symbol          OBSTACLE_symbol
 *   word            its name in the JSON of `check`
 *   effect          the answer of `check`
 *   way             whether supervision gets around it
 *   starts          whether `run` silently starts the program nevertheless
 *   reason, advice  what it is, and what to do about it
 *   more            the function in verdict.c that adds what depends on the program, or NULL
 *
 * To add an obstacle, add a row, and a condition in verdict.c that finds it (shim/README.md).
 */
#ifndef KEEPALIVE_OBSTACLES_H
#define KEEPALIVE_OBSTACLES_H

enum effect { EFFECT_YES, EFFECT_NO, EFFECT_UNKNOWN };

/* WAY_KEPT: only if the program keeps its privileges under supervision. */
enum way { WAY_NONE, WAY_SUPERVISION, WAY_KEPT };

/* clang-format off */
#define OBSTACLES(ROW) \
	ROW(NONE, "", EFFECT_YES, WAY_NONE, true, "", "", explain_limits) \
	ROW(OFF, "off", EFFECT_NO, WAY_NONE, true, \
	    "KEEPALIVE_SHIM=off", \
	    "unset KEEPALIVE_SHIM", NULL) \
	ROW(RULE, "rule", EFFECT_NO, WAY_NONE, true, /* its children may not be exempt */ \
	    "", \
	    "change KEEPALIVE_SHIM_RULES", explain_rule) \
	ROW(INTERPRETER, "interpreter", EFFECT_NO, WAY_NONE, true, /* and execve(2) fails */ \
	    "", \
	    "install the C library it was built for", explain_interpreter) \
	ROW(PRIVILEGE, "privilege", EFFECT_NO, WAY_KEPT, false, \
	    "", \
	    "start it from a process that has these privileges already, or name the library in " \
	    "/etc/ld.so.preload", explain_privilege) \
	ROW(STATIC, "static", EFFECT_NO, WAY_SUPERVISION, false, \
	    "it is statically linked: no dynamic linker, so no preload", \
	    "", explain_supervised) \
	ROW(GO, "go", EFFECT_NO, WAY_SUPERVISION, false, \
	    "it is a Go program: it makes its own system calls, which bypass the C library and any preload", \
	    "", explain_supervised) \
	ROW(PASCAL, "pascal", EFFECT_NO, WAY_SUPERVISION, false, \
	    "it is a Free Pascal program: it makes its own system calls, which bypass the C library and any " \
	    "preload", \
	    "", explain_supervised) \
	ROW(KLIBC, "klibc", EFFECT_NO, WAY_SUPERVISION, false, \
	    "its dynamic linker is not a real one (klibc), so no preload", \
	    "", explain_supervised) \
	ROW(RAW, "raw", EFFECT_NO, WAY_SUPERVISION, false, \
	    "it makes its sockets by system calls that bypass the C library and any preload", \
	    "", explain_supervised) \
	ROW(RCMD, "rcmd", EFFECT_NO, WAY_SUPERVISION, false, \
	    "the C library makes its connections (rcmd(3)) internally, out of any preload's reach", \
	    "", explain_supervised) \
	ROW(ENVIRONMENT, "environment", EFFECT_NO, WAY_SUPERVISION, false, \
	    "env(1) starts it without LD_PRELOAD", \
	    "", explain_supervised) \
	ROW(ENV, "env", EFFECT_UNKNOWN, WAY_NONE, true, \
	    "what env(1) starts cannot be read from its options", \
	    "ask for the program itself", NULL) \
	ROW(LIBRARY, "library", EFFECT_NO, WAY_NONE, false, \
	    "", \
	    "", explain_library) \
	ROW(ARCHITECTURE, "architecture", EFFECT_NO, WAY_SUPERVISION, false, \
	    "", \
	    "build or install the library for it, and name that with 'keepalive run --library PATH'", \
	    explain_architecture) \
	ROW(UNREADABLE, "unreadable", EFFECT_UNKNOWN, WAY_NONE, true, /* most such programs are ordinary ones */ \
	    "its file may not be read", \
	    "ask as a user who may read it", NULL) \
	ROW(FORMAT, "format", EFFECT_UNKNOWN, WAY_NONE, true, /* binfmt_misc may know it */ \
	    "it is neither an ELF executable nor a script whose #! line names an interpreter", \
	    "ask for the program that runs it, or for a process", NULL) \
	ROW(NOT_LOADED, "not-loaded", EFFECT_NO, WAY_NONE, false, \
	    "the library is not loaded in it", \
	    "start it again with 'keepalive run'; " ATTACH, NULL) \
	ROW(BYPASSED, "bypassed", EFFECT_NO, WAY_NONE, false, \
	    "", \
	    "start it with 'keepalive run --supervise=always'; " ATTACH, NULL) \
	ROW(ORPHANED, "orphaned", EFFECT_UNKNOWN, WAY_NONE, false, \
	    "there is a supervisor, but which process it serves is unknown, because the one that it was " \
	    "started for has ended", \
	    "'keepalive status' shows its sockets' values", NULL) \
	ROW(OUTSIDE, "outside", EFFECT_UNKNOWN, WAY_NONE, false, \
	    "a supervisor outside this container serves this command, and probably also that process; " \
	    "its settings cannot be seen from here", \
	    "'keepalive status' shows its sockets' values", NULL) \
	ROW(ELSEWHERE, "elsewhere", EFFECT_NO, WAY_NONE, false, \
	    "its supervisor is in another network namespace or control group, and does not touch " \
	    "sockets that are made here", \
	    ATTACH, NULL) \
	ROW(KERNEL, "kernel", EFFECT_NO, WAY_NONE, false, \
	    "it is a kernel thread", \
	    "", NULL) \
	ROW(HIDDEN, "hidden", EFFECT_UNKNOWN, WAY_NONE, false, \
	    "", /* permission_reason() knows */ \
	    "", NULL) \
	ROW(OVERWRITTEN, "overwritten", EFFECT_UNKNOWN, WAY_NONE, false, \
	    "it is reached, but has overwritten its original environment, for instance for a title " \
	    "in ps(1), so its settings are unknown", \
	    "'keepalive status' shows its connections' values", NULL)
/* clang-format on */

#define OBSTACLE(symbol, ...) OBSTACLE_##symbol,
enum obstacle { OBSTACLES(OBSTACLE) };
#undef OBSTACLE

#endif
