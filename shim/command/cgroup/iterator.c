/* iterator: the program for each socket, and the passes that run it. */
#include "cgroup/iterator.h"

#include <errno.h>
#include <unistd.h>

#include "cgroup/bpf.h"
#include "cgroup/kernel_types.h"
#include "sockets/net_namespace.h"
#include "sockopt_names.h"

/* R1 to R5 are arguments and do not survive calls; R0 is the result. */
enum {
	RESULT = BPF_REG_0,
	SOCKET = BPF_REG_6,
	WORK = BPF_REG_7, /* struct iterated */
	STACK = BPF_REG_10,
};

enum { COOKIE = -8, VALUE = -12 };

/* struct bpf_iter__tcp: meta, sk_common, uid (net/ipv4/tcp_ipv4.c). */
enum { CONTEXT_SOCKET = 8 };

static int word(size_t offset, unsigned number)
{
	return (int)(offset + number * sizeof(uint32_t));
}

static int now(enum sockopt option)
{
	return word(offsetof(struct iterated, now), option);
}

static int setting(enum sockopt option)
{
	return word(offsetof(struct iterated, setting), option);
}

/* Loads SOCKET and WORK if the socket is one of those asked for; otherwise ends. */
static void emit_find(struct assembly *assembly, int sockets, label out)
{
	emit_load(assembly, BPF_DW, BPF_REG_1, BPF_REG_1, CONTEXT_SOCKET);
	emit_jump_if_null(assembly, BPF_REG_1, out);
	emit_call(assembly, BPF_FUNC_skc_to_tcp_sock); /* NULL: of TIME_WAIT, or half open */
	emit_jump_if_null(assembly, RESULT, out);
	emit_move(assembly, SOCKET, RESULT);
	emit_move(assembly, BPF_REG_1, SOCKET);
	emit_call(assembly, BPF_FUNC_get_socket_cookie);
	emit_store(assembly, BPF_DW, STACK, COOKIE, RESULT);
	emit_map(assembly, BPF_REG_1, sockets);
	emit_pointer(assembly, BPF_REG_2, STACK, COOKIE);
	emit_call(assembly, BPF_FUNC_map_lookup_elem);
	emit_jump_if_null(assembly, RESULT, out);
	emit_move(assembly, WORK, RESULT);
	emit_store_number(assembly, WORK, offsetof(struct iterated, seen), 1);
}

/* RESULT becomes the storage of SOCKET; ends if there is none. The flags are in R4. */
static void emit_entry(struct assembly *assembly, int socket_map, label out)
{
	emit_map(assembly, BPF_REG_1, socket_map);
	emit_move(assembly, BPF_REG_2, SOCKET);
	emit_set(assembly, BPF_REG_3, 0);
	emit_call(assembly, BPF_FUNC_sk_storage_get);
	emit_jump_if_null(assembly, RESULT, out);
}

static void emit_copy(struct assembly *assembly, int to, int to_offset, int from, int from_offset)
{
	for (unsigned i = 0; i < ENTRY_WORDS; i++) {
		emit_load(assembly, BPF_W, BPF_REG_1, from, word((size_t)from_offset, i));
		emit_store(assembly, BPF_W, to, word((size_t)to_offset, i), BPF_REG_1);
	}
}

static void emit_read(struct assembly *assembly, int socket_map, label out)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		label known = label_new(assembly);

		emit_sockopt(assembly, BPF_FUNC_getsockopt, i, SOCKET, WORK, now(i));
		emit_jump_if(assembly, BPF_JEQ, RESULT, 0, known);
		emit_store_number(assembly, WORK, now(i), (uint32_t)VALUE_UNKNOWN);
		emit_label(assembly, known);
	}
	emit_set(assembly, BPF_REG_4, 0);
	emit_entry(assembly, socket_map, out);
	emit_copy(assembly, WORK, offsetof(struct iterated, entry), RESULT, 0);
	emit_jump(assembly, out);
}

/* Sets the option, unless the application has changed it since it was read. */
static void emit_set_option(struct assembly *assembly, enum sockopt option)
{
	label next = label_new(assembly);

	emit_load(assembly, BPF_W, BPF_REG_1, WORK, offsetof(struct iterated, set));
	emit_number(assembly, BPF_AND, BPF_REG_1, 1U << option);
	emit_jump_if(assembly, BPF_JEQ, BPF_REG_1, 0, next);
	emit_sockopt(assembly, BPF_FUNC_getsockopt, option, SOCKET, STACK, VALUE);
	emit_jump_if(assembly, BPF_JNE, RESULT, 0, next);
	emit_load(assembly, BPF_W, BPF_REG_1, STACK, VALUE);
	emit_load(assembly, BPF_W, BPF_REG_2, WORK, now(option));
	emit_jump_if_register(assembly, BPF_JNE, BPF_REG_1, BPF_REG_2, next);
	emit_sockopt(assembly, BPF_FUNC_setsockopt, option, SOCKET, WORK, setting(option));
	emit_label(assembly, next);
}

static void emit_write(struct assembly *assembly, int socket_map, label out)
{
	_Static_assert(ITERATED_HOLD >> 1 == BPF_SK_STORAGE_GET_F_CREATE, "one is the other");
	for (unsigned i = 0; i < OPTIONS; i++)
		emit_set_option(assembly, i);
	emit_load(assembly, BPF_W, BPF_REG_4, WORK, offsetof(struct iterated, write));
	emit_number(assembly, BPF_RSH, BPF_REG_4, 1);
	emit_entry(assembly, socket_map, out);
	emit_copy(assembly, RESULT, 0, WORK, offsetof(struct iterated, entry));
}

static int load(int sockets, int socket_map)
{
	struct assembly assembly = { 0 };
	struct bpf_code program = { .type = BPF_PROG_TYPE_TRACING,
				    .attach = BPF_TRACE_ITER,
				    .function = kernel_function("bpf_iter_tcp") };
	label out = label_new(&assembly), write = label_new(&assembly);
	int fd;

	if (!program.function)
		return -1;
	emit_find(&assembly, sockets, out);
	emit_load(&assembly, BPF_W, BPF_REG_1, WORK, offsetof(struct iterated, write));
	emit_jump_if(&assembly, BPF_JNE, BPF_REG_1, 0, write);
	emit_read(&assembly, socket_map, out);
	emit_label(&assembly, write);
	emit_write(&assembly, socket_map, out);
	emit_label(&assembly, out);
	emit_set(&assembly, RESULT, 0);
	emit_exit(&assembly);
	assembly_finish(&assembly);
	program.code = assembly.code;
	program.length = assembly.length;
	fd = bpf_load(&program);
	assembly_free(&assembly);
	return fd;
}

bool iterator_open(struct iterator *iterator, size_t sockets, int socket_map)
{
	int program;

	iterator->sockets = bpf_cookie_map(sockets, sizeof(struct iterated));
	if (iterator->sockets < 0)
		return false;
	program = load(iterator->sockets, socket_map);
	iterator->link = program < 0 ? -1 : bpf_attach(program, -1, BPF_TRACE_ITER);
	if (program >= 0)
		close(program);
	if (iterator->link >= 0)
		return true;
	close(iterator->sockets);
	return false;
}

void iterator_close(struct iterator *iterator)
{
	close(iterator->link);
	close(iterator->sockets);
}

bool iterator_put(const struct iterator *iterator, uint64_t cookie, const struct iterated *socket)
{
	return bpf_put(iterator->sockets, cookie, socket) == 0;
}

bool iterator_get(const struct iterator *iterator, uint64_t cookie, struct iterated *socket)
{
	return bpf_get(iterator->sockets, cookie, socket) == 0;
}

static int begin(const void *link)
{
	return bpf_iteration(*(const int *)link);
}

bool iterator_pass(const struct iterator *iterator, pid_t pid)
{
	int pass = net_namespace_make(pid, begin, &iterator->link);
	char nothing[64]; /* it writes none */
	ssize_t got = 1;

	if (pass < 0)
		return false;
	while (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		got = read(pass, nothing, sizeof(nothing));
	close(pass);
	return got == 0;
}
