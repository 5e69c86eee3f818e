/*
 * From compact text to verified token: the order of the refusals before and after the signature,
 * key selection, typ, crit, what a refused token leaves behind, and judging again later.
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
#include <openssl/evp.h>

#include "judge.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}"

/* P-256 keys are made in no time. */
struct fixture {
    EVP_PKEY *key;
    EVP_PKEY *other;
    char *jwks; /* key as k, other as o */
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char *a, *b;

    assert_non_null(fixture);
    fixture->key = mint_key("P-256");
    fixture->other = mint_key("P-256");
    a = mint_jwk(fixture->key, "k", "ES256", ",\"use\":\"sig\"");
    b = mint_jwk(fixture->other, "o", NULL, NULL);
    fixture->jwks = mint_jwks(a, b);
    free(a);
    free(b);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    EVP_PKEY_free(fixture->key);
    EVP_PKEY_free(fixture->other);
    free(fixture->jwks);
    free(fixture);
    return 0;
}

/* The verdict on a token that `key` signs with these texts; wants it to be `expected`. */
static void expect(const struct token_policy *policy, const char *jwks, EVP_PKEY *key,
                   const char *header, const char *payload, enum reason expected)
{
    char *token = mint_token(key, "ES256", header, payload);
    struct jwks *set = NULL;
    struct text detail = {0};
    enum reason r;
    size_t i;

    assert_int_equal(jwks_parse(bytes_of(jwks), &set), REASON_ACCEPTED);
    r = judge(policy, set, bytes_of(token), JUDGE_NOW, NULL, &detail);
    for (i = 0; i < detail.len; i++) {
        assert_in_range(detail.at[i], 0x20, 0x7e);
    }
    if (r != expected) {
        fail_msg("%s %s: %s, not %s", header, payload, reason_name(r), reason_name(expected));
    }
    jwks_free(&set);
    free(token);
}

static void a_good_token_becomes_a_verified_one(void **state)
{
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    char *text = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
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

static void the_id_is_the_hash_of_the_signing_input(void **state)
{
    const struct fixture *fixture = *state;
    char *text = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
    char *again = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
    uint8_t digest[32];
    struct jws *a = NULL, *b = NULL;
    size_t len = 0, i;

    assert_int_equal(jws_parse(bytes_of(text), 4096, &a), REASON_ACCEPTED);
    assert_int_equal(jws_parse(bytes_of(again), 4096, &b), REASON_ACCEPTED);
    assert_string_not_equal(text, again); /* ECDSA signs with a random number */
    assert_string_equal(a->id, b->id);
    assert_int_equal(
        EVP_Q_digest(NULL, "SHA256", NULL, text, (size_t)(strrchr(text, '.') - text), digest, &len),
        1);
    for (i = 0; i < 32; i++) {
        char hex[3];

        snprintf(hex, sizeof(hex), "%02x", digest[i]);
        assert_memory_equal(a->id + 2 * i, hex, 2);
    }
    jws_free(&a);
    jws_free(&b);
    free(text);
    free(again);
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
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        /* The set is empty: a verdict about keys would show that the order is wrong. */
        expect(&policy, "{\"keys\":[]}", fixture->key, rows[i].header, rows[i].payload,
               rows[i].reason);
    }
}

/* A token with every fault of its claims says nothing but bad_signature without a good one. */
static void claims_count_only_after_the_signature(void **state)
{
    const struct fixture *fixture = *state;
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
        expect(&policy, fixture->jwks, fixture->other, HEADER, payloads[i], REASON_BAD_SIGNATURE);
        expect(&policy, fixture->jwks, fixture->key, HEADER, payloads[i], later[i]);
        expect(&policy, fixture->jwks, fixture->key, "{\"alg\":\"ES256\",\"kid\":\"x\"}",
               payloads[i], REASON_KEY_NOT_FOUND);
    }
}

/* On a refusal after a good signature the facts are there; before it they are empty. */
static void facts_come_only_with_a_good_signature(void **state)
{
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    int good;

    for (good = 0; good < 2; good++) {
        char *text =
            mint_token(good ? fixture->key : fixture->other, "ES256", HEADER, JUDGE_PAYLOAD);
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
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    char *text = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
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
    const struct fixture *fixture = *state;
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
            expect(&policy, fixture->jwks, fixture->key, header, payload,
                   good ? REASON_ACCEPTED : REASON_WRONG_TYPE);
        }
        free(typ);
        free(header);
    }
}

/* What a header says about keys is not looked at, and nothing in it spoils a good token. */
static void keys_in_the_header_are_ignored(void **state)
{
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    char *jwk = mint_jwk(fixture->other, "k", "ES256", NULL);
    char *own = mint_text(
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"jwk\":%s,\"jku\":\"https://evil.example/jwks\","
        "\"x5u\":\"https://evil.example/\",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\"}",
        jwk);

    expect(&policy, fixture->jwks, fixture->key, own, JUDGE_PAYLOAD, REASON_ACCEPTED);
    expect(&policy, fixture->jwks, fixture->other, own, JUDGE_PAYLOAD, REASON_BAD_SIGNATURE);
    expect(&policy, "{\"keys\":[]}", fixture->other, own, JUDGE_PAYLOAD, REASON_KEY_NOT_FOUND);
    free(jwk);
    free(own);
}

static void kids_are_compared_whole(void **state)
{
    static const struct {
        const char *kid;
        enum reason reason;
    } rows[] = {
        {"k", REASON_ACCEPTED},         {"K", REASON_KEY_NOT_FOUND},
        {"k ", REASON_KEY_NOT_FOUND},   {"", REASON_KEY_NOT_FOUND},
        {"kk", REASON_KEY_NOT_FOUND},   {"o", REASON_BAD_SIGNATURE},
        {"*", REASON_KEY_NOT_FOUND},    {"../k", REASON_KEY_NOT_FOUND},
        {"\\u006b", REASON_ACCEPTED},   {"k' OR '1'='1", REASON_KEY_NOT_FOUND},
        {"k\\n", REASON_KEY_NOT_FOUND}, {"0", REASON_KEY_NOT_FOUND},
    };
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    char longest[130];
    char *header;
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        header = mint_text("{\"alg\":\"ES256\",\"kid\":\"%s\"}", rows[i].kid);
        expect(&policy, fixture->jwks, fixture->key, header, JUDGE_PAYLOAD, rows[i].reason);
        free(header);
    }
    memset(longest, 'k', sizeof(longest));
    header = mint_text("{\"alg\":\"ES256\",\"kid\":\"%.128s\"}", longest);
    expect(&policy, fixture->jwks, fixture->key, header, JUDGE_PAYLOAD, REASON_KEY_NOT_FOUND);
    free(header);
    header = mint_text("{\"alg\":\"ES256\",\"kid\":\"%.129s\"}", longest);
    expect(&policy, fixture->jwks, fixture->key, header, JUDGE_PAYLOAD, REASON_MALFORMED);
    free(header);
}

/* Key sets for a token with and without kid; `key` is the right key in all of them. */
static void one_key_must_be_left(void **state)
{
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    static const char named[] = "{\"alg\":\"ES256\",\"kid\":\"k\"}",
                      unnamed[] = "{\"alg\":\"ES256\"}";
    EVP_PKEY *rsa = mint_key("RSA"), *p384 = mint_key("P-384");
    char *k = mint_jwk(fixture->key, "k", NULL, NULL),
         *o = mint_jwk(fixture->other, "o", NULL, NULL);
    char *also_k = mint_jwk(fixture->other, "k", NULL, NULL);
    char *bare = mint_jwk(fixture->key, NULL, NULL, NULL);
    char *enc = mint_jwk(fixture->other, "k", NULL, ",\"use\":\"enc\"");
    char *es384 = mint_jwk(fixture->other, "k", "ES384", NULL);
    char *rsa_k = mint_jwk(rsa, "k", NULL, NULL), *p384_k = mint_jwk(p384, "k", NULL, NULL);
    const struct {
        const char *a, *b;
        enum reason named, unnamed;
    } rows[] = {
        {k, NULL, REASON_ACCEPTED, REASON_ACCEPTED},
        {k, o, REASON_ACCEPTED, REASON_KEY_NOT_FOUND},
        {o, k, REASON_ACCEPTED, REASON_KEY_NOT_FOUND},
        {k, also_k, REASON_KEY_NOT_FOUND, REASON_KEY_NOT_FOUND},
        {also_k, k, REASON_KEY_NOT_FOUND, REASON_KEY_NOT_FOUND},
        {k, k, REASON_KEY_NOT_FOUND, REASON_KEY_NOT_FOUND},
        {bare, NULL, REASON_KEY_NOT_FOUND, REASON_ACCEPTED},
        {bare, o, REASON_KEY_NOT_FOUND, REASON_KEY_NOT_FOUND},
        {k, enc, REASON_ACCEPTED, REASON_ACCEPTED},
        {enc, k, REASON_ACCEPTED, REASON_ACCEPTED},
        {k, es384, REASON_ACCEPTED, REASON_ACCEPTED},
        {rsa_k, k, REASON_ACCEPTED, REASON_ACCEPTED},
        {p384_k, k, REASON_ACCEPTED, REASON_ACCEPTED},
        {enc, NULL, REASON_BAD_KEY, REASON_KEY_NOT_FOUND},
        {rsa_k, NULL, REASON_BAD_KEY, REASON_KEY_NOT_FOUND},
        {p384_k, NULL, REASON_BAD_KEY, REASON_KEY_NOT_FOUND},
        {es384, NULL, REASON_BAD_KEY, REASON_KEY_NOT_FOUND},
        {"1", k, REASON_ACCEPTED, REASON_ACCEPTED},
        {"null,[],\"k\",{}", k, REASON_ACCEPTED, REASON_ACCEPTED},
        {"{\"kid\":\"k\"}", k, REASON_ACCEPTED, REASON_ACCEPTED},
        {"{\"kid\":\"k\"}", NULL, REASON_BAD_KEY, REASON_KEY_NOT_FOUND},
        {"{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", k,
         REASON_ACCEPTED, REASON_ACCEPTED},
    };
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        char *jwks = mint_jwks(rows[i].a, rows[i].b);

        expect(&policy, jwks, fixture->key, named, JUDGE_PAYLOAD, rows[i].named);
        expect(&policy, jwks, fixture->key, unnamed, JUDGE_PAYLOAD, rows[i].unnamed);
        free(jwks);
    }
    free(k);
    free(o);
    free(also_k);
    free(bare);
    free(enc);
    free(es384);
    free(rsa_k);
    free(p384_k);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(p384);
}

static void a_key_must_be_meant_for_this(void **state)
{
    static const struct {
        const char *more;
        bool good;
    } rows[] = {
        {"", true},
        {",\"use\":\"sig\"", true},
        {",\"use\":\"enc\"", false},
        {",\"use\":\"SIG\"", false},
        {",\"use\":\"\"", false},
        {",\"use\":null", false},
        {",\"use\":[\"sig\"]", false},
        {",\"key_ops\":[\"verify\"]", true},
        {",\"key_ops\":[\"sign\",\"verify\"]", true},
        {",\"key_ops\":[\"sign\"]", false},
        {",\"key_ops\":[]", false},
        {",\"key_ops\":\"verify\"", false},
        {",\"key_ops\":null", false},
        {",\"key_ops\":{\"verify\":1}", false},
        {",\"key_ops\":[\"verify\",1]", false},
        {",\"use\":\"enc\",\"key_ops\":[\"verify\"]", false},
        {",\"alg\":\"ES256\"", true},
        {",\"alg\":\"ES384\"", false},
        {",\"alg\":\"es256\"", false},
        {",\"alg\":\"\"", false},
        {",\"alg\":null", false},
        {",\"alg\":[\"ES256\"]", false},
        {",\"d\":\"AAAA\"", false},
        {",\"d\":null", false},
        {",\"k\":\"AAAA\"", false},
        {",\"p\":\"AAAA\"", false},
        {",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\",\"foo\":{\"bar\":[1]}", true},
    };
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        char *jwk = mint_jwk(fixture->key, "k", NULL, rows[i].more);
        char *jwks = mint_jwks(jwk, NULL);

        expect(&policy, jwks, fixture->key, HEADER, JUDGE_PAYLOAD,
               rows[i].good ? REASON_ACCEPTED : REASON_BAD_KEY);
        free(jwk);
        free(jwks);
    }
}

static void a_verified_token_is_judged_again(void **state)
{
    const struct fixture *fixture = *state;
    struct token_policy policy = judge_policy();
    char *text = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
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

static void the_text_is_judged_before_it_is_parsed(void **state)
{
    static const struct {
        const char *text;
        enum reason reason;
    } rows[] = {
        {"", REASON_NOT_A_TOKEN},
        {"hunter2", REASON_NOT_A_TOKEN},
        {"\b\n\r\177INCORRECT", REASON_NOT_A_TOKEN},
        {".", REASON_NOT_A_TOKEN},
        {"...", REASON_NOT_A_TOKEN},
        {".....", REASON_NOT_A_TOKEN},
        {"a.b.c.d", REASON_NOT_A_TOKEN},
        {"a.b.c.d.e", REASON_ENCRYPTED},
        {"....", REASON_ENCRYPTED},
        {"a.b.c d", REASON_NOT_A_TOKEN},
        {"a.b.c=", REASON_NOT_A_TOKEN},
        {"{\"payload\":\"\"}", REASON_NOT_A_TOKEN},
        {"..", REASON_MALFORMED},
        {"a.b.c", REASON_MALFORMED},
        {"e30.e30.", REASON_MALFORMED},
        {"e30.e30.AA", REASON_MALFORMED},
    };
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    size_t i;

    (void)state;
    assert_int_equal(jwks_parse(bytes_of("{\"keys\":[]}"), &set), REASON_ACCEPTED);
    for (i = 0; i < LENGTH(rows); i++) {
        enum reason r = judge(&policy, set, bytes_of(rows[i].text), JUDGE_NOW, NULL, NULL);

        if (r != rows[i].reason) {
            fail_msg("%s: %s", rows[i].text, reason_name(r));
        }
    }
    jwks_free(&set);
}

static void what_was_cut_is_called_cut(void **state)
{
    static const size_t cuts[] = {255, 256, 511, 1023, 1024, 4095};
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    char text[4200];
    size_t len, i;

    (void)state;
    assert_int_equal(jwks_parse(bytes_of("{\"keys\":[]}"), &set), REASON_ACCEPTED);
    memset(text, 'A', sizeof(text));
    memcpy(text, "eyJ", 3);
    for (len = 0; len <= 4200; len++) {
        bool cut = false;

        for (i = 0; i < LENGTH(cuts); i++) {
            cut = cut || cuts[i] == len;
        }
        assert_int_equal(
            judge(&policy, set, (struct bytes){(const uint8_t *)text, len}, JUDGE_NOW, NULL, NULL),
            cut ? REASON_TRUNCATED : REASON_NOT_A_TOKEN);
        assert_int_equal(jws_length_is_cut(len), cut);
    }
    text[50] = '.';
    assert_int_equal(
        judge(&policy, set, (struct bytes){(const uint8_t *)text, 511}, JUDGE_NOW, NULL, NULL),
        REASON_TRUNCATED);
    assert_int_equal(
        judge(&policy, set, (struct bytes){(const uint8_t *)text, 512}, JUDGE_NOW, NULL, NULL),
        REASON_NOT_A_TOKEN);
    memcpy(text, "eyK", 3);
    assert_int_equal(
        judge(&policy, set, (struct bytes){(const uint8_t *)text, 511}, JUDGE_NOW, NULL, NULL),
        REASON_NOT_A_TOKEN);
    jwks_free(&set);
}

static void short_signatures_are_called_cut(void **state)
{
    static const struct {
        const char *alg;
        size_t least; /* characters */
    } rows[] = {{"RS256", 342}, {"PS512", 342}, {"ES256", 86}, {"ES384", 128},
                {"ES512", 176}, {"EdDSA", 86},  {"HS256", 0}};
    struct token_policy policy = judge_policy();
    struct jwks *set = NULL;
    size_t i, len;

    (void)state;
    assert_int_equal(jwks_parse(bytes_of("{\"keys\":[]}"), &set), REASON_ACCEPTED);
    for (i = 0; i < LENGTH(rows); i++) {
        char *header = mint_text("{\"alg\":\"%s\"}", rows[i].alg);
        char *a = mint_base64url(header, strlen(header));
        char *b = mint_base64url(JUDGE_PAYLOAD, strlen(JUDGE_PAYLOAD));

        for (len = 0; len < 400; len++) {
            char *zeros = calloc(len + 1, 1);
            char *text;
            enum reason r;

            assert_non_null(zeros);
            memset(zeros, 'A', len);
            text = mint_text("%s.%s.%s", a, b, zeros);
            r = judge(&policy, set, bytes_of(text), JUDGE_NOW, NULL, NULL);
            if (len < rows[i].least) {
                assert_int_equal(r, REASON_TRUNCATED);
            } else if (len % 4 == 1) {
                assert_int_equal(r, REASON_MALFORMED);
            } else {
                assert_int_equal(r, rows[i].least == 0 ? REASON_UNSUPPORTED_ALG
                                                       : REASON_KEY_NOT_FOUND);
            }
            free(zeros);
            free(text);
        }
        free(header);
        free(a);
        free(b);
    }
    jwks_free(&set);
}

static void size_is_looked_at_first(void **state)
{
    const struct fixture *fixture = *state;
    char *text = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
    struct jws *jws = NULL;

    assert_int_equal(jws_parse(bytes_of(text), strlen(text), &jws), REASON_ACCEPTED);
    jws_free(&jws);
    assert_int_equal(jws_parse(bytes_of(text), strlen(text) - 1, &jws), REASON_TOO_LARGE);
    assert_null(jws);
    assert_int_equal(jws_parse(bytes_of("no token"), 7, &jws), REASON_TOO_LARGE);
    assert_int_equal(jws_parse(bytes_of("no token"), 8, &jws), REASON_NOT_A_TOKEN);
    free(text);
}

/* The host's OpenSSL errors are left as they were, whatever happened. */
static void the_error_queue_is_left_alone(void **state)
{
    const struct fixture *fixture = *state;
    char *good = mint_token(fixture->key, "ES256", HEADER, JUDGE_PAYLOAD);
    char *bad = mint_token(fixture->other, "ES256", HEADER, JUDGE_PAYLOAD);
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
        cmocka_unit_test(the_id_is_the_hash_of_the_signing_input),
        cmocka_unit_test(cheap_refusals_need_no_key),
        cmocka_unit_test(claims_count_only_after_the_signature),
        cmocka_unit_test(facts_come_only_with_a_good_signature),
        cmocka_unit_test(unread_claims_are_no_claims),
        cmocka_unit_test(types_follow_the_profile),
        cmocka_unit_test(keys_in_the_header_are_ignored),
        cmocka_unit_test(kids_are_compared_whole),
        cmocka_unit_test(one_key_must_be_left),
        cmocka_unit_test(a_key_must_be_meant_for_this),
        cmocka_unit_test(a_verified_token_is_judged_again),
        cmocka_unit_test(the_text_is_judged_before_it_is_parsed),
        cmocka_unit_test(what_was_cut_is_called_cut),
        cmocka_unit_test(short_signatures_are_called_cut),
        cmocka_unit_test(size_is_looked_at_first),
        cmocka_unit_test(the_error_queue_is_left_alone),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
