/*
 * The signature algorithms, one table row each: RFC 7518 section 3.1, RFC 8037 section 3.1. Chosen
 * by configuration, compared for equality with the header and with the key: there is no family, no
 * negotiation and no symmetric algorithm.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_ALG_H
#define AUTH0JWT_JWT_ALG_H

#include <stdbool.h>

#include "base/bytes.h"

enum alg {
    ALG_UNKNOWN = 0, /* none, HS256 and whatever else a header may say */
    ALG_RS256,
    ALG_RS384,
    ALG_RS512,
    ALG_PS256,
    ALG_PS384,
    ALG_PS512,
    ALG_ES256,
    ALG_ES384,
    ALG_ES512,
    ALG_EDDSA,
    ALG_COUNT
};

enum key_type { KEY_TYPE_UNKNOWN = 0, KEY_TYPE_RSA, KEY_TYPE_EC, KEY_TYPE_OKP };

struct alg_row {
    const char *name;       /* header parameter alg */
    const char *digest;     /* OpenSSL's name; NULL where the algorithm brings its own */
    enum key_type key_type; /* kty that it needs */
    const char *curve;      /* crv that it needs, or NULL */
    bool pss;               /* RSASSA-PSS, salt as long as the digest, MGF1 with the same digest */
    size_t coordinate;      /* bytes in one half of an ECDSA signature, else 0 */
    size_t least_text;      /* characters of the shortest signature that a usable key can make */
};

/* The row; that of ALG_UNKNOWN needs no key that exists. Never NULL. */
const struct alg_row *alg_row(enum alg alg);

/* By its exact name; ALG_UNKNOWN for any other text. */
enum alg alg_find(struct bytes name);

/* The name, or "unknown". */
const char *alg_name(enum alg alg);

/* A set of algorithms. */
static inline unsigned alg_bit(enum alg alg)
{
    return alg == ALG_UNKNOWN ? 0U : 1U << (unsigned)alg;
}

#endif
