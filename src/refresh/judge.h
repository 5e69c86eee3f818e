/*
 * What the parent makes of the bytes that came: is this discovery document this issuer's, and is
 * this a key set?
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_REFRESH_JUDGE_H
#define AUTH0JWT_REFRESH_JUDGE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/text.h"
#include "jwt/jwks.h"

/* The address of the issuer's discovery document (OpenID Connect Discovery 1.0 section 4): exactly
 * one slash between. The caller frees it; NULL without memory. */
char *discovery_url(const char *issuer);

/* The document must name this issuer, byte for byte, and a jwks_uri over https on the issuer's host
 * and port, which the caller frees. NULL with `why`, which begins with the url. */
char *discovery_judge(const char *url, const char *issuer, struct bytes body, struct text *why);

/* A key set with at least one usable key; free with jwks_free. NULL with `why`, which begins with
 * the url. */
struct jwks *keys_judge(const char *url, struct bytes body, struct text *why);

/* Has `found` a kid that `old` (may be NULL) has not? */
bool keys_bring_new_kid(const struct jwks *old, const struct jwks *found);

#endif
