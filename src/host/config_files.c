/*
 * Reading the main file and the drop-in folder. Names that begin with a dot or do not end in .conf
 * are what editors and package managers leave behind, and are passed over.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/config_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/safe_file.h"
#include "base/strings.h"
#include "host/config.h"

enum { CONFIG_FILE_MAX = 1024 * 1024 };

/* Takes over *text. */
static enum reason add_file(struct config_files *files, const char *path, struct blob *text)
{
    struct config_file *grown = realloc(files->item, (files->count + 1) * sizeof(*grown));
    char *copy = grown == NULL ? NULL : bytes_to_string(bytes_of(path));

    if (grown != NULL) {
        files->item = grown;
    }
    if (copy == NULL) {
        blob_free(text);
        return REASON_OUT_OF_MEMORY;
    }
    files->item[files->count] = (struct config_file){copy, *text};
    files->count++;
    *text = (struct blob){NULL, 0};
    return REASON_ACCEPTED;
}

static enum reason read_main(const char *path, bool may_be_missing, struct config_files *files,
                             struct text *why)
{
    struct blob text;
    enum safe_file result = safe_file_read(path, CONFIG_FILE_MAX, &text, why);

    if (result == SAFE_FILE_MISSING && may_be_missing) {
        return REASON_ACCEPTED;
    }
    if (result == SAFE_FILE_MISSING) {
        text_add(why, ": create it, or name another file");
    }
    return result == SAFE_FILE_OK ? add_file(files, path, &text) : safe_file_reason(result);
}

static bool is_drop_in(const char *name)
{
    return name[0] != '.' && bytes_end_with(bytes_of(name), ".conf");
}

/* A name with a line end in it could forge a line of the log. */
static bool is_printable(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((unsigned char)*name < 0x20 || *name == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum reason list_folder(DIR *folder, const char *label, struct strings *names,
                               struct text *why)
{
    const struct dirent *entry;

    for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0) {
        if (!is_drop_in(entry->d_name)) {
            continue;
        }
        if (!is_printable(entry->d_name)) {
            text_set(why, "%s holds a file", label);
            text_add_quoted(why, " named ", bytes_of(entry->d_name));
            text_add(why, ": rename it");
            return REASON_CONFIG_ERROR;
        }
        if (!strings_add(names, bytes_of(entry->d_name))) {
            return REASON_OUT_OF_MEMORY;
        }
    }
    if (errno != 0) {
        text_set(why, "%s cannot be listed: %m", label);
        return REASON_CONFIG_ERROR;
    }
    return REASON_ACCEPTED;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum reason read_drop_in(int folder, const char *label, const char *name,
                                struct config_files *files, struct text *why)
{
    struct text path = {0};
    struct blob text;
    enum safe_file result = safe_file_read_at(folder, label, name, CONFIG_FILE_MAX, &text, why);

    text_set(&path, "%s/%s", label, name);
    return result == SAFE_FILE_OK ? add_file(files, path.at, &text) : safe_file_reason(result);
}

/* The names are read through a second descriptor, because closedir closes the one that it was
 * given. */
static enum reason read_folder(int folder, const char *label, struct config_files *files,
                               struct text *why)
{
    struct strings names = {NULL, 0};
    int fd = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    enum reason r;
    size_t i;

    if (fd < 0) {
        text_set(why, "%s cannot be listed: %m", label);
        return REASON_CONFIG_ERROR;
    }
    if (list == NULL) {
        close(fd);
        return REASON_OUT_OF_MEMORY;
    }
    r = list_folder(list, label, &names, why);
    closedir(list);
    if (names.count > 0) {
        qsort(names.item, names.count, sizeof(names.item[0]), compare_names);
    }
    for (i = 0; r == REASON_ACCEPTED && i < names.count; i++) {
        r = read_drop_in(folder, label, names.item[i], files, why);
    }
    strings_free(&names);
    return r;
}

enum reason config_files_read(const char *path, bool may_be_missing, struct config_files *files,
                              struct text *why)
{
    struct text label = {0};
    enum safe_file result;
    enum reason r;
    int folder;

    *files = (struct config_files){NULL, 0};
    r = read_main(path, may_be_missing, files, why);
    if (r != REASON_ACCEPTED) {
        return r;
    }
    text_set(&label, "%s.d", path);
    if (label.cut) {
        text_set(why, "the path of the configuration is too long: shorten it");
        return REASON_CONFIG_ERROR;
    }
    result = safe_folder_open(label.at, &folder, why);
    if (result == SAFE_FILE_MISSING) {
        return REASON_ACCEPTED;
    }
    if (result != SAFE_FILE_OK) {
        return safe_file_reason(result);
    }
    r = read_folder(folder, label.at, files, why);
    close(folder);
    return r;
}

void config_files_free(struct config_files *files)
{
    size_t i;

    for (i = 0; i < files->count; i++) {
        free(files->item[i].path);
        blob_free(&files->item[i].text);
    }
    free(files->item);
    *files = (struct config_files){NULL, 0};
}

enum reason named_file_read(const char *option, const char *path, bool named, struct blob *out,
                            struct text *why)
{
    enum safe_file result = safe_file_read(path, MAP_FILE_MAX, out, why);

    if (result == SAFE_FILE_MISSING && !named) {
        text_clear(why);
        return REASON_ACCEPTED;
    }
    if (result == SAFE_FILE_MISSING) {
        text_set(why, "%s %s does not exist: create it", option, path);
    }
    return safe_file_reason(result);
}
