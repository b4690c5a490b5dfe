/*
 * json: members of a JSON object on standard output (RFC 8259), each with the comma before it.
 */
#ifndef KEEPALIVE_JSON_H
#define KEEPALIVE_JSON_H

#include <stdbool.h>

/* Any string, made printable, without a key and a comma. */
void json_text(const char *string);

/* The same as a member; null for NULL. */
void json_string(const char *key, const char *string);

/* One of our own words; null for NULL, "" and "-", which mean nothing in tables. */
void json_word(const char *key, const char *word);

/* A number; null if it is not known. */
void json_number(const char *key, bool is_known, unsigned long number);

#endif
