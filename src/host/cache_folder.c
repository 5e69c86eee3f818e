/*
 * Folders are made one at a time, each inside one that was found safe, so that no link can lead
 * root elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/cache_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safe_file.h"

static bool judge_owner(const struct config *config, int fd, struct text *why)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        text_set(why, "%s cannot be examined", config->global.cache_dir);
        return false;
    }
    if (st.st_uid != geteuid()) {
        text_set(why,
                 "%s belongs to another user, so this process refreshes nothing: run "
                 "auth0jwt-refresh as root, from its timer, or set a cache_dir of its own",
                 config->global.cache_dir);
        return false;
    }
    return true;
}

/* Adds to `why`, which holds safe_folder_open's sentence, what is to be done. */
static void explain(enum safe_file found, const struct config *config, struct text *why)
{
    if (found == SAFE_FILE_NO_MEMORY) {
        text_set(why, "out of memory");
    } else if (found == SAFE_FILE_MISSING) {
        text_set(why, "%s does not exist: make it, owned by the user that refreshes the keys",
                 config->global.cache_dir);
    }
}

bool cache_folder_is_ours(const struct config *config, struct text *why)
{
    enum safe_file found;
    bool ours;
    int fd;

    found = safe_folder_open(config->global.cache_dir, &fd, why);
    if (found == SAFE_FILE_MISSING && geteuid() == 0) {
        return true;
    }
    if (found != SAFE_FILE_OK) {
        explain(found, config, why);
        return false;
    }
    ours = judge_owner(config, fd, why);
    close(fd);
    return ours;
}

/* Makes the folder that `path` names, whose parent is there. */
static bool make_folder(char *path, struct text *why)
{
    char *slash = strrchr(path, '/');
    const char *parent = slash == path ? "/" : path;
    bool made;
    int error;
    int fd;

    *slash = '\0';
    if (safe_folder_open(parent, &fd, why) != SAFE_FILE_OK) {
        *slash = '/';
        return false;
    }
    *slash = '/';
    made = mkdirat(fd, slash + 1, 0700) == 0 && fchmodat(fd, slash + 1, 0755, 0) == 0;
    error = errno;
    close(fd);
    if (!made && error != EEXIST) {
        errno = error;
        text_set(why, "%s cannot be made: %m", path);
        return false;
    }
    return true;
}

/* Makes every folder of the path that is missing. */
static bool make_all(const char *path, struct text *why)
{
    char *copy = strdup(path);
    char *at = copy;
    bool good = copy != NULL;

    if (!good) {
        text_set(why, "out of memory");
    }
    while (good && at != NULL) {
        struct stat st;
        char saved;

        at = strchr(at + 1, '/');
        saved = at == NULL ? '\0' : *at;
        if (at != NULL) {
            *at = '\0';
        }
        if (lstat(copy, &st) != 0 && errno == ENOENT && copy[strlen(copy) - 1] != '/') {
            good = make_folder(copy, why);
        }
        if (at != NULL) {
            *at = saved;
        }
    }
    free(copy);
    return good;
}

bool cache_folder_open(const struct config *config, int *fd, struct text *why)
{
    const char *path = config->global.cache_dir;
    enum safe_file found = safe_folder_open(path, fd, why);

    if (found == SAFE_FILE_MISSING && geteuid() == 0) {
        if (!make_all(path, why)) {
            return false;
        }
        found = safe_folder_open(path, fd, why);
    }
    if (found != SAFE_FILE_OK) {
        explain(found, config, why);
        return false;
    }
    if (!judge_owner(config, *fd, why)) {
        close(*fd);
        *fd = -1;
        return false;
    }
    return true;
}
