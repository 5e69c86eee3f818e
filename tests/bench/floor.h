/*
 * The least that anybody must do to verify a token: cut, base64url, two json-c parses, EVP, iss,
 * aud and exp. No limits, no strictness, no checks on the key: not a verifier, but what a verifier
 * is measured against.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_FLOOR_H
#define AUTH0JWT_TESTS_FLOOR_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct floor;

/* One JWK Set, one issuer, one audience; tokener and digest context are made once and used again.
 * NULL when something fails. Free with floor_free. */
struct floor *floor_new(const char *jwks, const char *issuer, const char *audience);
void floor_free(struct floor *floor);

enum floor_keys {
    FLOOR_KEYS_LOADED,   /* EVP_PKEY ready */
    FLOOR_KEYS_IMPORTED, /* made from the parsed JWK for each token */
    FLOOR_KEYS_PARSED    /* and the set itself parsed for each token */
};

bool floor_verify(struct floor *floor, enum floor_keys keys, const char *token, size_t len,
                  int64_t now);

/* Nothing but EVP_DigestVerify on ready bytes; floor_verify must have succeeded on the same token
 * before. */
bool floor_signature(struct floor *floor);

#endif
