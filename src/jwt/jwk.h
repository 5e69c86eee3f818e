/*
 * JSON Web Keys and key sets: RFC 7517, RFC 7518 section 6, RFC 8037 section 2. An entry that
 * cannot be used never spoils the others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JWK_H
#define AUTH0JWT_JWT_JWK_H

#include <openssl/types.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "jwt/alg.h"
#include "jwt/jws.h"

enum { JWKS_MAX_SIZE = 262144, JWKS_MAX_KEYS = 64 };

struct jwks;

/* What a person may want to know of an entry. All text is borrowed from the set. */
struct jwk_info {
    bool has_kid;
    struct bytes kid;
    struct bytes alg;     /* "" where it names none */
    const char *kty;      /* "RSA", "EC", "OKP" or "unknown" */
    const char *curve;    /* "" for RSA */
    int bits;             /* size of the key; 0 where it could not be imported */
    const char *unusable; /* why it cannot be used, or NULL; from a key cache it is foreign text */
};

/* Parses a key set (RFC 7517 section 5). REASON_KEYS_UNAVAILABLE where the text is no key set or is
 * over JWKS_MAX_SIZE bytes; REASON_OUT_OF_MEMORY. A set without one usable key is a set. Entries
 * are looked at when they are needed. Whoever stores a set takes at most JWKS_MAX_KEYS. Free with
 * jwks_free. */
enum reason jwks_parse(struct bytes text, struct jwks **out);

void jwks_free(struct jwks **jwks);

size_t jwks_count(const struct jwks *jwks);

/* Imports the entry to tell what it is; for programs, not for logins. */
void jwks_describe(const struct jwks *jwks, size_t index, struct jwk_info *info);

/* Writes the entry for the key cache: the public members of a usable key, kid and "unusable" of
 * another. */
void jwks_write_entry(FILE *out, const struct jwks *jwks, size_t index);

/* The key for this token: by kid, exactly; without one the only usable key of the algorithm's type.
 * REASON_KEY_NOT_FOUND, REASON_BAD_KEY, REASON_OUT_OF_MEMORY; *key is NULL unless accepted, else
 * the caller's to free with EVP_PKEY_free. `unusable` (may be NULL) gets static text why the key is
 * bad. */
enum reason jwks_find(const struct jwks *jwks, const struct jws *jws, EVP_PKEY **key,
                      const char **unusable);

/* RFC 7515 section 5.2 step 8: REASON_ACCEPTED only for a good signature of exactly the length that
 * key and algorithm make; REASON_BAD_SIGNATURE, REASON_OUT_OF_MEMORY, REASON_INTERNAL (OpenSSL
 * lacks the algorithm, as under a strict crypto policy). Leaves OpenSSL's error queue as it was. */
enum reason jws_verify_signature(const struct jws *jws, EVP_PKEY *key);

#endif
