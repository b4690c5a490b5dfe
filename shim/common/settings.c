/* settings: see settings.h. */
#include "settings.h"

#include <string.h>

#include "rules.h"
#include "values.h"

const char *variable_name(enum variable variable)
{
	static const char name[VARIABLES][32] = {
		[VARIABLE_KEEPALIVE] = "KEEPALIVE_SHIM",
		[VARIABLE_ROLE] = "KEEPALIVE_SHIM_ROLE",
		[VARIABLE_IDLE] = "KEEPALIVE_SHIM_IDLE",
		[VARIABLE_INTERVAL] = "KEEPALIVE_SHIM_INTERVAL",
		[VARIABLE_COUNT] = "KEEPALIVE_SHIM_COUNT",
		[VARIABLE_USER_TIMEOUT] = "KEEPALIVE_SHIM_USER_TIMEOUT",
		[VARIABLE_RTO_MAX] = "KEEPALIVE_SHIM_RTO_MAX",
		[VARIABLE_MODE] = "KEEPALIVE_SHIM_MODE",
		[VARIABLE_RULES] = "KEEPALIVE_SHIM_RULES",
		[VARIABLE_LOG] = "KEEPALIVE_SHIM_LOG",
	};
	return name[variable];
}

const char *sockopt_name(enum sockopt option)
{
	static const char name[OPTIONS][16] = {
		[OPTION_IDLE] = "idle",       [OPTION_INTERVAL] = "interval",
		[OPTION_COUNT] = "count",     [OPTION_USER_TIMEOUT] = "user-timeout",
		[OPTION_RTO_MAX] = "rto-max", [OPTION_KEEPALIVE] = "keepalive",
	};
	return name[option];
}

static void nobody(void *context, const struct complaint *complaint)
{
	(void)context;
	(void)complaint;
}

/* What settings_read() is working with. */
struct reading {
	const char *const *text;
	complain_function *complain;
	void *context;
};

/* The variable's text; empty where it is not set. */
static struct slice text_of(const struct reading *reading, enum variable variable)
{
	const char *text = reading->text[variable];

	return text ? slice_of(text) : (struct slice){ "", 0 };
}

static void refuse(const struct reading *reading, enum variable variable, const char *problem,
		   const char *accepted, const char *instead)
{
	struct complaint complaint = {
		.variable = variable,
		.value = text_of(reading, variable),
		.problem = problem,
		.accepted = accepted,
		.instead = instead,
	};

	reading->complain(reading->context, &complaint);
}

static bool read_switch(const struct reading *reading)
{
	static const char yes[][8] = { "on", "yes", "true", "1" };
	static const char no[][8] = { "off", "no", "false", "0" };
	struct slice text = text_of(reading, VARIABLE_KEEPALIVE);

	if (!text.length)
		return true;
	for (unsigned i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (slice_is_word(text, yes[i]))
			return true;
		if (slice_is_word(text, no[i]))
			return false;
	}
	refuse(reading, VARIABLE_KEEPALIVE, "neither on nor off",
	       "on or off (also yes/no, true/false, 1/0)", "on");
	return true;
}

static uint8_t read_role(const struct reading *reading)
{
	struct slice text = text_of(reading, VARIABLE_ROLE);
	unsigned role = ROLE_BOTH;

	if (text.length) {
		role = role_parse(text);
		if (!role) {
			refuse(reading, VARIABLE_ROLE, "not a role", "both, client or server",
			       "both");
			role = ROLE_BOTH;
		}
	}
	return (uint8_t)role;
}

static const char *default_text(enum sockopt option)
{
	static const char text[OPTION_KEEPALIVE][4] = { "60s", "10s", "6", "off", "off" };

	return text[option];
}

/* The variables stand in the order of the options. */
static enum variable variable_of(enum sockopt option)
{
	return VARIABLE_IDLE + (option - OPTION_IDLE);
}

static void read_value(const struct reading *reading, enum sockopt option, struct profile *base)
{
	enum variable variable = variable_of(option);
	struct slice text = text_of(reading, variable);
	const char *problem;

	value_parse(option, slice_of(default_text(option)), &base->value[option]);
	if (!text.length)
		return;
	problem = value_parse(option, text, &base->value[option]);
	if (problem)
		refuse(reading, variable, problem, value_accepted(option), default_text(option));
}

static bool read_mode(const struct reading *reading)
{
	struct slice text = text_of(reading, VARIABLE_MODE);
	bool force = false;

	if (text.length && !mode_parse(text, &force))
		refuse(reading, VARIABLE_MODE, "not a mode", MODE_ACCEPTED, "respect");
	return force;
}

static void read_log(const struct reading *reading, struct settings *settings)
{
	struct slice text = text_of(reading, VARIABLE_LOG);

	settings->log = LOG_OFF;
	if (!text.length || slice_is_word(text, "off"))
		return;
	if (slice_is_word(text, "stderr")) {
		settings->log = LOG_STDERR;
	} else if (text.start[0] != '/') {
		refuse(reading, VARIABLE_LOG, "not an absolute path",
		       "off, stderr, or an absolute path", "off");
	} else if (text.length >= LOG_PATH_MAX) {
		refuse(reading, VARIABLE_LOG, "too long", "a path of at most 4095 characters",
		       "off");
	} else {
		settings->log = LOG_PATH;
		settings->log_path = text.start;
	}
}

/* A warning about the plain variables, shown with the value that gave rise to it. */
static void warn(void *context, enum sockopt option, const char *text)
{
	const struct reading *reading = context;
	struct complaint complaint = {
		.warning = true,
		.variable = variable_of(option),
		.value = text_of(reading, variable_of(option)),
		.problem = text,
	};

	if (!complaint.value.length)
		complaint.value = slice_of(default_text(option));
	reading->complain(reading->context, &complaint);
}

void settings_read(struct settings *settings, const char *const text[VARIABLES],
		   const struct program *program, complain_function *complain, void *context)
{
	struct reading reading = { text, complain ? complain : nobody, context };
	struct profile base = { .value = { [OPTION_KEEPALIVE] = 1 } };
	const char *problem;

	settings->rules = 0;
	settings->log = LOG_OFF;
	settings->log_path = NULL;
	settings->role = ROLE_BOTH;
	settings->base = (struct profile){ .force = false };
	settings->on = read_switch(&reading);
	if (!settings->on)
		return;

	settings->role = read_role(&reading);
	for (unsigned i = OPTION_IDLE; i < OPTION_KEEPALIVE; i++)
		read_value(&reading, i, &base);
	base.force = read_mode(&reading);
	read_log(&reading, settings);

	settings->base = base;
	problem = profile_resolve(&settings->base);
	if (problem) {
		refuse(&reading, VARIABLE_USER_TIMEOUT, problem,
		       value_accepted(OPTION_USER_TIMEOUT), "off");
		base.value[OPTION_USER_TIMEOUT] = 0;
	}
	profile_warnings(&settings->base, warn, &reading);
	rules_read(settings, &base, text_of(&reading, VARIABLE_RULES), program, reading.complain,
		   context);
}

void settings_copy(struct settings *to, const struct settings *from)
{
	memcpy(to, from, offsetof(struct settings, rule) + from->rules * sizeof(from->rule[0]));
}

unsigned settings_match(const struct settings *settings, enum role role, const struct address *peer,
			unsigned port)
{
	if (!settings->on || !(settings->role & role))
		return PROFILE_NONE;
	for (unsigned i = 0; i < settings->rules; i++) {
		const struct rule *rule = &settings->rule[i];

		if (!(rule->roles & role))
			continue;
		if (rule->port_last && (port < rule->port_first || port > rule->port_last))
			continue;
		if (rule->peer.address.family && (!peer || !network_contains(&rule->peer, peer)))
			continue;
		return PROFILE_RULE + i;
	}
	return PROFILE_BASE;
}

const struct profile *settings_profile(const struct settings *settings, unsigned number)
{
	static const struct profile none;

	if (number == PROFILE_BASE)
		return &settings->base;
	if (number >= PROFILE_RULE && number - PROFILE_RULE < settings->rules)
		return &settings->rule[number - PROFILE_RULE].profile;
	return &none;
}

bool settings_ask_peer(const struct settings *settings, enum role role)
{
	for (unsigned i = 0; i < settings->rules; i++) {
		if (settings->rule[i].roles & role && settings->rule[i].peer.address.family)
			return true;
	}
	return false;
}

bool settings_ask_port(const struct settings *settings, enum role role)
{
	for (unsigned i = 0; i < settings->rules; i++) {
		if (settings->rule[i].roles & role && settings->rule[i].port_last)
			return true;
	}
	return false;
}

void text_complaint(struct text *text, const struct complaint *complaint, const char *name,
		    bool with_instead)
{
	text_string(text, name ? name : variable_name(complaint->variable));
	if (complaint->rule) {
		text_string(text, " rule ");
		text_number(text, complaint->rule);
	}
	if (complaint->value.length) {
		text_char(text, ' ');
		text_quoted(text, complaint->value);
	}
	text_string(text, ": ");
	text_string(text, complaint->problem);
	if (complaint->accepted) {
		text_string(text, "; accepted: ");
		text_string(text, complaint->accepted);
	}
	if (with_instead && complaint->instead) {
		text_string(text, "; using ");
		text_string(text, complaint->instead);
	}
}

void text_profile(struct text *text, const struct profile *profile)
{
	static const char unit[OPTIONS][4] = { "s", "s", "", "ms", "ms", "" };
	bool first = true;

	if (!profile->value[OPTION_KEEPALIVE]) {
		text_string(text, "off");
		return;
	}
	for (unsigned i = 0; i < OPTION_KEEPALIVE; i++) {
		if (!profile->value[i] && i > OPTION_COUNT)
			continue;
		if (!first)
			text_char(text, ' ');
		first = false;
		text_string(text, sockopt_name(i));
		text_char(text, '=');
		if (profile->value[i]) {
			text_number(text, (unsigned long)profile->value[i]);
			text_string(text, unit[i]);
		} else {
			text_string(text, "kernel");
		}
	}
}
