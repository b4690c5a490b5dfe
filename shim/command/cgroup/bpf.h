/*
 * bpf: the calls of bpf(2) that are used here. Each takes what it takes and returns a descriptor,
 * or -1 and errno.
 */
#ifndef KEEPALIVE_BPF_H
#define KEEPALIVE_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* What the kernel calls our programs and maps, at most 15 characters: how we know them again. */
#define BPF_OUR_NAME "keepalive_shim"

struct bpf_code {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	uint32_t function; /* BPF_TRACE_ITER: of the kernel's (kernel_types.h); otherwise 0 */
	const struct bpf_insn *code;
	size_t length;
};

/* Loads a program. errno: EPERM, EINVAL or EACCES (not with this kernel), E2BIG. */
int bpf_load(const struct bpf_code *program);

/*
 * A map of type BPF_MAP_TYPE_SK_STORAGE whose values are words of 32 bits; whether a map is such a
 * one.
 */
int bpf_socket_map(unsigned words);
int bpf_is_socket_map(int map, unsigned words);

/* A map with one value, these bytes. */
int bpf_text_map(const char *text, size_t size);

/* That of such a map of ours, terminated, for free(3); NULL for another, or errno. */
char *bpf_our_text(int map);

/*
 * A map of so many sockets by their cookies, with so many bytes for each; what is kept there for
 * one. 0, or -1.
 */
int bpf_cookie_map(size_t sockets, size_t size);
int bpf_put(int map, uint64_t cookie, const void *value);
int bpf_get(int map, uint64_t cookie, void *value);

/*
 * Ties the life of the map to that of the program, and makes it to be found from there. 0, or -1.
 */
int bpf_bind(int program, int map);

int bpf_attach(int program, int cgroup, enum bpf_attach_type type); /* a link; -1: no cgroup */
int bpf_replace(int link, int program);                             /* 0, or -1 */
int bpf_detach(int link);                                           /* 0, or -1 */

/* What runs an iterator's program when it is read, to its end; for the network namespace that we
 * are in. */
int bpf_iteration(int link);

/* Below a mount of bpf. 0, or -1: EEXIST; ENOENT, ENOTDIR, EPERM (no mount of bpf). */
int bpf_pin(int fd, const char *path);
int bpf_pinned(const char *path);

/*
 * The programs of this type of a control group: their numbers into ids, which holds *count; the
 * true count into *count, and the flags of the attachment (BPF_F_ALLOW_MULTI …; none: exclusive)
 * into *flags, which may be NULL. effective: those of the groups above too, in the order in which
 * they run. Returns 0, or -1 and errno; ENOSPC if there are more than ids holds.
 */
int bpf_query(int cgroup, enum bpf_attach_type type, int effective, uint32_t *ids, uint32_t *count,
	      uint32_t *flags);

int bpf_program_of(uint32_t id); /* CAP_SYS_ADMIN, as the next */
int bpf_map_of(uint32_t id);
uint32_t bpf_next_map(uint32_t id); /* the next number in use; 0: none */

/* The program's name, and the numbers of its maps. 0, or -1 and errno. */
struct bpf_about {
	char name[BPF_OBJ_NAME_LEN];
	uint32_t maps[8];
	uint32_t map_count; /* no more than maps holds */
};
int bpf_about_program(int program, struct bpf_about *what);

/* The control group and the type of a link; the group is 0 if it is gone. 0, or -1 and errno. */
int bpf_about_link(int link, uint64_t *cgroup, enum bpf_attach_type *type);

#endif
