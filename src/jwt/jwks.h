/*
 * A JSON Web Key Set: RFC 7517 section 5. An entry that cannot be used never spoils the others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JWKS_H
#define AUTH0JWT_JWT_JWKS_H

#include <openssl/types.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "jwt/jwk.h"
#include "jwt/jws.h"

enum { JWKS_MAX_SIZE = 262144, JWKS_MAX_KEYS = 64 };

struct jwks;

/* Parses a key set (RFC 7517 section 5). REASON_KEYS_UNAVAILABLE where the text is no key set or is
 * over JWKS_MAX_SIZE bytes; REASON_OUT_OF_MEMORY. A set without one usable key is a set. Entries
 * are looked at when they are needed. Whoever stores a set takes at most JWKS_MAX_KEYS. Free with
 * jwks_free. */
enum reason jwks_parse(struct bytes text, struct jwks **out);

void jwks_free(struct jwks **jwks);

size_t jwks_count(const struct jwks *jwks);

/* jwk_describe and jwk_write for the entry at the index. */
void jwks_describe(const struct jwks *jwks, size_t index, struct jwk_info *info);
void jwks_write_entry(FILE *out, const struct jwks *jwks, size_t index);

/* The key for this token: by kid, exactly; without one the only usable key of the algorithm's type.
 * REASON_KEY_NOT_FOUND, REASON_BAD_KEY, REASON_OUT_OF_MEMORY; *key is NULL unless accepted, else
 * the caller's to free with EVP_PKEY_free. `unusable` (may be NULL) gets static text why the key is
 * bad. */
enum reason jwks_find(const struct jwks *jwks, const struct jws *jws, EVP_PKEY **key,
                      const char **unusable);

#endif
