/*
 * The lock file is opened by its owner only (0600): a lock that others may open is a lock that
 * others may hold.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/key_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/safe_file.h"
#include "host/cache_folder.h"
#include "host/monotonic.h"

enum { LOCK_POLL_MS = 20, LOCK_FLAGS = O_RDWR | O_NOFOLLOW | O_CLOEXEC };

/* Opens or makes the lock file: regular, ours, nobody else's to open. */
static int open_lock(int folder, const char *name)
{
    struct stat st;
    int fd = openat(folder, name, LOCK_FLAGS | O_CREAT | O_NONBLOCK, 0600);

    if (fd < 0) {
        return -1;
    }
    /* The umask of whoever started us must not decide who can open it next time. */
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        ((st.st_mode & 07777) != 0600 && fchmod(fd, 0600) != 0)) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    return fd;
}

enum key_lock key_lock_take(const struct config *config, const struct tenant *tenant, int folder,
                            int64_t timeout_ms, int *fd, bool *waited, struct text *why)
{
    static const struct timespec pause = {0, LOCK_POLL_MS * 1000000L};
    int64_t deadline = monotonic_ms() + timeout_ms;
    char name[CACHE_FILE_NAME_MAX];

    *fd = -1;
    *waited = false;
    cache_file_name(tenant, CACHE_FILE_LOCK, name);
    *fd = open_lock(folder, name);
    while (*fd >= 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        if (fcntl(*fd, F_OFD_SETLK, &lock) == 0) {
            return KEY_LOCK_TAKEN;
        }
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            break;
        }
        *waited = true;
        if (monotonic_ms() >= deadline) {
            text_set(why, "another refresh of tenant %s is still running", tenant->name);
            close(*fd);
            *fd = -1;
            return KEY_LOCK_BUSY;
        }
        nanosleep(&pause, NULL);
    }
    text_set(why, "%s/%s cannot be locked: %m", config->global.cache_dir, name);
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return KEY_LOCK_FAILED;
}

bool key_lock_is_held(const struct config *config, const struct tenant *tenant)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char name[CACHE_FILE_NAME_MAX];
    bool held = false;
    int folder;
    int fd;

    if (safe_folder_open(config->global.cache_dir, &folder, NULL) != SAFE_FILE_OK) {
        return false;
    }
    cache_file_name(tenant, CACHE_FILE_LOCK, name);
    fd = openat(folder, name, LOCK_FLAGS | O_NONBLOCK);
    if (fd >= 0) {
        held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
        close(fd);
    }
    close(folder);
    return held;
}
