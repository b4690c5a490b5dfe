/* rules: parses KEEPALIVE_SHIM_RULES; keepalive-shim(7) describes the grammar. */
#include "rules.h"

#include "glob.h"
#include "values.h"

enum { COMM_MAX = 15 }; /* proc(5): comm is cut to this length */

#define BLANKS                            " \t\r"
#define WORD(symbol, variable, word, ...) word "=, "
#define WORDS                             "program=, role=, peer=, port=, off, " NUMBER_SETTINGS(WORD) "mode="

/* A rule as it is being read. */
struct draft {
	struct rule rule;
	bool other_program; /* program= names another program */
	bool off;
	unsigned seen; /* one bit for each kind of word, to refuse repetitions */
	const char *problem;
	const char *accepted;
};

enum word { WORD_OFF = NUMBERS, WORD_PROGRAM, WORD_ROLE, WORD_PEER, WORD_PORT, WORD_MODE };

/* A pattern for a name that is cut in comm: its first 15 characters are plain and equal comm. */
static bool matches_cut(struct slice pattern, struct slice comm)
{
	if (comm.length != COMM_MAX || pattern.length <= COMM_MAX)
		return false;
	for (size_t i = 0; i < COMM_MAX; i++) {
		if (pattern.start[i] != comm.start[i])
			return false;
	}
	return true;
}

static bool is_program(struct slice pattern, const struct program *program)
{
	if (!program)
		return true;
	if (program->executable && glob_matches(pattern, slice_of(program->executable)))
		return true;
	return program->comm && (glob_matches(pattern, slice_of(program->comm)) ||
				 matches_cut(pattern, slice_of(program->comm)));
}

/* N or N-M; false for anything else. */
static bool parse_ports(struct slice text, struct rule *rule)
{
	struct slice left = text;
	struct slice first_text = slice_next(&left, "-");
	unsigned long first, last;

	if (first_text.start != text.start || !slice_number(first_text, 65535, &first))
		return false;
	last = first;
	if (left.length &&
	    !slice_number((struct slice){ left.start + 1, left.length - 1 }, 65535, &last))
		return false;
	if (first < 1 || first > last)
		return false;
	rule->port_first = (uint16_t)first;
	rule->port_last = (uint16_t)last;
	return true;
}

/* Notes that this kind of word was there; a repetition is a problem. */
static bool is_first(struct draft *draft, unsigned word)
{
	if (draft->seen & 1U << word) {
		draft->problem = "given twice";
		draft->accepted = "each word once in a rule";
	}
	draft->seen |= 1U << word;
	return draft->problem == NULL;
}

static void refuse(struct draft *draft, const char *problem, const char *accepted)
{
	draft->problem = problem;
	draft->accepted = accepted;
}

static bool selector(struct draft *draft, struct slice word, const struct program *program)
{
	struct rule *rule = &draft->rule;
	struct slice value;

	if (slice_after(word, "program=", &value)) {
		if (!is_first(draft, WORD_PROGRAM))
			return true;
		if (!value.length)
			refuse(draft, "no name", "program=GLOB");
		draft->other_program = !is_program(value, program);
	} else if (slice_after(word, "role=", &value)) {
		unsigned role = role_parse(value);

		if (!is_first(draft, WORD_ROLE))
			return true;
		if (!role)
			refuse(draft, "not a role", "role=client, role=server or role=both");
		rule->roles = (uint8_t)role;
	} else if (slice_after(word, "peer=", &value)) {
		if (is_first(draft, WORD_PEER) && !network_parse(value, &rule->peer))
			refuse(draft, "not an address",
			       "peer=ADDRESS or peer=ADDRESS/BITS, IPv4 or IPv6");
	} else if (slice_after(word, "port=", &value)) {
		if (is_first(draft, WORD_PORT) && !parse_ports(value, rule))
			refuse(draft, "not a port", "port=N or port=N-M, 1 to 65535");
	} else {
		return false;
	}
	return true;
}

/* If the word is this setting's "word=value", stores the value in *value and returns true. */
static bool is_setting(struct slice word, enum variable variable, struct slice *value)
{
	return slice_after(word, setting_text(variable, SETTING_WORD), value) &&
	       slice_after(*value, "=", value);
}

static void setting(struct draft *draft, struct slice word)
{
	struct profile *profile = &draft->rule.profile;
	struct slice value;

	for (unsigned i = 0; i < NUMBERS; i++) {
		const char *problem;

		if (!is_setting(word, i, &value))
			continue;
		if (!is_first(draft, i))
			return;
		problem = value_parse(i, value, &profile->value[i]);
		if (problem)
			refuse(draft, problem, setting_text(i, SETTING_ACCEPTED));
		return;
	}
	if (slice_is(word, "off")) {
		if (is_first(draft, WORD_OFF))
			draft->off = true;
	} else if (is_setting(word, VARIABLE_MODE, &value)) {
		int mode = word_parse(VARIABLE_MODE, value);

		if (is_first(draft, WORD_MODE) && mode < 0)
			refuse(draft, "not a mode", "mode=respect or force");
		profile->force = mode == 1;
	} else {
		refuse(draft, "not a word of a rule", WORDS);
	}
}

/* The rule that a complaint is about, and where it goes. */
struct source {
	complain_function *complain;
	void *context;
	unsigned number;
	struct slice text;
	unsigned seen;
};

static void complain_of(const struct source *source, struct slice value, const char *problem,
			const char *accepted, const char *instead)
{
	struct complaint complaint = {
		.warning = !accepted,
		.variable = VARIABLE_RULES,
		.rule = source->number,
		.value = value,
		.problem = problem,
		.accepted = accepted,
		.instead = instead,
	};

	source->complain(source->context, &complaint);
}

/* Warns of what the rule itself causes; warnings about the variables were given already. */
static void warn(void *context, enum sockopt option, const char *text)
{
	const struct source *source = context;
	unsigned causes = 1U << OPTION_IDLE;

	if (option != OPTION_IDLE)
		causes |= 1U << OPTION_INTERVAL | 1U << option;
	if (source->seen & causes)
		complain_of(source, source->text, text, NULL, NULL);
}

/* Parses one rule. Returns whether it is valid; if not, *bad is the bad word. */
static bool read_rule(struct draft *draft, struct slice text, const struct program *program,
		      struct slice *bad)
{
	struct profile *profile = &draft->rule.profile;
	const char *problem;

	while ((*bad = slice_next(&text, BLANKS)).length) {
		if (!selector(draft, *bad, program))
			setting(draft, *bad);
		if (draft->problem)
			return false;
	}
	if (draft->off) {
		for (unsigned i = 0; i < OPTIONS; i++) {
			if (i < NUMBERS && draft->seen & 1U << i) {
				*bad = slice_of("off");
				refuse(draft, "together with values", "off, or values");
				return false;
			}
			profile->value[i] = 0;
		}
	}
	problem = profile_resolve(profile);
	if (problem) {
		*bad = slice_of("user-timeout=auto");
		refuse(draft, problem, setting_text(VARIABLE_USER_TIMEOUT, SETTING_ACCEPTED));
		return false;
	}
	return true;
}

void rules_read(struct settings *settings, const struct profile *base, struct slice text,
		const struct program *program, complain_function *complain, void *context)
{
	struct source source = { .complain = complain, .context = context };
	struct slice bad;

	settings->rules = 0;
	settings->by_program = 0;
	while ((source.text = slice_next(&text, ";\n")).length) {
		struct slice blank = source.text;
		struct draft draft = { .rule = { .profile = *base, .roles = ROLE_BOTH } };

		if (!slice_next(&blank, BLANKS).length)
			continue;
		if (source.number++ == RULES_MAX) {
			complain_of(&source, source.text, "too many rules",
				    setting_text(VARIABLE_RULES, SETTING_ACCEPTED), "the first 64");
			return;
		}
		draft.rule.number = (uint8_t)source.number;
		if (!read_rule(&draft, source.text, program, &bad)) {
			complain_of(&source, bad, draft.problem, draft.accepted, "the other rules");
			continue;
		}
		if (!settings->by_program && draft.seen & 1U << WORD_PROGRAM)
			settings->by_program = draft.rule.number;
		if (draft.other_program)
			continue;
		source.seen = draft.seen;
		profile_warnings(&draft.rule.profile, warn, &source);
		settings->rule[settings->rules++] = draft.rule;
	}
}
