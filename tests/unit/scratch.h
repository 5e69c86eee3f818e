/*
 * A private folder for tests that need files. What fails ends the program.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_SCRATCH_H
#define AUTH0JWT_TESTS_SCRATCH_H

#include <stddef.h>
#include <sys/types.h>

enum { SCRATCH_PATH = 256 };

struct scratch {
    char path[SCRATCH_PATH]; /* of the folder, below /tmp */
};

void scratch_make(struct scratch *scratch);

/* Removes the folder and all that is in it. */
void scratch_remove(struct scratch *scratch);

/* PATH/name, into a buffer of SCRATCH_PATH bytes. */
void scratch_path(const struct scratch *scratch, const char *name, char *out);

/* Writes PATH/name with mode 0644, in the place of what was there. */
void scratch_write(const struct scratch *scratch, const char *name, const char *text);
void scratch_write_bytes(const struct scratch *scratch, const char *name, const void *bytes,
                         size_t len);

void scratch_folder(const struct scratch *scratch, const char *name, mode_t mode);
void scratch_mode(const struct scratch *scratch, const char *name, mode_t mode);
void scratch_unlink(const struct scratch *scratch, const char *name);

#endif
