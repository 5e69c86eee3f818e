/*
 * The files that make up a configuration, read into memory before one line of them is judged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CONFIG_FILES_H
#define AUTH0JWT_HOST_CONFIG_FILES_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/text.h"

struct config_file {
    char *path;
    struct blob text;
};

struct config_files {
    struct config_file
        *item; /* the main file, where there is one, then the drop-ins in byte order */
    size_t count;
};

/* Reads the main file and PATH.d/ *.conf. may_be_missing: a main file that is not there is an empty
 * one. A folder that is not there always is. REASON_CONFIG_ERROR with what and where in `why`,
 * which must not be NULL; REASON_OUT_OF_MEMORY. Free with config_files_free, also on failure. */
enum reason config_files_read(const char *path, bool may_be_missing, struct config_files *files,
                              struct text *why);

void config_files_free(struct config_files *files);

#endif
