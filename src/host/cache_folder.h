/*
 * The folder of the key cache: made by the first root process that writes, and written only by its
 * owner. And the files in it: nobody else knows their names.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CACHE_FOLDER_H
#define AUTH0JWT_HOST_CACHE_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/safe_file.h"
#include "base/text.h"
#include "host/config.h"

/* May this process write there? True for the owner of a safe folder, and for root where the folder
 * is yet to be made. False with `why`, which says what to do. */
bool cache_folder_is_ours(const struct config *config, struct text *why);

/* Opens it for writing; root makes it and what is missing on the way first, mode 0755. *fd is the
 * caller's to close. False with `why`, *fd then -1. */
bool cache_folder_open(const struct config *config, int *fd, struct text *why);

/* What there is of each tenant (PROTOCOL.cache). */
enum cache_file { CACHE_FILE_KEYS = 0, CACHE_FILE_STATE, CACHE_FILE_LOCK };

enum { CACHE_FILE_NAME_MAX = 64 };

void cache_file_name(const struct tenant *tenant, enum cache_file file,
                     char name[CACHE_FILE_NAME_MAX]);

/* As safe_file_read. */
enum safe_file cache_file_read(const struct config *config, const struct tenant *tenant,
                               enum cache_file file, size_t max, struct blob *out,
                               struct text *why);

/* As atomic_file_write, in the folder as safe_folder_open wants it. */
bool cache_file_write(const struct config *config, const struct tenant *tenant,
                      enum cache_file file, mode_t mode, struct bytes content, struct text *why);

/* True where the file is gone from the open folder; *removed where there was one. */
bool cache_file_remove(const struct config *config, const struct tenant *tenant, int folder,
                       enum cache_file file, bool *removed, struct text *why);

#endif
