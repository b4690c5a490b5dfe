/* kernel_types: looks a function up in the kernel's BTF. */
#include "cgroup/kernel_types.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KIND_FLOAT = 16, KIND_DECL_TAG, KIND_TYPE_TAG, KIND_ENUM64 }; /* newer than some headers */

/* The bytes that follow a struct btf_type of this kind: once, and for each of its members. */
static const struct {
	bool known;
	uint8_t once, each;
} behind[] = {
	[BTF_KIND_INT] = { true, sizeof(uint32_t), 0 },
	[BTF_KIND_PTR] = { true, 0, 0 },
	[BTF_KIND_ARRAY] = { true, sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { true, 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { true, 0, 0 },
	[BTF_KIND_TYPEDEF] = { true, 0, 0 },
	[BTF_KIND_VOLATILE] = { true, 0, 0 },
	[BTF_KIND_CONST] = { true, 0, 0 },
	[BTF_KIND_RESTRICT] = { true, 0, 0 },
	[BTF_KIND_FUNC] = { true, 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { true, 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { true, sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { true, 0, sizeof(struct btf_var_secinfo) },
	[KIND_FLOAT] = { true, 0, 0 },
	[KIND_DECL_TAG] = { true, sizeof(int32_t), 0 },
	[KIND_TYPE_TAG] = { true, 0, 0 },
	[KIND_ENUM64] = { true, 0, 3 * sizeof(uint32_t) },
};

/* The types are numbered in their order, from 1 on. */
static uint32_t find(const char *btf, size_t size, const char *name)
{
	const struct btf_header *header = (const void *)btf;
	const char *type, *end, *names;
	size_t names_size, length = strlen(name) + 1;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    (uint64_t)header->hdr_len + header->type_off + header->type_len > size ||
	    (uint64_t)header->hdr_len + header->str_off + header->str_len > size)
		return 0;
	type = btf + header->hdr_len + header->type_off;
	end = type + header->type_len;
	names = btf + header->hdr_len + header->str_off;
	names_size = header->str_len;
	for (uint32_t number = 1; type + sizeof(struct btf_type) <= end; number++) {
		const struct btf_type *this = (const void *)type;
		uint32_t kind = BTF_INFO_KIND(this->info);

		if (kind >= sizeof(behind) / sizeof(behind[0]) || !behind[kind].known)
			return 0; /* newer than this file */
		if (kind == BTF_KIND_FUNC && this->name_off + length <= names_size &&
		    memcmp(names + this->name_off, name, length) == 0)
			return number;
		type += sizeof(*this) + behind[kind].once +
			(size_t)behind[kind].each * BTF_INFO_VLEN(this->info);
	}
	return 0;
}

static size_t read_all(int fd, char *to, size_t size)
{
	size_t done = 0;
	ssize_t got;

	while (done < size && (got = read(fd, to + done, size - done)) > 0)
		done += (size_t)got;
	return done;
}

uint32_t kernel_function(const char *name)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *btf = NULL;
	uint32_t number = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &status) == 0)
		btf = malloc((size_t)status.st_size + 1);
	if (btf)
		number = find(btf, read_all(fd, btf, (size_t)status.st_size), name);
	free(btf);
	close(fd);
	return number;
}
