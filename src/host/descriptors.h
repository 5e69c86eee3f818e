/*
 * What a new process keeps open: one descriptor and nothing else, above all none of the process
 * that it was made from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_DESCRIPTORS_H
#define AUTH0JWT_HOST_DESCRIPTORS_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the kernel cannot close a range. */
enum { DESCRIPTORS_CLOSE_LIMIT = 65536 };

/* fd becomes `as`, which is above the standard descriptors and close-on-exec; those below it become
 * /dev/null, all others are closed. False with errno. Inline and of system calls only, so that it
 * can stand between a clone and an exec. */
static inline bool descriptors_keep(int fd, int as)
{
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, as + 1);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int high = null < 0 ? -1 : fcntl(null, F_DUPFD_CLOEXEC, as + 1);
    int i;

    if (kept < 0 || high < 0) {
        return false;
    }
    for (i = 0; i < as; i++) {
        if (dup2(high, i) < 0) {
            return false;
        }
    }
    if (dup3(kept, as, O_CLOEXEC) < 0) {
        return false;
    }
    if (syscall(SYS_close_range, (unsigned)as + 1, ~0U, 0U) != 0) {
        for (i = as + 1; i < DESCRIPTORS_CLOSE_LIMIT; i++) {
            close(i);
        }
    }
    return true;
}

#endif
