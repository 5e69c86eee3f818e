/*
 * The checklist from signed text to verified token: RFC 7515 section 5.2, RFC 8725 section 3, RFC
 * 9068 section 4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/access_token.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/wipe.h"

/* RFC 7515 section 4.1.9: "application/" may be left out, case does not count. */
static bool typ_is(struct bytes typ, const char *media_type)
{
    static const char prefix[] = "application/";
    size_t length = sizeof(prefix) - 1;

    if (typ.len > length && bytes_equal_string_nocase(bytes_first(typ, length), prefix)) {
        typ = bytes_from(typ, length);
    }
    return bytes_equal_string_nocase(typ, media_type);
}

static bool type_accepted(enum token_profile profile, const struct jws *jws)
{
    bool plain = !jws->has_typ || typ_is(jws->typ, "JWT");
    bool rfc9068 = jws->has_typ && typ_is(jws->typ, "at+jwt");

    switch (profile) {
    case TOKEN_PROFILE_EITHER:
        return plain || rfc9068;
    case TOKEN_PROFILE_AUTH0:
        return plain;
    case TOKEN_PROFILE_RFC9068:
        return rfc9068;
    }
    return false;
}

static void tell(struct text *detail, const char *what, struct bytes foreign)
{
    if (detail != NULL) {
        text_set(detail, "%s is ", what);
        text_quote(detail, foreign);
    }
}

enum reason access_token_precheck(const struct token_policy *policy, const struct jws *jws,
                                  struct text *detail)
{
    struct bytes iss;
    struct bytes alg;

    if (!jws_issuer(jws, &iss) || !bytes_equal_string(iss, policy->issuer)) {
        tell(detail, "iss", iss);
        return REASON_WRONG_ISSUER;
    }
    if ((policy->algorithms & alg_bit(jws->alg)) == 0) {
        json_member_string(jws->header, "alg", &alg);
        tell(detail, "alg", alg);
        return REASON_UNSUPPORTED_ALG;
    }
    if (!type_accepted(policy->profile, jws)) {
        tell(detail, "typ", jws->typ);
        return REASON_WRONG_TYPE;
    }
    return REASON_ACCEPTED;
}

static enum reason check_signature(const struct jwks *jwks, const struct jws *jws,
                                   struct text *detail)
{
    const char *unusable = NULL;
    EVP_PKEY *key = NULL;
    enum reason r = jwks_find(jwks, jws, &key, &unusable);

    if (r == REASON_ACCEPTED) {
        r = jws_verify_signature(jws, key);
    } else if (r == REASON_BAD_KEY && unusable != NULL) {
        text_set(detail, "the tenant's key: %s", unusable);
    }
    EVP_PKEY_free(key);
    return r;
}

/* Payload and parsed claims move from *jws into the token; `claims` goes on borrowing from them. */
static enum reason make(struct jws *jws, const struct claims *claims, struct access_token **out)
{
    struct access_token *token = calloc(1, sizeof(*token));
    char *kid = jws->has_kid ? bytes_to_string(jws->kid) : NULL;

    if (token == NULL || (jws->has_kid && kid == NULL)) {
        free(token);
        free(kid);
        return REASON_OUT_OF_MEMORY;
    }
    token->kid = kid;
    token->alg = jws->alg;
    token->claims = *claims;
    memcpy(token->id, jws->id, sizeof(token->id));
    token->payload = jws->payload;
    token->json = jws->claims;
    jws->payload = (struct blob){NULL, 0};
    jws->claims = NULL;
    *out = token;
    return REASON_ACCEPTED;
}

enum reason access_token_verify(const struct token_policy *policy, const struct jwks *jwks,
                                struct jws *jws, int64_t now, struct claims *facts,
                                struct access_token **out, struct text *detail)
{
    struct claims claims;
    enum reason r;

    *out = NULL;
    *facts = (struct claims){0};
    r = jws_check_crit(jws);
    if (r == REASON_ACCEPTED) {
        r = access_token_precheck(policy, jws, detail);
    }
    if (r == REASON_ACCEPTED) {
        r = check_signature(jwks, jws, detail);
    }
    if (r != REASON_ACCEPTED) {
        return r;
    }
    r = claims_check(policy, jws->claims, now, &claims, detail);
    *facts = claims;
    if (r == REASON_ACCEPTED) {
        r = make(jws, &claims, out);
    }
    return r;
}

enum reason access_token_recheck(const struct token_policy *policy, struct access_token *token,
                                 int64_t now, struct text *detail)
{
    return claims_check(policy, token->json, now, &token->claims, detail);
}

bool access_token_permits(const struct access_token *token, const char *permission)
{
    return claims_permit(&token->claims, permission);
}

void access_token_free(struct access_token **token)
{
    if (*token == NULL) {
        return;
    }
    blob_free(&(*token)->payload);
    json_free(&(*token)->json);
    free((*token)->kid);
    wipe_free(*token, sizeof(**token));
    *token = NULL;
}
