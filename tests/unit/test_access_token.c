/*
 * From compact text to verified token: the order of the refusals before and after the signature,
 * typ, crit, what a refused token leaves behind, and judging again later.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "es256.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void a_good_token_becomes_a_verified_one(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    char *text = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    struct access_token *token = NULL;
    struct jwks *set = NULL;
    enum reason r;

    assert_int_equal(jwks_parse(bytes_of(fixture->jwks), &set), REASON_ACCEPTED);
    r = judge(&policy, set, bytes_of(text), JUDGE_NOW, &token, NULL);
    /* The token stands alone: the text and the key set may go. */
    jwks_free(&set);
    memset(text, 'x', strlen(text));
    free(text);
    assert_int_equal(r, REASON_ACCEPTED);
    assert_string_equal(token->kid, "k");
    assert_int_equal(token->alg, ALG_ES256);
    assert_int_equal(strlen(token->id), JWS_ID_SIZE - 1);
    assert_true(bytes_equal_string(token->claims.sub, "auth0|1"));
    assert_true(bytes_equal_string(bytes_of_blob(&token->payload), JUDGE_PAYLOAD));
    assert_true(access_token_permits(token, "ssh:login"));
    assert_false(access_token_permits(token, "ssh:logi"));
    assert_false(access_token_permits(token, "sudo:use"));
    access_token_free(&token);
    assert_null(token);
    access_token_free(&token);
}

static void cheap_refusals_need_no_key(void **state)
{
    static const struct {
        const char *header, *payload;
        enum reason reason;
    } rows[] = {
        {"{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "{}", REASON_UNSUPPORTED_CRIT},
        {"{\"alg\":\"ES256\",\"crit\":[]}", JUDGE_PAYLOAD, REASON_UNSUPPORTED_CRIT},
        {"{\"alg\":\"ES256\",\"crit\":null}", JUDGE_PAYLOAD, REASON_UNSUPPORTED_CRIT},
        {"{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":true}", JUDGE_PAYLOAD,
         REASON_UNSUPPORTED_CRIT},
        {"{\"alg\":\"none\",\"crit\":[\"x\"]}", JUDGE_PAYLOAD, REASON_UNSUPPORTED_CRIT},
        {"{\"alg\":\"none\",\"typ\":\"x\"}", "{}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\"}", "{\"iss\":\"https://tenant.example\"}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\"}", "{\"iss\":\"https://tenant.example/x\"}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\"}", "{\"iss\":\"https://TENANT.example/\"}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\"}", "{\"iss\":[\"https://tenant.example/\"]}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\"}", "{\"iss\":null}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\"}", "{\"iss\":\"\\u001b]0;x\\u0007\"}", REASON_WRONG_ISSUER},
        {"{\"alg\":\"none\",\"typ\":\"x\"}", JUDGE_PAYLOAD, REASON_UNSUPPORTED_ALG},
        {"{\"alg\":\"HS256\"}", JUDGE_PAYLOAD, REASON_UNSUPPORTED_ALG},
        {"{\"alg\":\"ES256\",\"typ\":\"x\"}", JUDGE_PAYLOAD, REASON_WRONG_TYPE},
        {"{\"alg\":\"ES256\"}", "[]", REASON_MALFORMED},
        {"{\"alg\":\"ES256\"}", "", REASON_MALFORMED},
        {"{\"alg\":\"ES256\"}", "null", REASON_MALFORMED},
        {"{\"alg\":\"ES256\"}", "{\"iss\":1,\"iss\":2}", REASON_MALFORMED},
        {"{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "foo", REASON_MALFORMED},
    };
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        /* The set is empty: a verdict about keys would show that the order is wrong. */
        es256_expect(&policy, "{\"keys\":[]}", fixture->key, rows[i].header, rows[i].payload,
                     rows[i].reason);
    }
}

/* A token with every fault of its claims says nothing but bad_signature without a good one. */
static void claims_count_only_after_the_signature(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    static const char *const payloads[] = {
        "{\"iss\":\"" JUDGE_ISSUER "\"}",
        "{\"iss\":\"" JUDGE_ISSUER "\",\"nonce\":1,\"exp\":\"x\",\"cnf\":{},\"act\":{}}",
        "{\"iss\":\"" JUDGE_ISSUER "\",\"sub\":\"a\",\"aud\":\"b\",\"exp\":1,\"iat\":1}",
        JUDGE_PAYLOAD,
    };
    static const enum reason later[] = {REASON_MISSING_CLAIM, REASON_ID_TOKEN,
                                        REASON_WRONG_AUDIENCE, REASON_ACCEPTED};
    size_t i;

    for (i = 0; i < LENGTH(payloads); i++) {
        es256_expect(&policy, fixture->jwks, fixture->other, ES256_HEADER, payloads[i],
                     REASON_BAD_SIGNATURE);
        es256_expect(&policy, fixture->jwks, fixture->key, ES256_HEADER, payloads[i], later[i]);
        es256_expect(&policy, fixture->jwks, fixture->key, "{\"alg\":\"ES256\",\"kid\":\"x\"}",
                     payloads[i], REASON_KEY_NOT_FOUND);
    }
}

/* On a refusal after a good signature the facts are there; before it they are empty. */
static void facts_come_only_with_a_good_signature(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    int good;

    for (good = 0; good < 2; good++) {
        char *text =
            mint_token(good ? fixture->key : fixture->other, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
        struct access_token *token = (struct access_token *)text;
        struct claims facts;
        struct jwks *set = NULL;
        struct jws *jws = NULL;

        memset(&facts, 0x55, sizeof(facts));
        assert_int_equal(jwks_parse(bytes_of(fixture->jwks), &set), REASON_ACCEPTED);
        assert_int_equal(jws_parse(bytes_of(text), 4096, &jws), REASON_ACCEPTED);
        assert_int_equal(jws_parse_claims(jws), REASON_ACCEPTED);
        assert_int_equal(
            access_token_verify(&policy, set, jws, JUDGE_NOW + 3600, &facts, &token, NULL),
            good ? REASON_EXPIRED : REASON_BAD_SIGNATURE);
        assert_null(token);
        assert_int_equal(facts.sub.ptr != NULL, good);
        assert_int_equal(facts.json != NULL, good);
        jws_free(&jws);
        jwks_free(&set);
        free(text);
    }
}

/* A caller that forgets to read the claims first gets a refusal, not a crash. */
static void unread_claims_are_no_claims(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    char *text = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    struct access_token *token = NULL;
    struct claims facts;
    struct jwks *set = NULL;
    struct jws *jws = NULL;

    assert_int_equal(jwks_parse(bytes_of(fixture->jwks), &set), REASON_ACCEPTED);
    assert_int_equal(jws_parse(bytes_of(text), 4096, &jws), REASON_ACCEPTED);
    assert_int_equal(access_token_verify(&policy, set, jws, JUDGE_NOW, &facts, &token, NULL),
                     REASON_WRONG_ISSUER);
    assert_null(token);
    jws_free(&jws);
    jwks_free(&set);
    free(text);
}

static void types_follow_the_profile(void **state)
{
    static const struct {
        const char *typ; /* NULL: none */
        bool auth0, rfc9068;
    } rows[] = {
        {NULL, true, false},
        {"JWT", true, false},
        {"jwt", true, false},
        {"application/jwt", true, false},
        {"APPLICATION/JWT", true, false},
        {"at+jwt", false, true},
        {"AT+JWT", false, true},
        {"application/at+jwt", false, true},
        {"Application/At+Jwt", false, true},
        {"", false, false},
        {"JWT ", false, false},
        {" JWT", false, false},
        {"JWTx", false, false},
        {"JW", false, false},
        {"application/", false, false},
        {"application/application/jwt", false, false},
        {"text/jwt", false, false},
        {"at+jwt; charset=utf-8", false, false},
        {"id+jwt", false, false},
        {"logout+jwt", false, false},
        {"dpop+jwt", false, false},
        {"JOSE", false, false},
        {"at+JWT\\u0020", false, false},
        {"\\u212aWT", false, false}, /* the Kelvin sign, a K to some */
        {"at+\\u0131wt", false, false},
    };
    static const char payload[] =
        "{\"iss\":\"" JUDGE_ISSUER "\",\"sub\":\"a\",\"aud\":\"" JUDGE_AUDIENCE
        "\",\"exp\":1800000060,"
        "\"iat\":1799999940,\"client_id\":\"c\",\"jti\":\"j\"}";
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    size_t i, profile;

    for (i = 0; i < LENGTH(rows); i++) {
        char *typ =
            rows[i].typ == NULL ? mint_text("%s", "") : mint_text(",\"typ\":\"%s\"", rows[i].typ);
        char *header = mint_text("{\"alg\":\"ES256\",\"kid\":\"k\"%s}", typ);

        for (profile = TOKEN_PROFILE_EITHER; profile <= TOKEN_PROFILE_RFC9068; profile++) {
            bool good = (rows[i].auth0 && profile != TOKEN_PROFILE_RFC9068) ||
                        (rows[i].rfc9068 && profile != TOKEN_PROFILE_AUTH0);

            policy.profile = (enum token_profile)profile;
            es256_expect(&policy, fixture->jwks, fixture->key, header, payload,
                         good ? REASON_ACCEPTED : REASON_WRONG_TYPE);
        }
        free(typ);
        free(header);
    }
}

/* What a header says about keys is not looked at, and nothing in it spoils a good token. */
static void keys_in_the_header_are_ignored(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    char *jwk = mint_jwk(fixture->other, "k", "ES256", NULL);
    char *own = mint_text(
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"jwk\":%s,\"jku\":\"https://evil.example/jwks\","
        "\"x5u\":\"https://evil.example/\",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\"}",
        jwk);

    es256_expect(&policy, fixture->jwks, fixture->key, own, JUDGE_PAYLOAD, REASON_ACCEPTED);
    es256_expect(&policy, fixture->jwks, fixture->other, own, JUDGE_PAYLOAD, REASON_BAD_SIGNATURE);
    es256_expect(&policy, "{\"keys\":[]}", fixture->other, own, JUDGE_PAYLOAD,
                 REASON_KEY_NOT_FOUND);
    free(jwk);
    free(own);
}

static void a_verified_token_is_judged_again(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    char *text = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    struct access_token *token = NULL;
    struct strings empty = {NULL, 0};
    struct jwks *set = NULL;

    assert_int_equal(jwks_parse(bytes_of(fixture->jwks), &set), REASON_ACCEPTED);
    assert_int_equal(judge(&policy, set, bytes_of(text), JUDGE_NOW, &token, NULL), REASON_ACCEPTED);
    jwks_free(&set);
    free(text);
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW, NULL), REASON_ACCEPTED);
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW + 59, NULL), REASON_ACCEPTED);
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW + 60, NULL), REASON_EXPIRED);
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW - 61, NULL),
                     REASON_NOT_YET_VALID);
    policy.max_token_age = 30;
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW, NULL), REASON_TOO_OLD);
    policy.max_token_age = TOKEN_AGE_OFF;
    policy.any_party = false;
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW, NULL), REASON_WRONG_PARTY);
    policy.audiences = &empty;
    assert_int_equal(access_token_recheck(&policy, token, JUDGE_NOW, NULL), REASON_WRONG_AUDIENCE);
    access_token_free(&token);
}

/* The host's OpenSSL errors are left as they were, whatever happened. */
static void the_error_queue_is_left_alone(void **state)
{
    const struct es256 *fixture = *state;
    char *good = mint_token(fixture->key, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    char *bad = mint_token(fixture->other, "ES256", ES256_HEADER, JUDGE_PAYLOAD);
    static const char broken[] = "{\"keys\":[{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\","
                                 "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
                                 "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}";

    ERR_clear_error();
    assert_int_equal(judge_text(good, fixture->jwks), REASON_ACCEPTED);
    assert_int_equal(judge_text(bad, fixture->jwks), REASON_BAD_SIGNATURE);
    assert_int_equal(judge_text(good, broken), REASON_BAD_KEY);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 42);
    assert_int_equal(judge_text(bad, fixture->jwks), REASON_BAD_SIGNATURE);
    assert_int_equal(judge_text(good, broken), REASON_BAD_KEY);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 42);
    assert_int_equal(ERR_peek_error(), 0);
    free(good);
    free(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_token_becomes_a_verified_one),
        cmocka_unit_test(cheap_refusals_need_no_key),
        cmocka_unit_test(claims_count_only_after_the_signature),
        cmocka_unit_test(facts_come_only_with_a_good_signature),
        cmocka_unit_test(unread_claims_are_no_claims),
        cmocka_unit_test(types_follow_the_profile),
        cmocka_unit_test(keys_in_the_header_are_ignored),
        cmocka_unit_test(a_verified_token_is_judged_again),
        cmocka_unit_test(the_error_queue_is_left_alone),
    };

    return cmocka_run_group_tests(tests, es256_make, es256_free);
}
