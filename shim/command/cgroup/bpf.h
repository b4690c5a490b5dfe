/*
 * bpf: wrappers for the bpf(2) calls that are used here. Unless noted otherwise, they return a
 * descriptor, or -1 and errno.
 */
#ifndef KEEPALIVE_BPF_H
#define KEEPALIVE_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The names that our programs and maps have in the kernel, at most 15 characters, by which we
 * recognise them.
 */
#define BPF_OUR_NAME "keepalive_shim"

struct bpf_code {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	uint32_t
		function; /* for BPF_TRACE_ITER, the number of the function (kernel_types.h); otherwise 0 */
	const struct bpf_insn *code;
	size_t length;
};

/* Loads a program. errno: EPERM; EINVAL or EACCES (not with this kernel); E2BIG. */
int bpf_load(const struct bpf_code *program);

/*
 * Makes a map of type BPF_MAP_TYPE_SK_STORAGE whose values are 32-bit words, with BPF_F_CLONE or 0
 * in flags; reports whether a map is of this kind.
 */
int bpf_socket_map(unsigned words, uint32_t flags);
int bpf_is_socket_map(int map, unsigned words);

/* Reads, or removes, what such a map has for the socket. Return 0, or -1. */
int bpf_words(int map, int socket, uint32_t *words);
int bpf_forget(int map, int socket);

/* Makes a map with one value, these bytes. */
int bpf_text_map(const char *text, size_t size);

/* The size of the value of such a map, if it is ours; 0 for another map. */
size_t bpf_our_text_size(int map);

/* The value of such a map of ours, terminated, for free(3); NULL and errno for another map. */
char *bpf_our_text(int map);

/*
 * Makes a map for this many sockets, by their cookies, with this many bytes for each; reads or
 * writes the entry of one. The latter return 0, or -1.
 */
int bpf_cookie_map(size_t sockets, size_t size);
int bpf_put(int map, uint64_t cookie, const void *value);
int bpf_get(int map, uint64_t cookie, void *value);

/*
 * Makes the map live as long as the program, and lets it be found from there. Returns 0, or -1.
 */
int bpf_bind(int program, int map);

int bpf_attach(int program, int cgroup, enum bpf_attach_type type); /* a link; -1: no cgroup */
int bpf_replace(int link, int program);                             /* 0, or -1 */
int bpf_detach(int link);                                           /* 0, or -1 */

/*
 * Reading this descriptor to its end runs an iterator's program for the network namespace that we
 * are in.
 */
int bpf_iteration(int link);

/* Pin below a mount of bpf. Return 0, or -1: EEXIST; ENOENT, ENOTDIR, EPERM (no mount of bpf). */
int bpf_pin(int fd, const char *path);
int bpf_pinned(const char *path);

/*
 * The programs of this type on a control group: stores their numbers in ids, which has room for
 * *count, their true count in *count, and the flags of the attachment (BPF_F_ALLOW_MULTI …; none:
 * exclusive) in *flags, which may be NULL. effective: also those of the groups above, in the order
 * in which they run. Returns 0, or -1 and errno; ENOSPC if there are more than ids has room for.
 */
int bpf_query(int cgroup, enum bpf_attach_type type, int effective, uint32_t *ids, uint32_t *count,
	      uint32_t *flags);

int bpf_program_of(uint32_t id); /* needs CAP_SYS_ADMIN, as does the next */
int bpf_map_of(uint32_t id);
uint32_t bpf_next_map(uint32_t id); /* the next number in use; 0: none */

/* Stores the program's name and the numbers of its maps. Returns 0, or -1 and errno. */
struct bpf_about {
	char name[BPF_OBJ_NAME_LEN];
	uint32_t maps[8];
	uint32_t map_count; /* at most as many as maps has room for */
};
int bpf_about_program(int program, struct bpf_about *what);

/* Whether it is a program that we have made; false for other objects. */
bool bpf_is_our_program(int program);

/*
 * A link to a control group: the group's number, 0 if it is gone, and the program's number. Returns
 * 0, or -1 and errno.
 */
struct bpf_link {
	uint64_t group;
	uint32_t program;
};
int bpf_about_link(int link, struct bpf_link *what);

#endif
