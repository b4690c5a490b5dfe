/*
 * elf_file: what the headers of an executable say about how it is started, from the file itself
 * (elf(5)).
 */
#ifndef KEEPALIVE_ELF_FILE_H
#define KEEPALIVE_ELF_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Which binary interface: programs and libraries go together only if all of it is the same. */
struct abi {
	uint8_t class;    /* ELFCLASS32, ELFCLASS64 */
	uint8_t data;     /* ELFDATA2LSB, ELFDATA2MSB */
	uint16_t machine; /* EM_*; EM_NONE in the other byte order */
};

struct elf {
	struct abi abi;
	char interpreter[PATH_MAX]; /* the dynamic linker; empty in a static executable */
	bool dynamic; /* has something for a dynamic linker; klibc's have an interpreter alone */
	bool go;      /* holds code of the Go toolchain */
	bool pascal;  /* holds Free Pascal's run-time library */
};

/*
 * Reads an executable or a shared object from its descriptor; the offset does not matter and stays.
 * Returns false if it is no ELF file, or one whose headers lead outside of it.
 */
bool elf_read(int fd, struct elf *elf);

/* The same for a path; false also if it cannot be opened. */
bool elf_read_path(const char *path, struct elf *elf);

bool abi_is_same(struct abi a, struct abi b);

/* "x86-64", "i386" and so on. */
const char *abi_name(struct abi abi);

/*
 * The multiarch name that Debian gives its library directories, "x86_64-linux-gnu"; NULL if
 * unknown.
 */
const char *abi_triplet(struct abi abi);

#endif
