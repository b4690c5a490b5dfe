/* loader: loads the programs made from settings into the kernel. */
#include "cgroup/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup/bpf.h"
#include "cgroup/settings_text.h"
#include "process/capability.h"

#ifndef CAP_BPF
#define CAP_BPF 39 /* <linux/capability.h>, Linux 5.8 */
#endif

/* From this version on, bpf_getsockopt() and bpf_setsockopt() accept all our options. */
enum { LEAST_MAJOR = 6, LEAST_MINOR = 1 };

static bool is_recent(struct text *why)
{
	struct utsname kernel;
	int major = 0, minor = 0;

	if (uname(&kernel) != 0 || sscanf(kernel.release, "%d.%d", &major, &minor) != 2 ||
	    major > LEAST_MAJOR || (major == LEAST_MAJOR && minor >= LEAST_MINOR))
		return true;
	text_string(why,
		    "this needs Linux 6.1 or later (bpf_getsockopt() of SO_KEEPALIVE); this is ");
	text_string(why, kernel.release);
	return false;
}

static bool is_permitted(struct text *why)
{
	bool all = capability_held(CAP_SYS_ADMIN);
	const char *missing = !all && !capability_held(CAP_BPF)         ? "CAP_BPF"
			      : !all && !capability_held(CAP_NET_ADMIN) ? "CAP_NET_ADMIN"
									: NULL;

	if (!missing)
		return true;
	text_string(why, "this needs ");
	text_string(why, missing);
	text_string(why, ": run as root");
	return false;
}

static int load_nothing(enum bpf_prog_type type, enum bpf_attach_type attach)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_code program = {
		.type = type, .attach = attach, .code = code, .length = 2
	};

	return bpf_load(&program);
}

/* Reports that the kernel has refused a program, with this error. */
static void explain(struct text *why, int error)
{
	int probe;

	if (error == EPERM) {
		text_string(why, "bpf(2) is not permitted here, though the capabilities are there "
				 "(a user namespace, or a container's seccomp filter)");
		return;
	}
	if (error == ENOSYS) {
		text_string(why, "the kernel has no bpf(2) (CONFIG_BPF_SYSCALL)");
		return;
	}
	probe = load_nothing(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT);
	if (probe < 0) {
		text_string(why, "the kernel has no programs for control groups "
				 "(CONFIG_CGROUP_BPF)");
		return;
	}
	close(probe);
	text_string(why, "the kernel rejects the programs: ");
	text_string(why, strerror(error));
}

bool load_is_possible(struct text *why)
{
	return is_permitted(why) && is_recent(why);
}

/*
 * A map that other programs of ours have, which are not below PINS here (`keepalive cgroup pin`,
 * another mount of bpf), as far as we may see it; otherwise a new one.
 */
static int find_map(unsigned words, uint32_t flags)
{
	uint32_t id = 0;
	int map;

	while ((id = bpf_next_map(id))) {
		map = bpf_map_of(id);
		if (map >= 0 && bpf_is_socket_map(map, words))
			return map;
		if (map >= 0)
			close(map);
	}
	return bpf_socket_map(words, flags);
}

/* The pin's name has the size, so that another version's map with other words stays apart. */
static int shared_map(unsigned words, uint32_t flags)
{
	char path[sizeof(PINS) + 16];
	int map;

	snprintf(path, sizeof(path), PINS "/words-%u", words);
	map = bpf_pinned(path);
	if (map >= 0)
		return map;
	map = find_map(words, flags);
	if (map < 0 || bpf_pin(map, path) == 0)
		return map;
	close(map);
	return -1;
}

static int load_program(const struct emission *emission, enum program_kind kind)
{
	struct assembly assembly = { 0 };
	struct bpf_code program = { .type = program_type(kind),
				    .attach = program_attach_type(kind) };
	int fd;

	program_emit(&assembly, kind, emission);
	program.code = assembly.code;
	program.length = assembly.length;
	fd = bpf_load(&program);
	assembly_free(&assembly);
	return fd;
}

/* Whether the kernel lets programs set options at socket(2). */
static bool arms_at_creation(const struct emission *emission)
{
	static const struct settings plain = { .role = ROLE_BOTH,
					       .base.value[OPTION_KEEPALIVE] = 1 };
	struct emission probe = *emission;
	int fd;

	probe.settings = &plain;
	fd = load_program(&probe, PROGRAM_SOCK_CREATE);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Returns 0 or an errno. */
static int load_all(struct loaded *loaded, const struct emission *emission, int text_map)
{
	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (!program_is_needed(emission->settings, i) ||
		    (i == PROGRAM_SOCK_CREATE && !arms_at_creation(emission)))
			continue;
		loaded->program[i] = load_program(emission, i);
		if (loaded->program[i] < 0 || bpf_bind(loaded->program[i], text_map) != 0)
			return errno;
	}
	return 0;
}

bool load_programs(struct loaded *loaded, const struct settings *settings,
		   const struct untouched *untouched, uint32_t owner, struct text *why)
{
	struct emission emission = { settings, untouched, -1, -1, owner };
	size_t size;
	char *text;
	int error, text_map;

	*loaded = (struct loaded){ .socket_map = -1, .owned_map = -1, .text_map = -1 };
	for (unsigned i = 0; i < PROGRAMS; i++)
		loaded->program[i] = -1;
	text = settings_to_text(settings, &size);
	text_map = bpf_text_map(text, size);
	emission.socket_map = text_map < 0 ? -1 : shared_map(ENTRY_WORDS, 0);
	emission.owned_map = emission.socket_map < 0 ? -1 : shared_map(OWNED_WORDS, BPF_F_CLONE);
	error = emission.owned_map < 0 ? errno : load_all(loaded, &emission, text_map);
	free(text);
	loaded->text_map = text_map;
	loaded->socket_map = emission.socket_map;
	loaded->owned_map = emission.owned_map;
	if (!error)
		return true;
	loaded_close(loaded);
	explain(why, error);
	return false;
}

static void close_map(int *map)
{
	if (*map >= 0)
		close(*map);
	*map = -1;
}

void loaded_close(struct loaded *loaded)
{
	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (loaded->program[i] >= 0)
			close(loaded->program[i]);
		loaded->program[i] = -1;
	}
	close_map(&loaded->socket_map);
	close_map(&loaded->owned_map);
	close_map(&loaded->text_map);
}

/* Whether it is a map of ours with settings. errno is EPERM if it may not be inspected. */
static bool is_settings_map(uint32_t id)
{
	int map = bpf_map_of(id);
	bool ours = map >= 0 && bpf_our_text_size(map) != 0;

	if (map >= 0)
		close(map);
	return ours;
}

bool settings_of_map(int map, struct settings *settings)
{
	char *text = map < 0 ? NULL : bpf_our_text(map);

	if (map >= 0)
		close(map);
	if (text)
		settings_from_text(settings, text);
	free(text);
	return text != NULL;
}

bool map_settings(uint32_t map, struct settings *settings)
{
	return settings_of_map(bpf_map_of(map), settings);
}

uint32_t program_settings_map(uint32_t id)
{
	struct bpf_about about = { .map_count = 0 };
	int program = bpf_program_of(id);
	uint32_t found = 0;

	if (program < 0)
		return 0;
	errno = 0;
	if (bpf_about_program(program, &about) == 0 && strcmp(about.name, BPF_OUR_NAME) == 0) {
		for (unsigned i = 0; i < about.map_count && !found; i++)
			found = is_settings_map(about.maps[i]) ? about.maps[i] : 0;
	}
	close(program);
	return found;
}
