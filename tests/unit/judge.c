/*
 * From text to verdict.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judge.h"

static char *audience_items[] = {(char[]){JUDGE_AUDIENCE}};
static const struct strings audiences = {audience_items, 1};

struct token_policy judge_policy(void)
{
    return (struct token_policy){.issuer = JUDGE_ISSUER,
                                 .audiences = &audiences,
                                 .algorithms = JUDGE_ALL_ALGORITHMS,
                                 .any_party = true,
                                 .max_token_age = TOKEN_AGE_OFF,
                                 .min_token_life = TOKEN_AGE_OFF};
}

enum reason judge(const struct token_policy *policy, const struct jwks *jwks, struct bytes text,
                  int64_t now, struct access_token **token, struct text *detail)
{
    struct access_token *verified = NULL;
    struct claims facts;
    struct jws *jws = NULL;
    enum reason r = jws_parse(text, 16384, &jws);

    if (r == REASON_ACCEPTED) {
        r = jws_parse_claims(jws);
    }
    if (r == REASON_ACCEPTED) {
        r = access_token_verify(policy, jwks, jws, now, &facts, &verified, detail);
    }
    jws_free(&jws);
    if (token != NULL) {
        *token = verified;
    } else {
        access_token_free(&verified);
    }
    return r;
}

enum reason judge_text(const char *token, const char *jwks)
{
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    enum reason r = jwks_parse(bytes_of(jwks), &set);

    if (r == REASON_ACCEPTED) {
        r = judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL);
    }
    jwks_free(&set);
    return r;
}
