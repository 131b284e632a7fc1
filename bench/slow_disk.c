/* A disk that answers later: each fsync and fdatasync of a process takes FSYNC_US microseconds more.
 *
 *     mkdir -p build && gcc -shared -fPIC -O2 -o build/slow_disk.so bench/slow_disk.c -ldl
 *     FSYNC_US=1000 LD_PRELOAD=build/slow_disk.so make bench ONLY=W1,W8
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void take_longer(void)
{
	const char *text = getenv("FSYNC_US");
	long micros = text ? atol(text) : 0;
	struct timespec time = {micros / 1000000, micros % 1000000 * 1000};
	nanosleep(&time, NULL);
}

#define LATER(name) \
	int name(int file) \
	{ \
		static int (*own)(int); \
		if (!own) \
			own = (int (*)(int))dlsym(RTLD_NEXT, #name); \
		take_longer(); \
		return own(file); \
	}

LATER(fsync)
LATER(fdatasync)
