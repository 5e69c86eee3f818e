/*
 * A JSON Web Signature in compact serialization (RFC 7515 section 7.1), taken apart but NOT
 * VERIFIED. Of what is in here only alg, kid, typ, crit, b64 and iss may be looked at before the
 * signature was found good, and only to choose tenant and key, or to refuse. A decision about a
 * person needs struct access_token.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_JWS_H
#define AUTH0JWT_JWT_JWS_H

#include <openssl/types.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "jwt/alg.h"
#include "jwt/json.h"

enum { JWS_KID_MAX = 128, JWS_ID_SIZE = 65 };

struct jws {
    struct bytes signing_input; /* borrowed from the compact text: all before the second dot */
    struct blob payload;        /* decoded */
    struct blob signature;      /* decoded */
    struct json *header;        /* an object */
    struct json *claims;        /* an object, once jws_parse_claims accepted */
    enum alg alg;
    bool has_kid;
    struct bytes kid; /* borrowed from header; "" is a kid too */
    bool has_typ;
    struct bytes typ;     /* borrowed from header */
    char id[JWS_ID_SIZE]; /* hex of SHA-256 over the signing input: the token's id */
};

/* Takes the text apart and reads the header; the text must outlive *out. Refuses with
 * REASON_TOO_LARGE (over max_size bytes), REASON_NOT_A_TOKEN, REASON_ENCRYPTED, REASON_TRUNCATED,
 * REASON_MALFORMED, REASON_OUT_OF_MEMORY or REASON_INTERNAL; *out is NULL unless accepted. Free
 * with jws_free. */
enum reason jws_parse(struct bytes compact, size_t max_size, struct jws **out);

/* Reads the payload as a JSON object: REASON_MALFORMED where it is none. */
enum reason jws_parse_claims(struct jws *jws);

/* RFC 7515 section 4.1.11: no extension is understood here, so any crit is refused
 * (REASON_UNSUPPORTED_CRIT). */
enum reason jws_check_crit(const struct jws *jws);

/* iss of the unverified claims, only to choose among configured issuers. False where it is no
 * string. */
bool jws_issuer(const struct jws *jws, struct bytes *issuer);

/* Is every byte base64url or a dot, as in all of a compact serialization and any piece of one? */
bool jws_bytes_only(struct bytes text);

/* Does it begin as a compact serialization does: with `{"` in base64url? */
bool jws_may_begin(struct bytes text);

/* Is this the length at which a known prompt cuts what is typed or pasted? */
bool jws_length_is_cut(size_t length);

/* RFC 7515 section 5.2 step 8: REASON_ACCEPTED only for a good signature of exactly the length that
 * key and algorithm make; REASON_BAD_SIGNATURE, REASON_OUT_OF_MEMORY, REASON_INTERNAL (OpenSSL
 * lacks the algorithm, as under a strict crypto policy). Leaves OpenSSL's error queue as it was. */
enum reason jws_verify_signature(const struct jws *jws, EVP_PKEY *key);

/* Wipes all that the token could be put together from. */
void jws_free(struct jws **jws);

#endif
