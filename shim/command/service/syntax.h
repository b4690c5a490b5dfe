/*
 * syntax: words in a unit's files: systemd.syntax(7), "Quoting", and the specifiers of
 * systemd.unit(5).
 */
#ifndef KEEPALIVE_SYNTAX_H
#define KEEPALIVE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "text.h"

#define UNIT_BLANKS " \t"

/*
 * Puts the first word at `at` into word, without quotes and with escapes resolved; specifiers stay.
 * Returns what follows it.
 */
const char *syntax_word(const char *at, char *word, size_t size);

/* The same word as it is written; its text in word, too. */
struct slice syntax_slice(const char *at, char *word, size_t size);

/*
 * Replaces those specifiers that the unit's name answers: %%, %n, %N, %p, %P, %i and %I. Returns
 * false if there is another one, or no instance yet.
 */
bool syntax_expand(const char *unit, const char *text, char *expanded, size_t size);

/*
 * Writes text as it stands between double quotes: quotes, backslashes and newlines escaped, and
 * each of the characters in `doubled` twice ("%" unless text has specifiers; "$" in a command).
 */
void syntax_escape(FILE *out, const char *text, const char *doubled);

#endif
