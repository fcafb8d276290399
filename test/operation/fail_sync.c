// SPDX-License-Identifier: Apache-2.0
// Preloaded into the server by operation_test.py: syncs fail while the file $FAIL_SYNC_WHEN exists.
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failing(void) {
  const char* file = getenv("FAIL_SYNC_WHEN");
  if (file == NULL || access(file, F_OK) != 0) return 0;
  errno = EIO;
  return 1;
}

int fdatasync(int file) { return failing() ? -1 : (int)syscall(SYS_fdatasync, file); }

int fsync(int file) { return failing() ? -1 : (int)syscall(SYS_fsync, file); }
