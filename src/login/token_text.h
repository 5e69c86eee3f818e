/*
 * A token as people paste it: with white space around it, copied whole from an HTTP header, or in
 * parts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_LOGIN_TOKEN_TEXT_H
#define AUTH0JWT_LOGIN_TOKEN_TEXT_H

#include "base/bytes.h"

/* The longest part, its backslash included: sudo's prompt holds 511 bytes. */
enum { TOKEN_PART_LENGTH = 500 };

/* Without the white space at both ends and a leading "Bearer " (RFC 6750 section 2.1). Borrows from
 * `typed`. */
struct bytes token_text_trim(struct bytes typed);

#endif
