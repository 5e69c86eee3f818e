/*
 * Temporary file, fsync, rename, fsync of the folder. The temporary name is random: two writers,
 * which a lost lock makes possible, never write into one file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct text *why, const char *label, const char *name, const char *what)
{
    text_set(why, "%s/%s %s: %m", label, name, what);
    return false;
}

/* Opens a new file beside `name`; its name goes to `temporary`. */
static int create_temporary(int folder, const char *name, char *temporary, size_t size)
{
    int attempt;

    for (attempt = 0; attempt < 16; attempt++) {
        uint64_t random;
        int wrote;
        int fd;

        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
            return -1;
        }
        wrote = snprintf(temporary, size, "%s.%016" PRIx64, name, random);
        if (wrote < 0 || (size_t)wrote >= size) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

static bool write_all(int fd, struct bytes content)
{
    while (content.len > 0) {
        ssize_t wrote = write(fd, content.ptr, content.len);

        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            errno = wrote == 0 ? EIO : errno;
            return false;
        }
        content = bytes_from(content, (size_t)wrote);
    }
    return true;
}

/* Fills the temporary file and closes it. A close that fails may be a write that failed (NFS). */
static bool fill(int fd, mode_t mode, struct bytes content)
{
    bool good = write_all(fd, content) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int error = errno;

    if (close(fd) != 0 && good) {
        return false;
    }
    errno = error;
    return good;
}

bool atomic_file_write(int folder, const char *label, const char *name, mode_t mode,
                       struct bytes content, struct text *why)
{
    char temporary[NAME_MAX + 1];
    int fd = create_temporary(folder, name, temporary, sizeof(temporary));

    if (fd < 0) {
        return fail(why, label, name, "cannot be written: no temporary file");
    }
    if (!fill(fd, mode, content) || renameat(folder, temporary, folder, name) != 0) {
        fail(why, label, name, "cannot be written");
        unlinkat(folder, temporary, 0);
        return false;
    }
    if (fsync(folder) != 0) {
        return fail(why, label, name, "was replaced, but its folder cannot be flushed");
    }
    return true;
}
