/*
 * variables: parses each variable, complains of errors, and uses the default then.
 */
#include "variables.h"

#include "values.h"

/* FNV-1a, 32 bits. */
uint32_t texts_digest(const struct texts *texts)
{
	uint32_t digest = 2166136261U;

	for (unsigned i = 0; i < VARIABLES; i++) {
		const char *next = texts->text[i] ? texts->text[i] : "";

		do
			digest = (digest ^ (uint8_t)*next) * 16777619U;
		while (*next++);
	}
	return digest;
}

static void nobody(void *context, const struct complaint *complaint)
{
	(void)context;
	(void)complaint;
}

/* The state of settings_read(). */
struct reading {
	const struct texts *texts;
	complain_function *complain;
	void *context;
};

/* The variable's text; empty if it is not set. */
static struct slice text_of(const struct reading *reading, enum variable variable)
{
	const char *text = reading->texts->text[variable];

	return text ? slice_of(text) : (struct slice){ "", 0 };
}

/* Passes on the complaint, with the place of the variable. */
static void complain_at(const struct reading *reading, struct complaint *complaint,
			enum variable at_fault)
{
	complaint->line = reading->texts->line[at_fault];
	complaint->host_file = complaint->line != 0;
	reading->complain(reading->context, complaint);
}

static void refuse(const struct reading *reading, enum variable variable, const char *problem)
{
	struct complaint complaint = {
		.variable = variable,
		.value = text_of(reading, variable),
		.problem = problem,
		.accepted = setting_text(variable, SETTING_ACCEPTED),
		.instead = setting_text(variable, SETTING_PRESET),
	};

	complain_at(reading, &complaint, variable);
}

/* The index of the word among the variable's words; the default's if it is none of them. */
static int read_word(const struct reading *reading, enum variable variable, const char *problem)
{
	struct slice text = text_of(reading, variable);
	int word = word_parse(variable, text);

	if (word < 0) {
		if (text.length)
			refuse(reading, variable, problem);
		word = word_parse(variable, slice_of(setting_text(variable, SETTING_PRESET)));
	}
	return word;
}

static void read_number(const struct reading *reading, enum sockopt option, struct profile *base)
{
	struct slice text = text_of(reading, (enum variable)option);
	const char *problem;

	if (!text.length)
		return;
	problem = value_parse(option, text, &base->value[option]);
	if (problem)
		refuse(reading, (enum variable)option, problem);
}

static void read_log(const struct reading *reading, struct settings *settings)
{
	struct slice text = text_of(reading, VARIABLE_LOG);
	int word = text.length ? word_parse(VARIABLE_LOG, text) : LOG_OFF;

	settings->log = LOG_OFF;
	if (word >= 0) {
		settings->log = (uint8_t)word;
	} else if (text.start[0] != '/') {
		refuse(reading, VARIABLE_LOG, "not an absolute path");
	} else if (text.length >= LOG_PATH_MAX) {
		refuse(reading, VARIABLE_LOG, "longer than 4095 characters");
	} else {
		settings->log = LOG_PATH;
		settings->log_path = text.start;
	}
}

/*
 * A warning about the plain variables, shown with the value that caused it; if that is the default,
 * another variable caused it.
 */
static void warn(void *context, enum sockopt option, const char *text)
{
	const struct reading *reading = context;
	struct complaint complaint = {
		.warning = true,
		.variable = (enum variable)option,
		.value = text_of(reading, (enum variable)option),
		.problem = text,
	};
	enum variable at_fault = complaint.variable;

	if (!complaint.value.length) {
		complaint.value = slice_of(setting_text((enum variable)option, SETTING_PRESET));
		at_fault =
			text_of(reading, VARIABLE_IDLE).length ? VARIABLE_IDLE : VARIABLE_INTERVAL;
	}
	complain_at(reading, &complaint, at_fault);
}

static void complain_of_rule(void *context, const struct complaint *complaint)
{
	struct complaint placed = *complaint;

	complain_at(context, &placed, VARIABLE_RULES);
}

/* The plain variables as the host's file sets them, with the default in place of errors. */
static struct profile host_profile(const struct texts *texts, const struct profile *preset)
{
	struct profile profile = *preset;

	for (unsigned i = 0; i < NUMBERS; i++) {
		if (texts->host[i] && *texts->host[i])
			value_parse(i, slice_of(texts->host[i]), &profile.value[i]);
	}
	profile_resolve(&profile);
	return profile;
}

void settings_read(struct settings *settings, const struct texts *texts,
		   const struct program *program, complain_function *complain, void *context)
{
	struct reading reading = { texts, complain ? complain : nobody, context };
	struct profile base = { .value = { [OPTION_KEEPALIVE] = 1 } };
	const char *problem;

	for (unsigned i = 0; i < NUMBERS; i++)
		value_parse(i, slice_of(setting_text(i, SETTING_PRESET)), &base.value[i]);
	settings->preset = base;
	settings->host = host_profile(texts, &base);
	settings->rules = 0;
	settings->log = LOG_OFF;
	settings->log_path = NULL;
	settings->role = ROLE_BOTH;
	settings->base = (struct profile){ .force = false };
	settings->on = read_word(&reading, VARIABLE_KEEPALIVE, "neither on nor off") & 1;
	if (!settings->on)
		return;

	settings->role = (uint8_t)(read_word(&reading, VARIABLE_ROLE, "not a role") + 1);
	for (unsigned i = 0; i < NUMBERS; i++)
		read_number(&reading, i, &base);
	base.force = read_word(&reading, VARIABLE_MODE, "not a mode") == 1;
	read_log(&reading, settings);

	settings->base = base;
	problem = profile_resolve(&settings->base);
	if (problem) {
		refuse(&reading, VARIABLE_USER_TIMEOUT, problem);
		base.value[OPTION_USER_TIMEOUT] = 0;
	}
	profile_warnings(&settings->base, warn, &reading);
	rules_read(settings, &base, text_of(&reading, VARIABLE_RULES), program, complain_of_rule,
		   &reading);
}
