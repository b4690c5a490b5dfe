/* bpf: wraps the calls of bpf(2). */
#include "cgroup/bpf.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static uint64_t pointer(const void *at)
{
	return (uintptr_t)at;
}

int bpf_load(const struct bpf_code *program)
{
	union bpf_attr attributes = {
		.prog_type = program->type,
		.expected_attach_type = program->attach,
		.attach_btf_id = program->function,
		.insns = pointer(program->code),
		.insn_cnt = (uint32_t)program->length,
		.license = pointer("MIT"),
		.prog_name = BPF_OUR_NAME,
	};

	return bpf(BPF_PROG_LOAD, &attributes);
}

/*
 * Socket storage maps need a description of their types: an int for the key, and words for the
 * value (Documentation/bpf/btf.rst).
 */
static int describe_words(unsigned words)
{
	enum { INT = 1, ARRAY = 2 };
	const struct {
		struct btf_header header;
		struct btf_type number;
		uint32_t encoding;
		struct btf_type array;
		struct btf_array of;
		char names[8];
	} btf = {
		.header = { .magic = BTF_MAGIC,
			    .version = BTF_VERSION,
			    .hdr_len = sizeof(btf.header),
			    .type_len = offsetof(__typeof__(btf), names) - sizeof(btf.header),
			    .str_off = offsetof(__typeof__(btf), names) - sizeof(btf.header),
			    .str_len = sizeof(btf.names) },
		.number = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = sizeof(uint32_t) },
		.encoding = 32,
		.array = { .info = BTF_KIND_ARRAY << 24 },
		.of = { .type = INT, .index_type = INT, .nelems = words },
		.names = "\0word",
	};
	union bpf_attr attributes = { .btf = pointer(&btf), .btf_size = sizeof(btf) };

	_Static_assert(ARRAY == INT + 1, "types are numbered as they stand");
	return bpf(BPF_BTF_LOAD, &attributes);
}

int bpf_socket_map(unsigned words, uint32_t flags)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_SK_STORAGE,
		.key_size = sizeof(uint32_t),
		.value_size = words * (uint32_t)sizeof(uint32_t),
		.map_flags = BPF_F_NO_PREALLOC | flags,
		.map_name = BPF_OUR_NAME,
		.btf_key_type_id = 1,
		.btf_value_type_id = 2,
	};
	int btf = describe_words(words), map;

	if (btf < 0)
		return -1;
	attributes.btf_fd = (uint32_t)btf;
	map = bpf(BPF_MAP_CREATE, &attributes);
	close(btf);
	return map;
}

int bpf_text_map(const char *text, size_t size)
{
	static const uint32_t first = 0;
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(first),
		.value_size = (uint32_t)size,
		.max_entries = 1,
		.map_name = BPF_OUR_NAME,
	};
	union bpf_attr update = { .key = pointer(&first), .value = pointer(text) };
	int map = bpf(BPF_MAP_CREATE, &attributes);

	if (map < 0)
		return -1;
	update.map_fd = (uint32_t)map;
	if (bpf(BPF_MAP_UPDATE_ELEM, &update) == 0)
		return map;
	close(map);
	return -1;
}

int bpf_cookie_map(size_t sockets, size_t size)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_HASH,
		.key_size = sizeof(uint64_t),
		.value_size = (uint32_t)size,
		.max_entries = (uint32_t)sockets,
		.map_name = BPF_OUR_NAME,
	};

	return bpf(BPF_MAP_CREATE, &attributes);
}

int bpf_put(int map, uint64_t cookie, const void *value)
{
	union bpf_attr attributes = { .map_fd = (uint32_t)map,
				      .key = pointer(&cookie),
				      .value = pointer(value) };

	return bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

int bpf_words(int map, int socket, uint32_t *words)
{
	union bpf_attr attributes = { .map_fd = (uint32_t)map,
				      .key = pointer(&socket),
				      .value = pointer(words) };

	return bpf(BPF_MAP_LOOKUP_ELEM, &attributes);
}

int bpf_forget(int map, int socket)
{
	union bpf_attr attributes = { .map_fd = (uint32_t)map, .key = pointer(&socket) };

	return bpf(BPF_MAP_DELETE_ELEM, &attributes);
}

int bpf_get(int map, uint64_t cookie, void *value)
{
	union bpf_attr attributes = { .map_fd = (uint32_t)map,
				      .key = pointer(&cookie),
				      .value = pointer(value) };

	return bpf(BPF_MAP_LOOKUP_ELEM, &attributes);
}

/* struct bpf_prog_info, bpf_map_info or bpf_link_info. */
static int about(int fd, void *info, size_t size)
{
	union bpf_attr attributes = {
		.info = { .bpf_fd = (uint32_t)fd,
			  .info_len = (uint32_t)size,
			  .info = pointer(info) },
	};

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes);
}

int bpf_is_socket_map(int map, unsigned words)
{
	struct bpf_map_info info = { .type = 0 };

	return about(map, &info, sizeof(info)) == 0 && info.type == BPF_MAP_TYPE_SK_STORAGE &&
	       info.value_size == words * sizeof(uint32_t) && strcmp(info.name, BPF_OUR_NAME) == 0;
}

size_t bpf_our_text_size(int map)
{
	struct bpf_map_info info = { .type = 0 };

	if (about(map, &info, sizeof(info)) != 0 || info.type != BPF_MAP_TYPE_ARRAY ||
	    strcmp(info.name, BPF_OUR_NAME) != 0)
		return 0;
	return info.value_size;
}

char *bpf_our_text(int map)
{
	static const uint32_t first = 0;
	union bpf_attr attributes = { .map_fd = (uint32_t)map, .key = pointer(&first) };
	size_t size = bpf_our_text_size(map);
	char *text;

	if (!size)
		return NULL;
	text = calloc(1, size + 8); /* the kernel writes whole words of 64 bits */
	if (!text)
		return NULL;
	attributes.value = pointer(text);
	if (bpf(BPF_MAP_LOOKUP_ELEM, &attributes) == 0)
		return text;
	free(text);
	return NULL;
}

int bpf_bind(int program, int map)
{
	union bpf_attr attributes = {
		.prog_bind_map = { .prog_fd = (uint32_t)program, .map_fd = (uint32_t)map },
	};

	return bpf(BPF_PROG_BIND_MAP, &attributes);
}

int bpf_attach(int program, int cgroup, enum bpf_attach_type type)
{
	union bpf_attr attributes = {
		.link_create = { .prog_fd = (uint32_t)program,
				 .target_fd = cgroup < 0 ? 0 : (uint32_t)cgroup,
				 .attach_type = type },
	};

	return bpf(BPF_LINK_CREATE, &attributes);
}

int bpf_replace(int link, int program)
{
	union bpf_attr attributes = {
		.link_update = { .link_fd = (uint32_t)link, .new_prog_fd = (uint32_t)program },
	};

	return bpf(BPF_LINK_UPDATE, &attributes);
}

int bpf_detach(int link)
{
	union bpf_attr attributes = { .link_detach = { .link_fd = (uint32_t)link } };

	return bpf(BPF_LINK_DETACH, &attributes);
}

int bpf_iteration(int link)
{
	union bpf_attr attributes = { .iter_create = { .link_fd = (uint32_t)link } };

	return bpf(BPF_ITER_CREATE, &attributes);
}

int bpf_pin(int fd, const char *path)
{
	union bpf_attr attributes = { .pathname = pointer(path), .bpf_fd = (uint32_t)fd };

	return bpf(BPF_OBJ_PIN, &attributes);
}

int bpf_pinned(const char *path)
{
	union bpf_attr attributes = { .pathname = pointer(path) };

	return bpf(BPF_OBJ_GET, &attributes);
}

int bpf_query(int cgroup, enum bpf_attach_type type, int effective, uint32_t *ids, uint32_t *count,
	      uint32_t *flags)
{
	union bpf_attr attributes = {
		.query = { .target_fd = (uint32_t)cgroup,
			   .attach_type = type,
			   .query_flags = effective ? BPF_F_QUERY_EFFECTIVE : 0,
			   .prog_ids = pointer(ids),
			   .prog_cnt = *count },
	};
	int result = bpf(BPF_PROG_QUERY, &attributes);

	*count = attributes.query.prog_cnt;
	if (flags)
		*flags = attributes.query.attach_flags;
	return result;
}

int bpf_program_of(uint32_t id)
{
	union bpf_attr attributes = { .prog_id = id };

	return bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}

int bpf_map_of(uint32_t id)
{
	union bpf_attr attributes = { .map_id = id };

	return bpf(BPF_MAP_GET_FD_BY_ID, &attributes);
}

uint32_t bpf_next_map(uint32_t id)
{
	union bpf_attr attributes = { .start_id = id };

	return bpf(BPF_MAP_GET_NEXT_ID, &attributes) == 0 ? attributes.next_id : 0;
}

int bpf_about_program(int program, struct bpf_about *what)
{
	enum { ROOM = sizeof(what->maps) / sizeof(what->maps[0]) };
	struct bpf_prog_info info = { .map_ids = pointer(what->maps), .nr_map_ids = ROOM };

	if (about(program, &info, sizeof(info)) != 0)
		return -1;
	memcpy(what->name, info.name, sizeof(what->name));
	what->map_count = info.nr_map_ids < ROOM ? info.nr_map_ids : ROOM;
	return 0;
}

bool bpf_is_our_program(int program)
{
	struct bpf_about about = { .name = "" };

	return bpf_about_program(program, &about) == 0 && strcmp(about.name, BPF_OUR_NAME) == 0;
}

int bpf_about_link(int link, struct bpf_link *what)
{
	struct bpf_link_info info = { .type = 0 };

	if (about(link, &info, sizeof(info)) != 0)
		return -1;
	*what = (struct bpf_link){ .group = info.cgroup.cgroup_id, .program = info.prog_id };
	return 0;
}
