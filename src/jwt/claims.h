/*
 * The claims of an access token (RFC 7519 section 4, RFC 9068 section 2.2, Auth0's own), typed, and
 * the checks on them in the order of the reasons.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_JWT_CLAIMS_H
#define AUTH0JWT_JWT_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/strings.h"
#include "base/text.h"
#include "jwt/json.h"

enum token_profile {
    TOKEN_PROFILE_EITHER = 0,
    TOKEN_PROFILE_AUTH0,  /* typ absent or JWT */
    TOKEN_PROFILE_RFC9068 /* typ at+jwt; client_id and jti required */
};

enum permission_claim { PERMISSION_CLAIM_PERMISSIONS = 0, PERMISSION_CLAIM_SCOPE };

enum { TOKEN_AGE_OFF = -1 };

/* The last second of the year 9999: what lies behind is no time. */
#define NUMERIC_DATE_MAX INT64_C(253402300799)

/* What a token must be. All pointers are borrowed; a list that is empty or NULL allows nothing,
 * except where said. */
struct token_policy {
    const char *issuer;
    const struct strings *audiences;        /* one must be in aud */
    const struct strings *narrow_audiences; /* where not NULL, the same one must be in here too */
    unsigned algorithms;                    /* alg_bit()s */
    enum token_profile profile;
    int64_t leeway; /* seconds */
    bool any_party; /* authorized_parties = *: azp and client_id do not count */
    const struct strings *authorized_parties; /* every azp and client_id must be in here */
    const struct strings *organizations;      /* NULL or empty: no token of an organization */
    enum permission_claim permission_claim;
    const char *account_claim; /* or NULL */
    int64_t max_token_age;     /* seconds since iat, or TOKEN_AGE_OFF */
    int64_t min_token_life;    /* seconds before exp, or TOKEN_AGE_OFF */
};

/* Typed claims; everything is borrowed from the JSON value. An absent string has a NULL ptr. */
struct claims {
    const struct json *json;
    struct bytes iss;
    struct bytes sub;
    const struct json *aud; /* string or array of strings */
    double exp;             /* NumericDate, RFC 7519 section 2: seconds, fractions allowed */
    double iat;
    double nbf; /* 0 where absent */
    struct bytes azp;
    struct bytes client_id;
    struct bytes jti;
    struct bytes org_id;
    struct bytes scope;
    const struct json *permissions; /* array of strings, or NULL */
    enum permission_claim permission_claim;
    struct bytes account; /* value of the policy's account_claim */
};

/* The application that the token was issued to: azp, else client_id; empty where there is none. */
struct bytes claims_party(const struct claims *claims);

/* Was it issued to a program rather than to a person? (gty, sub, sub_profile; several signs,
 * because Auth0 does not always set the first.) */
bool claims_of_machine(const struct claims *claims);

/* Reads and judges in the order of the reasons: wrong_type for ID and logout tokens, missing_claim,
 * bad_claim, wrong_audience, expired, not_yet_valid, too_old, sender_constrained, delegated,
 * wrong_party, wrong_organization. *out holds what could be read, also on a refusal. */
enum reason claims_check(const struct token_policy *policy, const struct json *json, int64_t now,
                         struct claims *out, struct text *detail);

/* Is NAME=VALUE true of the claims: string content, literal text of a number or boolean, or an
 * element of an array of strings? */
bool claims_have(const struct claims *claims, const char *name, const char *value);

/* Is the permission in the claim that the policy named? */
bool claims_permit(const struct claims *claims, const char *permission);

/* The i-th permission, in the token's order; false behind the last. */
bool claims_permission(const struct claims *claims, size_t index, struct bytes *out);

#endif
