/*
 * A text under one line that says what it is, how long it is and its SHA-256: `MAGIC 1 <hex>
 * <length>` and a newline (PROTOCOL.cache).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_HOST_CHECKED_TEXT_H
#define AUTH0JWT_HOST_CHECKED_TEXT_H

#include <stdbool.h>

#include "base/bytes.h"

enum { CHECKED_TEXT_LINE_MAX = 128 };

/* The line and the rest in one blob, which the caller frees. False without memory or digest. */
bool checked_text_seal(const char *magic, struct bytes rest, struct blob *out);

/* Is this text exactly as it was sealed? *rest is borrowed from it. */
bool checked_text_open(const char *magic, struct bytes sealed, struct bytes *rest);

#endif
