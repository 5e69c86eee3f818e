/*
 * Opening by walking: each component is opened relative to the folder before it and judged through the
 * descriptor, so that nothing can be exchanged between the look and the use.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* How far a path was walked: `length` bytes of it name what went wrong. */
struct walk {
    const char *path;
    size_t length;
    struct text *why;
};

static enum safe_file refuse(const struct walk *walk, const char *what)
{
    text_set(walk->why, "%.*s %s", (int)walk->length, walk->path, what);
    return SAFE_FILE_UNSAFE;
}

static bool trusted_owner(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

static bool writable_by_others(mode_t mode)
{
    return (mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* May what lies in this folder be believed? A sticky folder keeps others from renaming what is not theirs,
 * which helps only on the way (`inside`): what lies in it is judged next. */
static enum safe_file judge_folder(const struct walk *walk, int fd, bool inside)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return refuse(walk, "cannot be examined");
    }
    if (!trusted_owner(st.st_uid)) {
        return refuse(walk, "does not belong to root: chown root it");
    }
    if (writable_by_others(st.st_mode) &&
        !(inside && st.st_uid == 0 && (st.st_mode & S_ISVTX) != 0)) {
        return refuse(walk, "can be written by group or others: chmod go-w it");
    }
    return SAFE_FILE_OK;
}

static enum safe_file explain_open(const struct walk *walk, int error)
{
    switch (error) {
    case ENOENT:
        text_set(walk->why, "%.*s does not exist", (int)walk->length, walk->path);
        return SAFE_FILE_MISSING;
    case ELOOP:
        return refuse(walk, "is a symbolic link: name the real file or folder instead");
    case ENOTDIR:
        return refuse(walk, "is not a folder, or is a symbolic link: name the real one instead");
    case EACCES:
    case EPERM:
        return refuse(walk, "may not be opened by this user");
    case EMFILE:
    case ENFILE:
        return refuse(walk, "cannot be opened: too many open files");
    case ENOMEM:
        return SAFE_FILE_NO_MEMORY;
    default:
        return refuse(walk, "cannot be opened");
    }
}

/* Steps from *fd, which it closes, into the component of `length` bytes at `name`. */
static enum safe_file step(struct walk *walk, int *fd, const char *name, size_t length, bool inside)
{
    char component[NAME_MAX + 1];
    enum safe_file result;
    int next;

    walk->length = (size_t)(name - walk->path) + length;
    if (length > NAME_MAX || (length == 2 && memcmp(name, "..", 2) == 0)) {
        return refuse(walk, "has a component that is too long or \"..\": write the path without it");
    }
    memcpy(component, name, length);
    component[length] = '\0';
    next = openat(*fd, component, FOLDER_FLAGS);
    if (next < 0) {
        return explain_open(walk, errno);
    }
    result = judge_folder(walk, next, inside);
    close(*fd);
    *fd = next;
    return result;
}

/* Opens the folder that the first `length` bytes of the path name. `inside` says that something below it
 * will be judged next. On failure *fd is -1. */
static enum safe_file open_folder(struct walk *walk, size_t length, bool inside, int *fd)
{
    enum safe_file result;
    const char *end = walk->path + length;
    const char *at = walk->path;

    walk->length = 1;
    *fd = open("/", FOLDER_FLAGS);
    if (*fd < 0) {
        return explain_open(walk, errno);
    }
    result = judge_folder(walk, *fd, true);
    while (result == SAFE_FILE_OK) {
        const char *stop;

        while (at < end && *at == '/') {
            at++;
        }
        if (at == end) {
            break;
        }
        stop = memchr(at, '/', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        if ((size_t)(stop - at) != 1 || *at != '.') {
            result = step(walk, fd, at, (size_t)(stop - at), inside || stop != end);
        }
        at = stop;
    }
    if (result == SAFE_FILE_OK && !inside) {
        /* The walk may have ended in a slash or dot, and the last step was then taken for one on the way. */
        result = judge_folder(walk, *fd, false);
    }
    if (result != SAFE_FILE_OK) {
        close(*fd);
        *fd = -1;
    }
    return result;
}

static enum safe_file judge_file(const struct walk *walk, int fd, size_t max, size_t *size)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return refuse(walk, "cannot be examined");
    }
    if (!S_ISREG(st.st_mode)) {
        return refuse(walk, "is not a regular file");
    }
    if (!trusted_owner(st.st_uid)) {
        return refuse(walk, "does not belong to root: chown root it");
    }
    if (writable_by_others(st.st_mode)) {
        return refuse(walk, "can be written by group or others: chmod go-w it");
    }
    if (st.st_size < 0 || (uintmax_t)st.st_size > max) {
        text_set(walk->why, "%.*s is larger than %zu bytes", (int)walk->length, walk->path, max);
        return SAFE_FILE_UNSAFE;
    }
    *size = (size_t)st.st_size;
    return SAFE_FILE_OK;
}

/* Reads exactly size bytes; a file that shrinks or grows meanwhile is refused. */
static enum safe_file read_all(const struct walk *walk, int fd, size_t size, struct blob *out)
{
    size_t have = 0;

    if (!blob_new(out, size)) {
        return SAFE_FILE_NO_MEMORY;
    }
    /* One byte more is asked for, into the place of the final NUL, to see the end. */
    while (have <= size) {
        ssize_t got = read(fd, out->ptr + have, size + 1 - have);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return refuse(walk, "cannot be read");
        }
        if (got == 0) {
            break;
        }
        have += (size_t)got;
    }
    out->ptr[size] = '\0';
    return have == size ? SAFE_FILE_OK : refuse(walk, "changed while it was read: try again");
}

/* Opens and judges the file, and reads it where `out` is not NULL. */
static enum safe_file read_named(const struct walk *walk, int folder, const char *name, size_t max,
                                 struct blob *out)
{
    enum safe_file result;
    size_t size = 0;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        return explain_open(walk, errno);
    }
    result = judge_file(walk, fd, max, &size);
    if (result == SAFE_FILE_OK && out != NULL) {
        result = read_all(walk, fd, size, out);
    }
    close(fd);
    if (result != SAFE_FILE_OK && out != NULL) {
        blob_free(out);
    }
    return result;
}

static enum safe_file read_path(const char *path, size_t max, struct blob *out, struct text *why)
{
    struct walk walk = {path, strlen(path), why};
    const char *slash = strrchr(path, '/');
    enum safe_file result;
    int folder;

    if (path[0] != '/' || slash[1] == '\0') {
        return refuse(&walk, "is not the absolute path of a file");
    }
    result = open_folder(&walk, (size_t)(slash - path), true, &folder);
    if (result != SAFE_FILE_OK) {
        return result;
    }
    walk.length = strlen(path);
    result = read_named(&walk, folder, slash + 1, max, out);
    close(folder);
    return result;
}

enum safe_file safe_file_read(const char *path, size_t max, struct blob *out, struct text *why)
{
    *out = (struct blob){NULL, 0};
    return read_path(path, max, out, why);
}

enum safe_file safe_file_check(const char *path, size_t max, struct text *why)
{
    return read_path(path, max, NULL, why);
}

enum safe_file safe_folder_open(const char *path, int *fd, struct text *why)
{
    struct walk walk = {path, strlen(path), why};

    *fd = -1;
    if (path[0] != '/') {
        return refuse(&walk, "is not an absolute path");
    }
    return open_folder(&walk, strlen(path), false, fd);
}

enum safe_file safe_file_read_at(int folder, const char *label, const char *name, size_t max,
                                 struct blob *out, struct text *why)
{
    struct text full = {0};
    struct walk walk = {full.at, 0, why};

    *out = (struct blob){NULL, 0};
    text_set(&full, "%s/%s", label, name);
    walk.length = full.len;
    if (strchr(name, '/') != NULL || name[0] == '\0' || name[0] == '.') {
        return refuse(&walk, "is not a file name");
    }
    return read_named(&walk, folder, name, max, out);
}
