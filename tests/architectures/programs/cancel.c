/*
 * cancel: a thread that is cancelled in accept(2) runs the clean-up of its frames. Built with -fexceptions, so that
 * the unwinder must pass through the hook to the frame that called it.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int entered[2];

static void clean_up(int *fd)
{
	close(*fd);
	puts("cleaned up");
}

static void *serve(void *argument)
{
	__attribute__((cleanup(clean_up))) int listener = socket(AF_INET, SOCK_STREAM, 0);

	listen(listener, 1);
	if (write(entered[1], "", 1) == 1)
		accept(listener, NULL, NULL);
	return argument;
}

int main(void)
{
	pthread_t thread;
	void *result = NULL;
	char byte;

	if (pipe(entered) != 0 || pthread_create(&thread, NULL, serve, NULL) != 0)
		return 2;
	if (read(entered[0], &byte, 1) != 1)
		return 2;
	usleep(50000); /* by then it is most likely in accept(2); if not, the result is the same */
	pthread_cancel(thread);
	pthread_join(thread, &result);
	puts(result == PTHREAD_CANCELED ? "cancelled" : "ran to its end");
	return 0;
}
