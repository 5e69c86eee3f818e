/*
 * base64url without padding: RFC 7515 section 2, RFC 4648 section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_BASE64URL_H
#define AUTH0JWT_JWT_BASE64URL_H

#include <stdbool.h>

#include "base/bytes.h"

/* Bytes that text_len characters decode to, at most. */
static inline size_t base64url_decoded_size(size_t text_len)
{
    return text_len / 4 * 3 + text_len % 4;
}

/* Decodes into out, which has room for base64url_decoded_size(text.len) bytes. One spelling per
 * value: false on padding, white space, a length of 1 mod 4, or unused bits that are not zero (RFC
 * 4648 section 3.5); a token must not have several spellings. */
bool base64url_decode(struct bytes text, uint8_t *out, size_t *out_len);

/* Is every byte one of the 64 characters? */
bool base64url_alphabet(struct bytes text);

#endif
