/*
 * env_words: what env(1) will run, of the words that it is given, and whether a preload gets there.
 */
#ifndef KEEPALIVE_ENV_WORDS_H
#define KEEPALIVE_ENV_WORDS_H

#include <stdbool.h>

struct env_words {
	char **program;     /* and what it is given; none if env(1) prints its environment */
	const char *path;   /* the PATH that it is looked up in; NULL: ours */
	bool drops_preload; /* LD_PRELOAD is taken away, or replaced */
	bool sets_settings; /* our variables are set or taken away */
};

/*
 * words end with a NULL. What is found holds until the next call. Returns false if it is not known what will run: for an option that is not known here,
 * or quotes in what is to be split.
 */
bool env_words_read(char **words, struct env_words *found);

#endif
