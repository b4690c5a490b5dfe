/*
 * terminal: standard output's terminal, and full-screen output on it.
 */
#ifndef KEEPALIVE_TERMINAL_H
#define KEEPALIVE_TERMINAL_H

#include <stdbool.h>

struct terminal {
	bool is_one;     /* standard output is a terminal */
	bool colour;     /* it may be coloured: no NO_COLOR (https://no-color.org), no TERM=dumb */
	unsigned width;  /* in characters; 80 if not known */
	unsigned height; /* in lines; 24 if not known */
};

/* Queried each time, because windows change their size. */
struct terminal terminal_look(void);

/*
 * Takes the screen. Its contents are restored when it is given back, also if a signal ends or stops
 * the process; it is taken again when the process continues.
 */
void terminal_take(void);
void terminal_give_back(void);

/*
 * Replaces what is on the screen by these lines, of which none is wider than the screen, without
 * flicker.
 */
void terminal_draw(const char *lines, const struct terminal *terminal);

/*
 * Waits for this many milliseconds, or until the window changes its size. A signal that ends the
 * process takes effect here, after the screen was given back.
 */
void terminal_wait(int milliseconds);

#endif
