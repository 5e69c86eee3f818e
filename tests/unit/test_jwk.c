/*
 * Which key of a set is used, and which cannot be.
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

#include <openssl/evp.h>

#include "es256.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

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
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    char longest[130];
    char *header;
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        header = mint_text("{\"alg\":\"ES256\",\"kid\":\"%s\"}", rows[i].kid);
        es256_expect(&policy, fixture->jwks, fixture->key, header, JUDGE_PAYLOAD, rows[i].reason);
        free(header);
    }
    memset(longest, 'k', sizeof(longest));
    header = mint_text("{\"alg\":\"ES256\",\"kid\":\"%.128s\"}", longest);
    es256_expect(&policy, fixture->jwks, fixture->key, header, JUDGE_PAYLOAD, REASON_KEY_NOT_FOUND);
    free(header);
    header = mint_text("{\"alg\":\"ES256\",\"kid\":\"%.129s\"}", longest);
    es256_expect(&policy, fixture->jwks, fixture->key, header, JUDGE_PAYLOAD, REASON_MALFORMED);
    free(header);
}

/* Key sets for a token with and without kid; `key` is the right key in all of them. */
static void one_key_must_be_left(void **state)
{
    const struct es256 *fixture = *state;
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

        es256_expect(&policy, jwks, fixture->key, named, JUDGE_PAYLOAD, rows[i].named);
        es256_expect(&policy, jwks, fixture->key, unnamed, JUDGE_PAYLOAD, rows[i].unnamed);
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
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    size_t i;

    for (i = 0; i < LENGTH(rows); i++) {
        char *jwk = mint_jwk(fixture->key, "k", NULL, rows[i].more);
        char *jwks = mint_jwks(jwk, NULL);

        es256_expect(&policy, jwks, fixture->key, ES256_HEADER, JUDGE_PAYLOAD,
                     rows[i].good ? REASON_ACCEPTED : REASON_BAD_KEY);
        free(jwk);
        free(jwks);
    }
}

/* An RSA entry from the octets of n and e. */
static char *rsa_jwks(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
    char *a = mint_base64url(n, n_len), *b = mint_base64url(e, e_len);
    char *text =
        mint_text("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"%s\",\"e\":\"%s\"}]}", a, b);

    free(a);
    free(b);
    return text;
}

/* Why the only entry of the set cannot be used, or NULL; *bits is its size. */
static const char *unusable(const char *text, int *bits)
{
    struct jwks *jwks = NULL;
    struct jwk_info info;

    assert_int_equal(jwks_parse(bytes_of(text), &jwks), REASON_ACCEPTED);
    assert_int_equal(jwks_count(jwks), 1);
    jwks_describe(jwks, 0, &info);
    assert_true((info.unusable == NULL) == (info.bits > 0));
    *bits = info.bits;
    jwks_free(&jwks);
    return info.unusable;
}

static void rsa_numbers_have_limits(void **state)
{
    static const struct {
        size_t bits;
        uint8_t lowest; /* octet of n */
        uint8_t e[34];
        size_t e_len;
        size_t zeros; /* before n */
        bool good;
    } rows[] = {
        {2048, 1, {1, 0, 1}, 3, 0, true},
        {2047, 1, {1, 0, 1}, 3, 0, false},
        {2049, 1, {1, 0, 1}, 3, 0, true},
        {1024, 1, {1, 0, 1}, 3, 128, false}, /* zeros do not make it longer */
        {8192, 1, {1, 0, 1}, 3, 0, true},
        {8193, 1, {1, 0, 1}, 3, 0, false},
        {16384, 1, {1, 0, 1}, 3, 0, false},
        {2048, 2, {1, 0, 1}, 3, 0, false}, /* even */
        {2048, 1, {1, 0, 1}, 3, 1, true},
        {2048, 1, {0, 1, 0, 1}, 4, 0, true},
        {2048, 1, {1}, 1, 0, false},
        {2048, 1, {3}, 1, 0, false},
        {2048, 1, {17}, 1, 0, false},
        {2048, 1, {0xff, 0xff}, 2, 0, false},
        {2048, 1, {1, 0, 0}, 3, 0, false}, /* 65536 */
        {2048, 1, {1, 0, 2}, 3, 0, false},
        {2048, 1, {1, 0, 3}, 3, 0, true},
        {2048, 1, {0}, 1, 0, false},
        {2048, 1, {0}, 0, 0, false},
        {2048, 1, {0x80, [31] = 1}, 32, 0, true}, /* 256 bits */
        {2048, 1, {1, [32] = 1}, 33, 0, false},   /* 257 bits */
        {2048, 1, {0, 0x80, [32] = 1}, 33, 0, true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        size_t len = (rows[i].bits + 7) / 8, all = len + rows[i].zeros;
        uint8_t *n = calloc(all, 1);
        const char *why;
        char *text;
        int bits;

        assert_non_null(n);
        memset(n + rows[i].zeros, 0x5a, len);
        n[rows[i].zeros] = (uint8_t)(1 << (rows[i].bits - 1) % 8);
        n[all - 1] = rows[i].lowest;
        text = rsa_jwks(n, all, rows[i].e, rows[i].e_len);
        why = unusable(text, &bits);
        if ((why == NULL) != rows[i].good || (rows[i].good && bits != (int)rows[i].bits)) {
            fail_msg("row %zu: %s, %d bits", i, why == NULL ? "usable" : why, bits);
        }
        free(text);
        free(n);
    }
}

static void numbers_are_canonical_text(void **state)
{
    EVP_PKEY *key = mint_key("RSA");
    char *jwk = mint_jwk(key, "k", NULL, NULL);
    char *n = strndup(strstr(jwk, "\"n\":\"") + 5, 342);
    static const char *const forms[] = {
        "{\"kty\":\"RSA\",\"n\":\"%s=\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"%s==\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"%s\\n\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\" %s\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAC\"}",
        "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQA\"}",
        "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":65537}",
        "{\"kty\":\"RSA\",\"n\":[\"%s\"],\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":\"%s\"}",
        "{\"kty\":\"RSA\",\"N\":\"%s\",\"e\":\"AQAB\"}",
        "{\"kty\":\"rsa\",\"n\":\"%s\",\"e\":\"AQAB\"}",
        "{\"kty\":[\"RSA\"],\"n\":\"%s\",\"e\":\"AQAB\"}",
        "{\"n\":\"%s\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"n\":\"%s\",\"e\":\"AQAB\"}",
    };
    size_t i;
    int bits;

    (void)state;
    assert_non_null(n);
    for (i = 0; i < LENGTH(forms); i++) {
        const char *end = strstr(forms[i], "%s");
        char *entry = mint_text("%.*s%s%s", (int)(end - forms[i]), forms[i], n, end + 2);
        char *text = mint_jwks(entry, NULL);

        if (unusable(text, &bits) == NULL) {
            fail_msg("usable: %s", forms[i]);
        }
        free(entry);
        free(text);
    }
    {
        char *text = mint_jwks(jwk, NULL);

        assert_null(unusable(text, &bits));
        assert_int_equal(bits, 2048);
        free(text);
    }
    EVP_PKEY_free(key);
    free(jwk);
    free(n);
}

/* Off the curve, at infinity, of another curve, too short, too long, beyond the field. */
static void points_are_checked(void **state)
{
    static const char *const good_x = "zFJkCsMJp7uJMqJRCKRPFmalHvEkdqmLGF5lwRpaV4w";
    static const char *const good_y = "LI2YATlpFyYI9VNv40ZnKLnZfgKqEpCYXJLGFGZH68M";
    static const char *const zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    static const char *const ones =
        "_____________________________________wAAAAA"; /* not below the prime's size */
    const struct {
        const char *kty, *crv, *x, *y;
        bool good;
    } rows[] = {
        {"EC", "P-256", good_x, good_y, true},
        {"EC", "P-256", good_y, good_x, false},
        {"EC", "P-256", good_x, good_x, false},
        {"EC", "P-256", zeros, zeros, false},
        {"EC", "P-256", good_x, zeros, false},
        {"EC", "P-256", ones, good_y, false},
        {"EC", "P-256", "", "", false},
        {"EC", "P-256", good_x, "", false},
        {"EC", "P-256", "AMxSZArDCae7iTKiUQikTxZmpR7xJHapixheZcEaWleM", good_y,
         false}, /* a zero before it */
        {"EC", "P-384", good_x, good_y, false},
        {"EC", "P-521", good_x, good_y, false},
        {"EC", "secp256k1", good_x, good_y, false},
        {"EC", "p-256", good_x, good_y, false},
        {"EC", "prime256v1", good_x, good_y, false},
        {"EC", "Ed25519", good_x, good_y, false},
        {"OKP", "P-256", good_x, good_y, false},
        {"OKP", "Ed25519", good_x, good_y, true},
        {"OKP", "Ed448", good_x, good_y, false},
        {"OKP", "X25519", good_x, good_y, false},
        {"OKP", "Ed25519", "AAAA", good_y, false},
        {"OKP", "Ed25519", "", good_y, false},
        {"OKP", "Ed25519", "AMxSZArDCae7iTKiUQikTxZmpR7xJHapixheZcEaWleM", good_y, false},
        {"oct", "P-256", good_x, good_y, false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        char *text =
            mint_text("{\"keys\":[{\"kty\":\"%s\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}]}",
                      rows[i].kty, rows[i].crv, rows[i].x, rows[i].y);
        int bits;
        const char *why = unusable(text, &bits);

        if ((why == NULL) != rows[i].good) {
            fail_msg("row %zu: %s", i, why == NULL ? "usable" : why);
        }
        free(text);
    }
}

static void what_is_no_key_set_is_none(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"{\"keys\":[]}", true},
        {"{\"keys\":[1,null,\"x\",[],{}]}", true},
        {"{\"keys\":[],\"more\":{\"keys\":1}}", true},
        {"", false},
        {"[]", false},
        {"{}", false},
        {"null", false},
        {"{\"keys\":{}}", false},
        {"{\"keys\":null}", false},
        {"{\"keys\":\"[]\"}", false},
        {"{\"Keys\":[]}", false},
        {"{\"keys\":[],\"keys\":[]}", false},
        {"{\"keys\":[{\"kid\":\"a\",\"kid\":\"b\"}]}", false},
        {"{\"keys\":[]}x", false},
        {"{\"keys\":[", false},
        {"<html><body>Bad gateway</body></html>", false},
        {"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", false},
    };
    struct jwks *jwks;
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(rows); i++) {
        enum reason r = jwks_parse(bytes_of(rows[i].text), &jwks);

        if (r != (rows[i].good ? REASON_ACCEPTED : REASON_KEYS_UNAVAILABLE) ||
            (jwks != NULL) != rows[i].good) {
            fail_msg("%s: %s", rows[i].text, reason_name(r));
        }
        jwks_free(&jwks);
    }
    for (i = JWKS_MAX_SIZE; i <= JWKS_MAX_SIZE + 1; i++) {
        char *text = mint_text("{\"keys\":[]%*s}", (int)i - 11, "");

        assert_int_equal(strlen(text), i);
        assert_int_equal(jwks_parse(bytes_of(text), &jwks),
                         i <= JWKS_MAX_SIZE ? REASON_ACCEPTED : REASON_KEYS_UNAVAILABLE);
        jwks_free(&jwks);
        free(text);
    }
}

/* What is written for the cache reads as the same key, holds no more than its public members, and
 * an unusable entry stays unusable. */
static void written_entries_verify_the_same(void **state)
{
    const struct es256 *fixture = *state;
    struct token_policy policy = judge_policy();
    static const char *const more[] = {
        "", ",\"use\":\"sig\",\"x5c\":[\"AAAA\"],\"key_ops\":[\"verify\"],\"foo\":1",
        ",\"use\":\"enc\"", ",\"d\":\"c2VjcmV0\""};
    size_t i;

    for (i = 0; i < LENGTH(more); i++) {
        char *jwk = mint_jwk(fixture->key, "k", i == 1 ? "ES256" : NULL, more[i]);
        char *before = mint_jwks(jwk, NULL);
        struct jwks *jwks = NULL;
        char *entry = NULL, *after;
        size_t size = 0;
        FILE *out = open_memstream(&entry, &size);

        assert_non_null(out);
        assert_int_equal(jwks_parse(bytes_of(before), &jwks), REASON_ACCEPTED);
        jwks_write_entry(out, jwks, 0);
        assert_int_equal(fclose(out), 0);
        after = mint_jwks(entry, NULL);
        assert_null(strstr(entry, "x5c"));
        assert_null(strstr(entry, "c2VjcmV0"));
        assert_null(strstr(entry, "foo"));
        assert_int_equal(strstr(entry, "\"unusable\"") != NULL, i >= 2);
        es256_expect(&policy, after, fixture->key, ES256_HEADER, JUDGE_PAYLOAD,
                     i < 2 ? REASON_ACCEPTED : REASON_BAD_KEY);
        es256_expect(&policy, after, fixture->other, ES256_HEADER, JUDGE_PAYLOAD,
                     i < 2 ? REASON_BAD_SIGNATURE : REASON_BAD_KEY);
        jwks_free(&jwks);
        free(jwk);
        free(before);
        free(entry);
        free(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kids_are_compared_whole),
        cmocka_unit_test(one_key_must_be_left),
        cmocka_unit_test(a_key_must_be_meant_for_this),
        cmocka_unit_test(rsa_numbers_have_limits),
        cmocka_unit_test(numbers_are_canonical_text),
        cmocka_unit_test(points_are_checked),
        cmocka_unit_test(what_is_no_key_set_is_none),
        cmocka_unit_test(written_entries_verify_the_same),
    };

    return cmocka_run_group_tests(tests, es256_make, es256_free);
}
