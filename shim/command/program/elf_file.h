/*
 * elf_file: what an executable's headers show about how it is started (elf(5)).
 */
#ifndef KEEPALIVE_ELF_FILE_H
#define KEEPALIVE_ELF_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* The binary interface; a program can load a library only if all of this is the same. */
struct abi {
	uint8_t class;    /* ELFCLASS32, ELFCLASS64 */
	uint8_t data;     /* ELFDATA2LSB, ELFDATA2MSB */
	uint16_t machine; /* EM_*; EM_NONE for the other byte order */
};

struct elf {
	struct abi abi;
	char interpreter[PATH_MAX]; /* the dynamic linker; empty in a static executable */
	bool dynamic; /* has data for a dynamic linker; klibc's programs name an interpreter only */
	bool pie;     /* a program, and says so (DF_1_PIE) */
	bool go;      /* contains code of the Go toolchain */
	bool pascal;  /* contains Free Pascal's run-time library */
};

/*
 * Reads an executable or a shared object from its descriptor, whose offset is neither used nor
 * changed. Returns false if it is not an ELF file, or if its headers point outside of it.
 */
bool elf_read(int fd, struct elf *elf);

/* The same for a path; false also if it cannot be opened. */
bool elf_read_path(const char *path, struct elf *elf);

bool abi_is_same(struct abi a, struct abi b);

/* "x86-64", "i386" and so on. */
const char *abi_name(struct abi abi);

/*
 * Debian's multiarch name for its library directories, "x86_64-linux-gnu"; NULL if unknown.
 */
const char *abi_triplet(struct abi abi);

#endif
