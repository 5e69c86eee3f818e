/*
 * The files that make up a configuration, read into memory before one line of them is judged, and
 * the maps that it names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_FILES_H
#define AUTH0JWT_HOST_CONFIG_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/text.h"

struct config_file {
    char *path;
    struct blob text;
};

struct config_files {
    /* The main file, where there is one, then the drop-ins in byte order. */
    struct config_file *item;
    size_t count;
};

/* Reads the main file and the files *.conf in PATH.d. may_be_missing: a main file that is not there
 * is an empty one. A folder that is not there always is. REASON_CONFIG_ERROR with what and where in
 * `why`; REASON_OUT_OF_MEMORY. Free with config_files_free, also on failure. */
enum reason config_files_read(const char *path, bool may_be_missing, struct config_files *files,
                              struct text *why);

void config_files_free(struct config_files *files);

/* Reads a map into *out, which the caller frees with blob_free. `option` named it, where `named`;
 * else it is at its default place, and need not be there: it is then empty. REASON_CONFIG_ERROR,
 * REASON_OUT_OF_MEMORY, both with what and where in `why`. */
enum reason named_file_read(const char *option, const char *path, bool named, struct blob *out,
                            struct text *why);

#endif
