/* settings_text: settings as NAME=value lines and back. */
#include "cgroup/settings_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/connection.h"
#include "variables.h"

/* Where a whole text is put together. */
struct writing {
	FILE *file;
	char *text;
	size_t size;
};

static void begin(struct writing *writing)
{
	writing->file = open_memstream(&writing->text, &writing->size);
	if (!writing->file)
		abort();
}

static char *end(struct writing *writing)
{
	if (fclose(writing->file) != 0)
		abort();
	return writing->text;
}

static const char *role_name(unsigned roles)
{
	return roles == ROLE_CLIENT ? "client" : roles == ROLE_SERVER ? "server" : "both";
}

static const char *mode_name(const struct profile *profile)
{
	return profile->force ? "force" : "respect";
}

/* "60s", "kernel", "off": as value_parse() reads it. */
static void write_value(FILE *file, enum sockopt option, int32_t value)
{
	char buffer[32];
	struct text text = TEXT(buffer);

	if (!value) {
		fputs(option <= OPTION_COUNT ? "kernel" : "off", file);
		return;
	}
	text_value(&text, option, value);
	fwrite(text.start, 1, (size_t)(text.next - text.start), file);
}

static void write_peer(FILE *file, const struct network *peer)
{
	char address[INET6_ADDRSTRLEN];
	int family = peer->address.family == ADDRESS_IPV4 ? AF_INET : AF_INET6;

	if (!peer->address.family)
		return;
	fprintf(file, "peer=%s/%u ",
		inet_ntop(family, peer->address.bytes, address, sizeof(address)), peer->bits);
}

static void write_rule(FILE *file, const struct rule *rule)
{
	const struct profile *profile = &rule->profile;

	if (rule->roles != ROLE_BOTH)
		fprintf(file, "role=%s ", role_name(rule->roles));
	write_peer(file, &rule->peer);
	if (rule->port_last && rule->port_first == rule->port_last)
		fprintf(file, "port=%u ", rule->port_first);
	else if (rule->port_last)
		fprintf(file, "port=%u-%u ", rule->port_first, rule->port_last);
	if (!profile->value[OPTION_KEEPALIVE])
		fputs("off ", file);
	for (unsigned i = 0; i < NUMBERS && profile->value[OPTION_KEEPALIVE]; i++) {
		fprintf(file, "%s=", sockopt_name(i));
		write_value(file, i, profile->value[i]);
		fputc(' ', file);
	}
	fprintf(file, "mode=%s", mode_name(profile));
}

char *rule_to_text(const struct rule *rule)
{
	struct writing writing;

	begin(&writing);
	write_rule(writing.file, rule);
	return end(&writing);
}

char *settings_to_text(const struct settings *settings, size_t *size)
{
	struct writing writing;
	char *text;

	begin(&writing);
	fprintf(writing.file, "%s=%s\n", variable_name(VARIABLE_ROLE), role_name(settings->role));
	for (unsigned i = 0; i < NUMBERS; i++) {
		fprintf(writing.file, "%s=", variable_name((enum variable)i));
		write_value(writing.file, i, settings->base.value[i]);
		fputc('\n', writing.file);
	}
	fprintf(writing.file, "%s=%s\n", variable_name(VARIABLE_MODE), mode_name(&settings->base));
	fprintf(writing.file, "%s=", variable_name(VARIABLE_RULES));
	for (unsigned i = 0; i < settings->rules; i++) {
		if (i)
			fputc(';', writing.file);
		write_rule(writing.file, &settings->rule[i]);
	}
	fputc('\n', writing.file);
	text = end(&writing);
	*size = writing.size + 1;
	return text;
}

void settings_from_text(struct settings *settings, char *text)
{
	static const struct program unknown;
	struct texts texts = { .text = { NULL } };

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *equals = strchr(line, '=');

		for (unsigned i = 0; equals && i < VARIABLES; i++) {
			const char *name = variable_name(i);

			if (strlen(name) == (size_t)(equals - line) &&
			    strncmp(name, line, strlen(name)) == 0)
				texts.text[i] = equals + 1;
		}
	}
	settings_read(settings, &texts, &unknown, NULL, NULL);
}

void text_settings(struct text *text, const struct settings *settings)
{
	text_profile(text, &settings->base);
	if (settings->role != ROLE_BOTH) {
		text_string(text, " role=");
		text_string(text, role_name(settings->role));
	}
	if (settings->base.force)
		text_string(text, " mode=force");
}
