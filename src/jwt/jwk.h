/*
 * One JSON Web Key: RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JWK_H
#define AUTH0JWT_JWT_JWK_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "jwt/alg.h"
#include "jwt/json.h"

/* What a person may want to know of an entry. All text is borrowed from the entry. */
struct jwk_info {
    bool has_kid;
    struct bytes kid;
    struct bytes alg;     /* "" where it names none */
    const char *kty;      /* "RSA", "EC", "OKP" or "unknown" */
    const char *curve;    /* "" for RSA */
    int bits;             /* size of the key; 0 where it could not be imported */
    const char *unusable; /* why it cannot be used, or NULL; from a key cache it is foreign text */
};

/* Imports the public key where it may be used with the algorithm. REASON_BAD_KEY with *why (static
 * text), REASON_OUT_OF_MEMORY, REASON_INTERNAL; *key is NULL unless accepted, else the caller's to
 * free with EVP_PKEY_free. Leaves OpenSSL's error queue as it was. */
enum reason jwk_import(const struct json *jwk, enum alg alg, EVP_PKEY **key, const char **why);

/* Imports the entry to tell what it is; for programs, not for logins. */
void jwk_describe(const struct json *jwk, struct jwk_info *info);

/* Writes the entry for the key cache: the public members of a usable key, kid and "unusable" of
 * another. */
void jwk_write(FILE *out, const struct json *jwk);

#endif
