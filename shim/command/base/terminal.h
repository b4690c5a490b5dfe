/*
 * terminal: what standard output is drawn on, and the whole of its screen for a while.
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

/* Asked again each time: windows change their size. */
struct terminal terminal_look(void);

/*
 * Takes the screen: what is on it comes back when it is given back, also if a signal ends or stops
 * the process, and it is taken again when the process goes on.
 */
void terminal_take(void);
void terminal_give_back(void);

/* Puts the lines, of which none is wider than the screen, in place of what is there: no flicker. */
void terminal_draw(const char *lines, const struct terminal *terminal);

/*
 * Waits so many milliseconds, or until the window has another size. A signal that is to end the
 * process does it here, after the screen was given back.
 */
void terminal_wait(int milliseconds);

#endif
