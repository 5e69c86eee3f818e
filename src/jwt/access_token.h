/*
 * A verified access token. Its existence is the proof that signature and claims were found good:
 * only access_token_verify (and, for payloads that it verified before, access_token_recheck) makes
 * one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_ACCESS_TOKEN_H
#define AUTH0JWT_JWT_ACCESS_TOKEN_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/strings.h"
#include "base/text.h"
#include "jwt/alg.h"
#include "jwt/claims.h"
#include "jwt/jwks.h"
#include "jwt/jws.h"

struct access_token {
    struct blob payload;  /* the verified bytes */
    struct json *json;    /* the same, parsed: owned */
    struct claims claims; /* the same, typed: borrows from json */
    char *kid;            /* of the header, owned; NULL where it had none */
    enum alg alg;
    char id[JWS_ID_SIZE];
};

/* The cheap refusals, which need no key: wrong_issuer, unsupported_alg, wrong_type, by the header
 * and iss. */
enum reason access_token_precheck(const struct token_policy *policy, const struct jws *jws,
                                  struct text *detail);

/* The checklist: precheck, key, signature, claims. On REASON_ACCEPTED *out is the caller's to free,
 * and the payload has moved out of *jws. On a refusal after a good signature *facts holds what may
 * be told about the token, borrowed from *jws; before that it is empty. `detail` (may be NULL) gets
 * words for the log. now: seconds since the epoch. */
enum reason access_token_verify(const struct token_policy *policy, const struct jwks *jwks,
                                struct jws *jws, int64_t now, struct claims *facts,
                                struct access_token **out, struct text *detail);

/* Judges the claims of a verified token again, by today's policy and clock: from missing_claim on.
 * token->claims is read anew, as that policy names the claims. */
enum reason access_token_recheck(const struct token_policy *policy, struct access_token *token,
                                 int64_t now, struct text *detail);

/* Is the permission granted, whole and exact, by the claim that the policy names? */
bool access_token_permits(const struct access_token *token, const char *permission);

void access_token_free(struct access_token **token);

#endif
