/*
 * message: errors, warnings and exit statuses of all subcommands.
 */
#ifndef KEEPALIVE_MESSAGE_H
#define KEEPALIVE_MESSAGE_H

/* Exit statuses of our own, as env(1) and timeout(1) have them. */
enum { EXIT_OURS = 125, EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

/* "keepalive: " and the message, printable, one line on standard error. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same after "warning: ". The same warning is printed once, and kept for warnings().
 */
void warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The warnings so far, without the "warning: "; NULL after the last. */
const char *const *warnings(void);

#endif
