/*
 * Folders are made one at a time, each inside one that was found safe, so that no link can lead
 * root elsewhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/cache_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/atomic_file.h"

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

void cache_file_name(const struct tenant *tenant, enum cache_file file,
                     char name[CACHE_FILE_NAME_MAX])
{
    static const char *const suffixes[] = {
        [CACHE_FILE_KEYS] = "keys",
        [CACHE_FILE_STATE] = "state",
        [CACHE_FILE_LOCK] = "lock",
    };

    snprintf(name, CACHE_FILE_NAME_MAX, "%s.%s", tenant->name, suffixes[file]);
}

enum safe_file cache_file_read(const struct config *config, const struct tenant *tenant,
                               enum cache_file file, size_t max, struct blob *out, struct text *why)
{
    const char *label = config->global.cache_dir;
    char name[CACHE_FILE_NAME_MAX];
    enum safe_file found;
    int folder;

    *out = (struct blob){NULL, 0};
    cache_file_name(tenant, file, name);
    found = safe_folder_open(label, &folder, why);
    if (found == SAFE_FILE_OK) {
        found = safe_file_read_at(folder, label, name, max, out, why);
        close(folder);
    }
    return found;
}

bool cache_file_write(const struct config *config, const struct tenant *tenant,
                      enum cache_file file, mode_t mode, struct bytes content, struct text *why)
{
    const char *label = config->global.cache_dir;
    char name[CACHE_FILE_NAME_MAX];
    bool good;
    int folder;

    cache_file_name(tenant, file, name);
    if (safe_folder_open(label, &folder, why) != SAFE_FILE_OK) {
        return false;
    }
    good = atomic_file_write(folder, label, name, mode, content, why);
    close(folder);
    return good;
}

bool cache_file_remove(const struct config *config, const struct tenant *tenant, int folder,
                       enum cache_file file, bool *removed, struct text *why)
{
    char name[CACHE_FILE_NAME_MAX];

    cache_file_name(tenant, file, name);
    *removed = unlinkat(folder, name, 0) == 0;
    if (!*removed && errno != ENOENT) {
        text_set(why, "%s/%s cannot be removed: %m", config->global.cache_dir, name);
        return false;
    }
    return true;
}
