/*
 * Files that a root process may believe: absolute path, no symbolic link on the way, every folder
 * and the file itself owned by root (or by the effective user, when that is not root) and writable
 * by nobody else. A sticky folder of root's (/tmp) will do on the way, as long as what lies in it
 * meets the rule.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_BASE_SAFE_FILE_H
#define AUTH0JWT_BASE_SAFE_FILE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/text.h"

enum safe_file {
    SAFE_FILE_UNSAFE = 0, /* refused, or could not be read; `why` says what and where */
    SAFE_FILE_OK,
    SAFE_FILE_MISSING, /* it, or a folder on the way, does not exist */
    SAFE_FILE_NO_MEMORY
};

/* REASON_ACCEPTED, REASON_OUT_OF_MEMORY, or REASON_CONFIG_ERROR, for a missing file too. */
enum reason safe_file_reason(enum safe_file result);

/* Reads the whole regular file of at most max bytes into *out, which the caller frees with
 * blob_free. Never blocks on a FIFO or device. Here and below: `why` (may be NULL) is never empty
 * unless SAFE_FILE_OK; it gets "out of memory" or a sentence that begins with the path, also when
 * the file is missing. */
enum safe_file safe_file_read(const char *path, size_t max, struct blob *out, struct text *why);

/* Judges the file as safe_file_read does, without reading it. */
enum safe_file safe_file_check(const char *path, size_t max, struct text *why);

/* Is it a program that nobody but root (or the effective user) can have put there: a file as above
 * that its owner may run, in a folder as safe_folder_open wants it? Its size does not matter. */
enum safe_file safe_program_check(const char *path, struct text *why);

/* Opens the folder for use with the *at() calls: *fd is close-on-exec, the caller's to close, -1
 * unless SAFE_FILE_OK. The folder itself must be owned as above too; no sticky exception for it. */
enum safe_file safe_folder_open(const char *path, int *fd, struct text *why);

/* Reads a file in an open folder by its name (no slash), under the same rules. `label` names the
 * folder in `why`. */
enum safe_file safe_file_read_at(int folder, const char *label, const char *name, size_t max,
                                 struct blob *out, struct text *why);

#endif
