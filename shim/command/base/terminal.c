/*
 * terminal: a terminal's size, colours and alternate screen. The control sequences are those of
 * ECMA-48 and of xterm's alternate screen.
 */
#include "base/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/printable.h"

static const char take[] = "\033[?1049h\033[?25l\033[H\033[2J";
static const char give_back[] = "\033[?25h\033[?1049l";

static const int endings[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static volatile sig_atomic_t ended, resized;
static sigset_t before;

struct terminal terminal_look(void)
{
	const char *no_color = getenv("NO_COLOR"), *type = getenv("TERM");
	struct terminal terminal = { .is_one = isatty(STDOUT_FILENO), .width = 80, .height = 24 };
	struct winsize size;

	if (!terminal.is_one)
		return terminal;
	terminal.colour = !(no_color && *no_color) && type && strcmp(type, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		terminal.width = size.ws_col;
		terminal.height = size.ws_row;
	}
	return terminal;
}

static void put(const char *sequence)
{
	ssize_t written = write(STDOUT_FILENO, sequence, strlen(sequence));

	(void)written; /* a terminal that is gone needs nothing */
}

static void note_end(int number)
{
	ended = number;
}

static void note_size(int number)
{
	resized = number;
}

/*
 * Our signals are blocked except in terminal_wait(), so stdio is never interrupted in the middle of
 * a line.
 */
static void stop(int number)
{
	put(give_back);
	raise(SIGSTOP);
	put(take);
	resized = number;
}

void terminal_take(void)
{
	sigset_t ours;

	sigemptyset(&ours);
	for (unsigned i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		struct sigaction action;

		/* nohup(1) and shells' background jobs ignore some */
		if (sigaction(endings[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			continue;
		sigaction(endings[i], &(struct sigaction){ .sa_handler = note_end }, NULL);
		sigaddset(&ours, endings[i]);
	}
	sigaction(SIGWINCH, &(struct sigaction){ .sa_handler = note_size }, NULL);
	sigaction(SIGTSTP, &(struct sigaction){ .sa_handler = stop }, NULL);
	sigaddset(&ours, SIGWINCH);
	sigaddset(&ours, SIGTSTP);
	sigprocmask(SIG_BLOCK, &ours, &before);
	put(take);
}

void terminal_give_back(void)
{
	put(give_back);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/*
 * Prints as much of a line as fits; control sequences take no room. Returns where the next line
 * begins.
 */
static const char *draw_line(const char *line, unsigned width)
{
	const char *end = line + strcspn(line, "\n");
	unsigned used = 0;

	while (line < end) {
		const char *start = line;
		unsigned columns = 0;

		line = *line == '\033' ? line + strcspn(line, "m") + 1
				       : printable_next(line, end, &columns);
		used += columns;
		if (used <= width)
			fwrite(start, 1, (size_t)(line - start), stdout);
	}
	fputs("\033[0m\033[K", stdout);
	return *end ? end + 1 : end;
}

void terminal_draw(const char *lines, const struct terminal *terminal)
{
	fputs("\033[H", stdout);
	for (unsigned i = 0; i < terminal->height && *lines; i++) {
		if (i)
			fputs("\r\n", stdout);
		lines = draw_line(lines, terminal->width);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

void terminal_wait(int milliseconds)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000L };

	resized = 0;
	ppoll(NULL, 0, &time, &before);
	if (!ended)
		return;
	terminal_give_back();
	signal(ended, SIG_DFL);
	raise(ended);
}
