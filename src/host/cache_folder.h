/*
 * The folder of the key cache: made by the first root process that writes, and written only by its
 * owner.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CACHE_FOLDER_H
#define AUTH0JWT_HOST_CACHE_FOLDER_H

#include <stdbool.h>

#include "base/text.h"
#include "host/config.h"

/* May this process write there? True for the owner of a safe folder, and for root where the folder
 * is yet to be made. False with `why`, which says what to do. */
bool cache_folder_is_ours(const struct config *config, struct text *why);

/* Opens it for writing; root makes it and what is missing on the way first, mode 0755. *fd is the
 * caller's to close. False with `why`, *fd then -1. */
bool cache_folder_open(const struct config *config, int *fd, struct text *why);

#endif
