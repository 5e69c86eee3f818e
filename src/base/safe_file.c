/*
 * Opening by walking: each component is opened relative to the folder before it and judged through
 * the descriptor, so that nothing can be exchanged between the look and the use.
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

/* On the way a folder need only be passed through, which asks for less than reading it. */
enum {
    WAY_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

static const char is_link[] = "is a symbolic link: name the real file or folder instead";

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

/* The same, with what errno says. */
static enum safe_file refuse_call(const struct walk *walk, const char *what)
{
    text_set(walk->why, "%.*s %s: %m", (int)walk->length, walk->path, what);
    return SAFE_FILE_UNSAFE;
}

static enum safe_file no_memory(struct text *why)
{
    text_set(why, "out of memory");
    return SAFE_FILE_NO_MEMORY;
}

static bool trusted_owner(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

static bool writable_by_others(mode_t mode)
{
    return (mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* May what lies in this folder be believed? A sticky folder keeps others from renaming what is not
 * theirs, which helps only on the way (`inside`): what lies in it is judged next. */
static enum safe_file judge_folder(const struct walk *walk, int fd, bool inside)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return refuse_call(walk, "cannot be examined");
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

/* Says what errno means for a path. */
static enum safe_file explain_open(const struct walk *walk)
{
    switch (errno) {
    case ENOENT:
        text_set(walk->why, "%.*s does not exist", (int)walk->length, walk->path);
        return SAFE_FILE_MISSING;
    case ELOOP:
        return refuse(walk, is_link);
    case ENOTDIR:
        return refuse(walk, "is no folder, or is a symbolic link: name the real one instead");
    case EACCES:
    case EPERM:
        return refuse(walk, "may not be opened by this user");
    case ENOMEM:
        return no_memory(walk->why);
    default:
        return refuse_call(walk, "cannot be opened");
    }
}

/* The next component of the path, without slashes and without "."; empty at the end. */
static struct bytes next_component(struct bytes *rest)
{
    struct bytes name = {NULL, 0};

    while (rest->len > 0 && (name.len == 0 || bytes_equal_string(name, "."))) {
        while (rest->len > 0 && rest->ptr[0] == '/') {
            *rest = bytes_from(*rest, 1);
        }
        name = bytes_first(*rest, bytes_find(*rest, '/'));
        *rest = bytes_from(*rest, name.len);
    }
    return bytes_equal_string(name, ".") ? (struct bytes){NULL, 0} : name;
}

/* Steps from *fd, which it closes where it succeeds, into the folder `name`. */
static enum safe_file step(struct walk *walk, int *fd, struct bytes name, bool inside)
{
    char component[NAME_MAX + 1];
    int next;

    walk->length = (size_t)(name.ptr - (const uint8_t *)walk->path) + name.len;
    if (name.len > NAME_MAX || bytes_equal_string(name, "..")) {
        return refuse(walk,
                      "has a component that is too long or \"..\": write the path without it");
    }
    memcpy(component, name.ptr, name.len);
    component[name.len] = '\0';
    next = openat(*fd, component, inside ? WAY_FLAGS : FOLDER_FLAGS);
    if (next < 0) {
        return explain_open(walk);
    }
    close(*fd);
    *fd = next;
    return judge_folder(walk, next, inside);
}

/* Opens the folder that the first `length` bytes of the path name. `inside` says that something in
 * it will be judged next, and that it need only be passed through. On failure *fd is -1. */
static enum safe_file open_folder(struct walk *walk, size_t length, bool inside, int *fd)
{
    struct bytes rest = bytes_first(bytes_of(walk->path), length);
    struct bytes name = next_component(&rest);
    enum safe_file result;

    walk->length = 1;
    *fd = open("/", inside || name.len > 0 ? WAY_FLAGS : FOLDER_FLAGS);
    if (*fd < 0) {
        return explain_open(walk);
    }
    result = judge_folder(walk, *fd, inside || name.len > 0);
    while (result == SAFE_FILE_OK && name.len > 0) {
        /* Looked at ahead: "/tmp/" and "/tmp/." end at tmp as "/tmp" does. */
        struct bytes following = next_component(&rest);

        result = step(walk, fd, name, inside || following.len > 0);
        name = following;
    }
    if (result != SAFE_FILE_OK) {
        close(*fd);
        *fd = -1;
    }
    return result;
}

/* May the file be believed, whatever is done with it? */
static enum safe_file judge_file(const struct walk *walk, int fd, struct stat *st)
{
    if (fstat(fd, st) != 0) {
        return refuse_call(walk, "cannot be examined");
    }
    if (S_ISLNK(st->st_mode)) {
        return refuse(walk, is_link);
    }
    if (!S_ISREG(st->st_mode)) {
        return refuse(walk, "is not a regular file: name one");
    }
    if (!trusted_owner(st->st_uid)) {
        return refuse(walk, "does not belong to root: chown root it");
    }
    if (writable_by_others(st->st_mode)) {
        return refuse(walk, "can be written by group or others: chmod go-w it");
    }
    return SAFE_FILE_OK;
}

static enum safe_file judge_size(const struct walk *walk, const struct stat *st, size_t max)
{
    if (st->st_size < 0 || (uintmax_t)st->st_size > max) {
        text_set(walk->why, "%.*s is larger than %zu bytes: make it smaller, or name another file",
                 (int)walk->length, walk->path, max);
        return SAFE_FILE_UNSAFE;
    }
    return SAFE_FILE_OK;
}

/* Reads exactly size bytes; a file that shrinks or grows meanwhile is refused. */
static enum safe_file read_all(const struct walk *walk, int fd, size_t size, struct blob *out)
{
    size_t have = 0;

    if (!blob_new(out, size)) {
        return no_memory(walk->why);
    }
    /* One byte more is asked for, into the place of the final NUL, to see the end. */
    while (have <= size) {
        ssize_t got = read(fd, out->ptr + have, size + 1 - have);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return refuse_call(walk, "cannot be read");
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
    struct stat st;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        return explain_open(walk);
    }
    result = judge_file(walk, fd, &st);
    if (result == SAFE_FILE_OK) {
        result = judge_size(walk, &st, max);
    }
    if (result == SAFE_FILE_OK && out != NULL) {
        result = read_all(walk, fd, (size_t)st.st_size, out);
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

enum reason safe_file_reason(enum safe_file result)
{
    switch (result) {
    case SAFE_FILE_OK:
        return REASON_ACCEPTED;
    case SAFE_FILE_NO_MEMORY:
        return REASON_OUT_OF_MEMORY;
    case SAFE_FILE_MISSING:
    case SAFE_FILE_UNSAFE:
    default:
        return REASON_CONFIG_ERROR;
    }
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

/* A program may be run by those who may not read it. */
static enum safe_file judge_program(const struct walk *walk, int folder, const char *name)
{
    enum safe_file result;
    struct stat st;
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return explain_open(walk);
    }
    result = judge_file(walk, fd, &st);
    if (result == SAFE_FILE_OK && (st.st_mode & S_IXUSR) == 0) {
        result = refuse(walk, "is not a program: chmod 755 it, or name one");
    }
    close(fd);
    return result;
}

enum safe_file safe_program_check(const char *path, struct text *why)
{
    struct walk walk = {path, strlen(path), why};
    const char *slash = strrchr(path, '/');
    enum safe_file result;
    int folder;

    if (path[0] != '/' || slash[1] == '\0') {
        return refuse(&walk, "is not the absolute path of a program");
    }
    result = open_folder(&walk, (size_t)(slash - path), false, &folder);
    if (result == SAFE_FILE_OK) {
        walk.length = strlen(path);
        result = judge_program(&walk, folder, slash + 1);
        close(folder);
    }
    if (result == SAFE_FILE_MISSING) {
        text_add(why, ": install it, or correct the path");
    }
    return result;
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
