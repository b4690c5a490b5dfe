/*
 * uring: a client and server that makes its socket, connects and accepts only by io_uring. Prints keepalive, idle time,
 * interval and count of the client and the accepted socket; exit status 77 if the kernel lacks io_uring or one of these
 * operations.
 */
#include <err.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LACKING = 77, OP_SOCKET = 45 /* IORING_OP_SOCKET, Linux 5.19 */ };

static struct {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *entries;
} ring;

static char *map(size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, offset);

	if (at == MAP_FAILED)
		err(1, "mmap");
	return at;
}

static void open_ring(void)
{
	ring.fd = (int)syscall(SYS_io_uring_setup, 8, &ring.params);
	if (ring.fd < 0)
		exit(LACKING);
	ring.submissions = map(ring.params.sq_off.array + ring.params.sq_entries * sizeof(uint32_t),
			       IORING_OFF_SQ_RING);
	ring.completions =
		map(ring.params.cq_off.cqes + ring.params.cq_entries * sizeof(struct io_uring_cqe),
		    IORING_OFF_CQ_RING);
	ring.entries =
		(void *)map(ring.params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* One operation, and its result. */
static int run(struct io_uring_sqe operation)
{
	uint32_t *tail = (void *)(ring.submissions + ring.params.sq_off.tail);
	uint32_t *mask = (void *)(ring.submissions + ring.params.sq_off.ring_mask);
	uint32_t *array = (void *)(ring.submissions + ring.params.sq_off.array);
	uint32_t *head = (void *)(ring.completions + ring.params.cq_off.head);
	uint32_t *cq_mask = (void *)(ring.completions + ring.params.cq_off.ring_mask);
	struct io_uring_cqe *results = (void *)(ring.completions + ring.params.cq_off.cqes);
	uint32_t at = *tail & *mask;
	int result;

	ring.entries[at] = operation;
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		err(1, "io_uring_enter");
	result = results[*head & *cq_mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	if (result == -EINVAL)
		exit(LACKING);
	return result;
}

static int make(void)
{
	return run((struct io_uring_sqe){ .opcode = OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM });
}

static void print(const char *name, int fd)
{
	static const int names[] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT };
	int value = -1;
	socklen_t length = sizeof(value);

	getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &length);
	printf("%s %d", name, value);
	for (int i = 0; i < 3; i++) {
		getsockopt(fd, IPPROTO_TCP, names[i], &value, &length);
		printf(" %d", value);
	}
	puts("");
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof(address);
	int listener, client, accepted;

	open_ring();
	listener = make();
	client = make();
	if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0)
		err(1, "listen");
	getsockname(listener, (struct sockaddr *)&address, &length);
	errno = -run((struct io_uring_sqe){ .opcode = IORING_OP_CONNECT,
					    .fd = client,
					    .addr = (uintptr_t)&address,
					    .off = length });
	if (errno)
		err(1, "connect");
	accepted = run((struct io_uring_sqe){ .opcode = IORING_OP_ACCEPT, .fd = listener });
	print("client", client);
	print("accepted", accepted);
	return 0;
}
