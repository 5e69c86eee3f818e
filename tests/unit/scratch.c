/*
 * Files for tests, in a folder that meets the rules of base/safe_file.h for root and for anybody
 * else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "scratch: %s: %s\n", what, strerror(errno));
        exit(99);
    }
}

void scratch_make(struct scratch *scratch)
{
    snprintf(scratch->path, sizeof(scratch->path), "/tmp/auth0jwt-test-XXXXXX");
    must(mkdtemp(scratch->path) != NULL, scratch->path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
    must(nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, scratch->path);
}

void scratch_path(const struct scratch *scratch, const char *name, char *out)
{
    int len = snprintf(out, SCRATCH_PATH, "%s/%s", scratch->path, name);

    must(len > 0 && len < SCRATCH_PATH, name);
}

void scratch_write_bytes(const struct scratch *scratch, const char *name, const void *bytes,
                         size_t len)
{
    char path[SCRATCH_PATH];
    int fd;

    scratch_path(scratch, name, path);
    must(unlink(path) == 0 || errno == ENOENT, path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(fd >= 0, path);
    must(write(fd, bytes, len) == (ssize_t)len, path);
    must(fchmod(fd, 0644) == 0, path);
    must(close(fd) == 0, path);
}

void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
    scratch_write_bytes(scratch, name, text, strlen(text));
}

void scratch_folder(const struct scratch *scratch, const char *name, mode_t mode)
{
    char path[SCRATCH_PATH];

    scratch_path(scratch, name, path);
    must(mkdir(path, 0700) == 0, path);
    must(chmod(path, mode) == 0, path);
}

void scratch_mode(const struct scratch *scratch, const char *name, mode_t mode)
{
    char path[SCRATCH_PATH];

    scratch_path(scratch, name, path);
    must(chmod(path, mode) == 0, path);
}

void scratch_unlink(const struct scratch *scratch, const char *name)
{
    char path[SCRATCH_PATH];

    scratch_path(scratch, name, path);
    must(remove(path) == 0 || errno == ENOENT, path);
}
