// cancelled: a C++ thread that is cancelled in accept() runs its destructors and its catch (...).
#include <cstdio>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

static int destroyed, caught;

struct Local {
	~Local()
	{
		destroyed++;
	}
};

static void *serve(void *argument)
{
	try {
		Local local;
		accept(*static_cast<int *>(argument), nullptr, nullptr);
	} catch (...) {
		caught++;
		throw;
	}
	return nullptr;
}

int main()
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timespec end;
	pthread_t thread;

	if (listen(fd, 1) != 0)
		return 1;
	pthread_create(&thread, nullptr, serve, &fd);
	pthread_cancel(thread);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 20;
	if (pthread_timedjoin_np(thread, nullptr, &end) != 0) {
		puts("the cancelled thread goes on");
		return 1;
	}
	printf("destroyed %d, caught %d\n", destroyed, caught);
	return 0;
}
