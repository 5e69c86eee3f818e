/*
 * The whole of src/jwt as a login uses it, in one call: text and key set in, verdict out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_JUDGE_H
#define AUTH0JWT_TESTS_JUDGE_H

#include "jwt/access_token.h"

#define JUDGE_ISSUER "https://tenant.example/"
#define JUDGE_AUDIENCE "https://api.example/"

enum { JUDGE_NOW = 1800000000, JUDGE_ALL_ALGORITHMS = (1 << ALG_COUNT) - 2 };

/* A payload that the policy below accepts at JUDGE_NOW. */
#define JUDGE_PAYLOAD                                                                              \
    "{\"iss\":\"" JUDGE_ISSUER "\",\"sub\":\"auth0|1\",\"aud\":\"" JUDGE_AUDIENCE "\","            \
    "\"exp\":1800000060,\"iat\":1799999940,\"permissions\":[\"ssh:login\"]}"

/* Issuer and audience of above, every algorithm, any party. Its lists are static and empty but for
 * the audience. */
struct token_policy judge_policy(void);

/* The verdict on the text; *token (may be NULL) is the caller's to free where it was accepted. */
enum reason judge(const struct token_policy *policy, const struct jwks *jwks, struct bytes text,
                  int64_t now, struct access_token **token, struct text *detail);

/* The same with a key set in text, the default policy and JUDGE_NOW. */
enum reason judge_text(const char *token, const char *jwks);

#endif
