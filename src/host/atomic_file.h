/*
 * Replacing a file so that a reader, a crash or a full disk sees the old content or the new, never
 * a mixture.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_ATOMIC_FILE_H
#define AUTH0JWT_HOST_ATOMIC_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/text.h"

/* Writes `content` to a new file of exactly this mode, whatever the umask, in the open folder,
 * flushes it, renames it to `name` and flushes the folder. `label` names the folder in `why`. False
 * with `why`; the old file is then as it was, unless the flush of the folder alone failed, as `why`
 * says. */
bool atomic_file_write(int folder, const char *label, const char *name, mode_t mode,
                       struct bytes content, struct text *why);

#endif
