/*
 * Reading with read(2), because a stdio buffer would keep a token that nobody wipes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/output.h"

static bool fail(const char *path, const char *what)
{
    struct text name = {0};

    text_quote(&name, bytes_of(path));
    output_error("%s cannot be read: %s", path == NULL ? "standard input" : name.at, what);
    return false;
}

static bool read_up_to(int fd, size_t max, struct blob *out, const char *path)
{
    size_t have = 0;
    ssize_t got = 1;

    if (!blob_new(out, max)) {
        return fail(path, "out of memory");
    }
    while (have < max && got != 0) {
        got = read(fd, out->ptr + have, max - have);
        if (got < 0 && errno != EINTR) {
            int error = errno;

            blob_free(out);
            return fail(path, strerror(error));
        }
        have += got > 0 ? (size_t)got : 0;
    }
    out->len = have;
    return true;
}

bool input_read(const char *path, size_t max, struct blob *out)
{
    bool done;
    int fd;

    *out = (struct blob){NULL, 0};
    if (path == NULL || strcmp(path, "-") == 0) {
        return read_up_to(STDIN_FILENO, max, out, NULL);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(path, strerror(errno));
    }
    done = read_up_to(fd, max, out, path);
    close(fd);
    return done;
}
