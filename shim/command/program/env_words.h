/*
 * env_words: which program env(1) runs for its arguments, and whether a preload reaches it.
 */
#ifndef KEEPALIVE_ENV_WORDS_H
#define KEEPALIVE_ENV_WORDS_H

#include <stdbool.h>

struct env_words {
	char **program;     /* with its arguments; empty if env(1) prints its environment */
	const char *path;   /* the PATH that it is looked up in; NULL: the command's own */
	bool drops_preload; /* LD_PRELOAD is removed or replaced */
	bool sets_settings; /* the shim's variables are set or removed */
};

/*
 * words are the arguments of env(1), followed by NULL. The result is valid until the next call.
 * Returns false if the program cannot be determined: for an unknown option, quotes in the argument
 * of -S, or a relative path in the directory of --chdir. drops_preload is then set if an option
 * before that drops it.
 */
bool env_words_read(char **words, struct env_words *found);

#endif
