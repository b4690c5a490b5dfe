/* invariants: see invariants.h. */
#include "invariants.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

static void must_be_a_line(const struct text *text)
{
	bool printable = true;

	MUST(text->next > text->start && text->next <= text->end);
	for (const char *c = text->start; c < text->next; c++)
		printable = printable && (unsigned char)*c >= ' ' && *c != 127;
	MUST(printable);
}

void invariants_complain(void *context, const struct complaint *complaint)
{
	unsigned *complaints = context;
	char line[1024], cut[20];
	struct text text = TEXT(line), short_text = TEXT(cut);

	++*complaints;
	MUST(complaint->variable < VARIABLES || complaint->host_file);
	MUST(complaint->host_file || !complaint->line);
	MUST(complaint->problem && *complaint->problem);
	MUST(complaint->value.length == 0 || complaint->value.start);
	MUST(complaint->rule <= RULES_MAX + 1);
	MUST((complaint->rule != 0) == (complaint->variable == VARIABLE_RULES));
	if (complaint->warning) {
		MUST(!complaint->accepted && !complaint->instead);
	} else {
		MUST(complaint->accepted && *complaint->accepted);
		MUST(complaint->instead && *complaint->instead);
	}
	text_complaint(&text, complaint, NULL, true);
	must_be_a_line(&text);
	MUST(text.next < text.end); /* no message is ever truncated */
	text_complaint(&short_text, complaint, "--option", false);
	must_be_a_line(&short_text);
}

static void count(void *context, const struct complaint *complaint)
{
	unsigned *complaints = context;

	(void)complaint;
	++*complaints;
}

static void must_be_in_range(const struct profile *profile)
{
	static const int32_t least[OPTIONS] = { 1, 1, 1, 1, 1000, 1 };
	static const int32_t most[OPTIONS] = { 32767, 32767, 127, INT32_MAX, 120000, 1 };
	char line[256];
	struct text text = TEXT(line);

	for (unsigned i = 0; i < OPTIONS; i++)
		MUST(profile->value[i] == 0 ||
		     (profile->value[i] >= least[i] && profile->value[i] <= most[i]));
	for (unsigned i = 0; i < OPTIONS && !profile->value[OPTION_KEEPALIVE]; i++)
		MUST(profile->value[i] == 0);
	text_profile(&text, profile);
	must_be_a_line(&text);
}

static void must_match(const struct settings *settings)
{
	static const uint8_t bytes[16] = { 127, 0, 0, 1 };
	static const uint8_t mapped[16] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1
	};
	const struct address peers[] = { address_ipv4(bytes), address_ipv6(bytes),
					 address_ipv6(mapped) };
	static const unsigned ports[] = { 0, 1, 80, 65535 };

	for (unsigned i = 0; i < 3 * 4 * 2; i++) {
		enum role role = i & 1 ? ROLE_CLIENT : ROLE_SERVER;
		unsigned number =
			settings_match(settings, role, &peers[i / 2 % 3], ports[i / 6 % 4]);

		MUST((number == PROFILE_NONE) == !(settings->on && settings->role & role));
		MUST(number < PROFILE_RULE || number - PROFILE_RULE < settings->rules);
		must_be_in_range(settings_profile(settings, number));
	}
}

static void must_be_a_rule(const struct rule *rule, const struct rule *before)
{
	must_be_in_range(&rule->profile);
	MUST(rule->number >= 1 && rule->number <= RULES_MAX);
	MUST(!before || rule->number > before->number);
	MUST(rule->roles >= 1 && rule->roles <= ROLE_BOTH);
	MUST(rule->port_first <= rule->port_last);
	MUST((rule->port_first == 0) == (rule->port_last == 0));
	MUST(rule->peer.address.family == ADDRESS_NONE ||
	     (rule->peer.address.family == ADDRESS_IPV4 && rule->peer.bits <= 32) ||
	     (rule->peer.address.family == ADDRESS_IPV6 && rule->peer.bits <= 128));
}

/* Field by field, because the padding between them is undefined. */
static bool same_rules(const struct settings *a, const struct settings *b)
{
	bool same = a->rules == b->rules;

	for (unsigned i = 0; same && i < a->rules; i++) {
		const struct rule *x = &a->rule[i], *y = &b->rule[i];

		same = memcmp(x->profile.value, y->profile.value, sizeof(x->profile.value)) == 0 &&
		       x->profile.force == y->profile.force && x->number == y->number &&
		       x->roles == y->roles && x->port_first == y->port_first &&
		       x->port_last == y->port_last && x->peer.bits == y->peer.bits &&
		       x->peer.address.family == y->peer.address.family &&
		       memcmp(x->peer.address.bytes, y->peer.address.bytes, 16) == 0;
	}
	return same;
}

void invariants_hold(const struct texts *texts, const struct program *program)
{
	static struct settings settings, again, copy;
	unsigned complaints = 0, complaints_again = 0;

	memset(&settings, 0xa5, sizeof(settings));
	memset(&again, 0xa5, sizeof(again));
	memset(&copy, 0xa5, sizeof(copy));
	settings_read(&settings, texts, program, invariants_complain, &complaints);
	settings_read(&again, texts, program, count, &complaints_again);
	MUST(same_rules(&settings, &again));
	MUST(complaints == complaints_again);
	settings_copy(&copy, &settings);
	MUST(same_rules(&settings, &copy));
	settings_read(&again, texts, program, NULL, NULL);

	MUST(settings.rules <= RULES_MAX);
	MUST(settings.role <= ROLE_BOTH && settings.role >= ROLE_CLIENT);
	MUST(settings.log <= LOG_PATH);
	if (settings.log == LOG_PATH)
		MUST(settings.log_path[0] == '/' && strlen(settings.log_path) < LOG_PATH_MAX);
	MUST(settings.on || settings.rules == 0);
	MUST(settings.on == (settings.base.value[OPTION_KEEPALIVE] == 1));
	must_be_in_range(&settings.base);
	for (unsigned i = 0; i < settings.rules; i++)
		must_be_a_rule(&settings.rule[i], i ? &settings.rule[i - 1] : NULL);
	must_match(&settings);
}
