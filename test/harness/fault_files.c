// SPDX-License-Identifier: Apache-2.0
// Preloaded into the server by faults.py: what a disk does when it fails. Each file in the directory
// $FAULTS is a fault that lasts as long as the file is there, and concerns files below $FAULTS_BELOW:
//   sync       syncs fail (EIO)
//   slow_sync  syncs wait until it is over
//   no_space   writes and new files fail (ENOSPC)
//   read_only  whatever changes something fails (EROFS)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static int faulty(const char* fault) {
  char path[PATH_MAX];
  const char* directory = getenv("FAULTS");
  if (directory == NULL) return 0;
  snprintf(path, sizeof path, "%s/%s", directory, fault);
  const int before = errno;
  const int found = access(path, F_OK) == 0;
  errno = before;
  return found;
}

static int below_path(const char* path) {
  const char* root = getenv("FAULTS_BELOW");
  return root != NULL && path != NULL && strncmp(path, root, strlen(root)) == 0;
}

static int below_file(int file) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return below_path(path);
}

// 0, or the error that a change meets; `grows`: it needs space.
static int trouble(int concerned, int grows) {
  if (!concerned) return 0;
  if (faulty("read_only")) return EROFS;
  return grows && faulty("no_space") ? ENOSPC : 0;
}

#define REFUSE(error, value) \
  do {                       \
    const int why = (error); \
    if (why != 0) {          \
      errno = why;           \
      return value;          \
    }                        \
  } while (0)

ssize_t write(int file, const void* bytes, size_t count) {
  REFUSE(trouble(below_file(file), 1), -1);
  return NEXT(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  REFUSE(trouble(below_file(file), 1), -1);
  return NEXT(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  REFUSE(trouble(below_file(file), 1), -1);
  return NEXT(pwrite64)(file, bytes, count, at);
}

static int sync_fails(int file) {
  if (!below_file(file)) return 0;
  while (faulty("slow_sync")) usleep(10000);
  if (faulty("read_only")) return EROFS;
  return faulty("sync") ? EIO : 0;
}

int fdatasync(int file) {
  REFUSE(sync_fails(file), -1);
  return NEXT(fdatasync)(file);
}

int fsync(int file) {
  REFUSE(sync_fails(file), -1);
  return NEXT(fsync)(file);
}

static int open_fails(const char* path, int flags) {
  if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0) return 0;
  return trouble(below_path(path), (flags & O_CREAT) != 0 && access(path, F_OK) != 0);
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                \
  int name(const char* path, int flags, ...) {    \
    va_list arguments;                            \
    va_start(arguments, flags);                   \
    const mode_t mode = mode_of(flags, arguments); \
    va_end(arguments);                            \
    REFUSE(open_fails(path, flags), -1);          \
    return NEXT(name)(path, flags, mode);         \
  }
OPEN(open)
OPEN(open64)

int rename(const char* from, const char* to) {
  REFUSE(trouble(below_path(to), 0), -1);
  return NEXT(rename)(from, to);
}

int unlink(const char* path) {
  REFUSE(trouble(below_path(path), 0), -1);
  return NEXT(unlink)(path);
}

int mkdir(const char* path, mode_t mode) {
  REFUSE(trouble(below_path(path), 1), -1);
  return NEXT(mkdir)(path, mode);
}

int ftruncate(int file, off_t size) {
  REFUSE(trouble(below_file(file), 0), -1);
  return NEXT(ftruncate)(file, size);
}
