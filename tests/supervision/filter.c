/*
 * filter: what the seccomp filter answers, also to programs that the kernel here does not run.
 *
 * filter [VARIABLE=VALUE...] [out-of-reach]: with these settings, reads lines "ARCH NUMBER ARGUMENT..." and prints the
 * filter's answer to each. ARCH and numbers as strtol(3) takes them.
 */
#include "supervise/filter.h"
#include "variables.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The few instructions that seccomp filters are made of here; bpf(4). */
static uint32_t run(const struct filter *filter, const struct seccomp_data *data)
{
	uint32_t accumulator = 0;

	for (unsigned i = 0; i < filter->length; i++) {
		const struct sock_filter *code = &filter->code[i];

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (code->k > sizeof(*data) - 4 || code->k % 4)
				errx(1, "load at %u", code->k);
			memcpy(&accumulator, (const char *)data + code->k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= code->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += accumulator == code->k ? code->jt : code->jf;
			break;
		case BPF_RET | BPF_K:
			return code->k;
		default:
			errx(1, "instruction %#x", code->code);
		}
	}
	errx(1, "the filter has no end");
}

static void answer(const struct filter *filter, char *line)
{
	struct seccomp_data data = { .nr = 0 };
	char *word = strtok(line, " \n");

	data.arch = (uint32_t)strtoul(word, NULL, 0);
	data.nr = (int)strtoul(strtok(NULL, " \n"), NULL, 0);
	for (unsigned i = 0; i < 6 && (word = strtok(NULL, " \n")); i++)
		data.args[i] = strtoull(word, NULL, 0);
	switch (run(filter, &data)) {
	case SECCOMP_RET_ALLOW:
		puts("allow");
		break;
	case SECCOMP_RET_USER_NOTIF:
		puts("report");
		break;
	case SECCOMP_RET_ERRNO:
		puts("succeed");
		break;
	default:
		puts("?");
	}
}

int main(int argc, char **argv)
{
	static struct settings settings;
	const struct program program = { "program", "program" };
	struct texts texts = { .text = { NULL } };
	struct filter filter;
	struct plan plan;
	char line[256];

	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		for (unsigned v = 0; value && v < VARIABLES; v++) {
			if (strncmp(argv[i], variable_name(v), (size_t)(value - argv[i])) == 0 &&
			    !variable_name(v)[value - argv[i]])
				texts.text[v] = value + 1;
		}
	}
	settings_read(&settings, &texts, &program, NULL, NULL);
	plan_calls(&settings, &plan);
	if (argc > 1 && strcmp(argv[argc - 1], "out-of-reach") == 0)
		plan_give_up_reach(&plan);
	filter_build(&plan, &filter);
	while (fgets(line, sizeof(line), stdin))
		answer(&filter, line);
}
