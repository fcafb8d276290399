// SPDX-License-Identifier: Apache-2.0
// Preloaded into the server by faults.py: a wall clock that somebody sets. $FAULT_CLOCK is a file of
// eight bytes, the seconds (signed, little-endian) by which the clock differs from the machine's;
// it is mapped, so a change shows at once. What waits for a moment of that clock is moved with it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static const volatile int64_t* shift;

__attribute__((constructor)) static void map_shift(void) {
  const char* path = getenv("FAULT_CLOCK");
  const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) shift = mapped;
  close(file);
}

static time_t seconds(void) { return shift == NULL ? 0 : (time_t)*shift; }

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int result = NEXT(clock_gettime)(clock, now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += seconds();
  return result;
}

int gettimeofday(struct timeval* now, void* zone) {
  const int result = NEXT(gettimeofday)(now, zone);
  now->tv_sec += seconds();
  return result;
}

time_t time(time_t* now) {
  const time_t result = NEXT(time)(NULL) + seconds();
  if (now != NULL) *now = result;
  return result;
}

// Of a condition that waits by the wall clock; those that wait by the other use clockwait.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const struct timespec* until) {
  struct timespec moved = *until;
  moved.tv_sec -= seconds();
  return NEXT(pthread_cond_timedwait)(condition, mutex, &moved);
}
