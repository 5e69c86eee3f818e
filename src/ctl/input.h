/*
 * Files and standard input that the administrator names: no rules of ownership, because the
 * decision that is made with them counts for nobody.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_CTL_INPUT_H
#define AUTH0JWT_CTL_INPUT_H

#include <stdbool.h>

#include "base/bytes.h"

/* Reads the file (standard input where path is NULL or "-"), no more than max bytes of it, without
 * a copy of it anywhere else. False with a message. Free with blob_free, which wipes. */
bool input_read(const char *path, size_t max, struct blob *out);

#endif
