/*
 * traits: finds the ways by which a dynamic program makes sockets. The file is mapped, and nothing
 * in it is trusted.
 */
#include "program/traits.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "program/elf_view.h"

static void take_symbol(const char *name, bool imported, struct traits *traits)
{
	if (!imported) {
		traits->php = traits->php || strcmp(name, "zend_parse_parameters") == 0;
		return;
	}
	if (strcmp(name, "socket") == 0)
		traits->imports_socket = true;
	if (strcmp(name, "rcmd") == 0 || strcmp(name, "rcmd_af") == 0 ||
	    strcmp(name, "rexec") == 0 || strcmp(name, "rexec_af") == 0)
		traits->rcmd = true;
}

static void read_symbols(const struct elf_view *view, const struct elf_section *section,
			 struct traits *traits)
{
	struct elf_symbol symbol;

	for (uint64_t i = 0; elf_view_symbol(view, section, i, &symbol); i++)
		take_symbol(symbol.name, symbol.imported, traits);
}

static void read_needed(const struct elf_view *view, const struct elf_section *section,
			struct traits *traits)
{
	struct elf_mark mark;

	for (uint64_t i = 0; elf_view_mark(view, section, i, &mark); i++) {
		const char *name;

		if (mark.tag != DT_NEEDED)
			continue;
		name = elf_view_string(view, section->link, mark.value);
		if (strncmp(name, "libasan.so", 10) == 0 ||
		    strncmp(name, "libclang_rt.asan", 16) == 0)
			traits->asan = true;
	}
}

static void read_php_version(const struct elf_view *view, struct traits *traits)
{
	static const char wanted[] = "X-Powered-By: PHP/";
	const char *found = memmem(view->bytes, view->size, wanted, sizeof(wanted) - 1);
	char version[8] = "", *end;

	if (!traits->php || !found || view->bytes + view->size - (const unsigned char *)found < 32)
		return;
	memcpy(version, found + sizeof(wanted) - 1, sizeof(version) - 1);
	traits->php = 100 * (unsigned)strtoul(version, &end, 10);
	if (*end == '.')
		traits->php += (unsigned)strtoul(end + 1, NULL, 10);
}

static void read_sections(const struct elf_view *view, struct traits *traits)
{
	struct elf_section section;

	for (unsigned i = 0; elf_view_section(view, i, &section); i++) {
		if (section.type == SHT_DYNSYM)
			read_symbols(view, &section, traits);
		if (section.type == SHT_DYNAMIC)
			read_needed(view, &section, traits);
	}
	if (traits->php)
		read_php_version(view, traits);
}

void traits_read(const char *path, struct traits *traits)
{
	struct elf_view view;

	memset(traits, 0, sizeof(*traits));
	if (!elf_view_open(path, &view))
		return;
	read_sections(&view, traits);
	code_read(&view, &traits->calls);
	elf_view_close(&view);
}
