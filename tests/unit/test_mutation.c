/*
 * No token but the one that was signed: every bit of a good token flipped, every byte replaced,
 * removed, doubled or swapped with its neighbour, every algorithm against every other and against
 * every key, and the old tricks with public keys as secrets. None may be accepted.
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
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "judge.h"
#include "mint.h"

static const char *const algs[] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                   "PS512", "ES256", "ES384", "ES512", "EdDSA"};
static const char *const kinds[] = {"RSA", "P-256", "P-384", "P-521", "Ed25519"};

enum { ALGS = sizeof(algs) / sizeof(algs[0]), KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Two keys of each kind, made once. */
struct keys {
    EVP_PKEY *first[KINDS];
    EVP_PKEY *second[KINDS];
};

static int make_keys(void **state)
{
    struct keys *keys = calloc(1, sizeof(*keys));
    size_t i;

    assert_non_null(keys);
    for (i = 0; i < KINDS; i++) {
        keys->first[i] = mint_key(kinds[i]);
        keys->second[i] = mint_key(kinds[i]);
    }
    *state = keys;
    return 0;
}

static int free_keys(void **state)
{
    struct keys *keys = *state;
    size_t i;

    for (i = 0; i < KINDS; i++) {
        EVP_PKEY_free(keys->first[i]);
        EVP_PKEY_free(keys->second[i]);
    }
    free(keys);
    return 0;
}

static size_t kind_index(const char *alg)
{
    size_t i;

    for (i = 0; i < KINDS; i++) {
        if (strcmp(mint_kind(alg), kinds[i]) == 0) {
            return i;
        }
    }
    fail();
    return 0;
}

static EVP_PKEY *first_for(const struct keys *keys, const char *alg)
{
    return keys->first[kind_index(alg)];
}

static char *header_of(const char *alg)
{
    return mint_text("{\"alg\":\"%s\",\"kid\":\"k\",\"typ\":\"JWT\"}", alg);
}

static char *good_token(EVP_PKEY *key, const char *alg)
{
    char *header = header_of(alg);
    char *token = mint_token(key, alg, header, JUDGE_PAYLOAD);

    free(header);
    return token;
}

static struct jwks *parse_set(const char *text)
{
    struct jwks *set = NULL;

    assert_int_equal(jwks_parse(bytes_of(text), &set), REASON_ACCEPTED);
    return set;
}

/* A set of this one key, named k, with or without its alg. */
static struct jwks *set_of(EVP_PKEY *key, const char *alg)
{
    char *jwk = mint_jwk(key, "k", alg, NULL);
    char *text = mint_jwks(jwk, NULL);
    struct jwks *set = parse_set(text);

    free(jwk);
    free(text);
    return set;
}

struct target {
    struct token_policy policy;
    struct jwks *jwks;
    const char *alg;
};

static void must_refuse(const struct target *target, const void *text, size_t len, const char *what,
                        size_t at)
{
    if (judge(&target->policy, target->jwks, (struct bytes){text, len}, JUDGE_NOW, NULL, NULL) ==
        REASON_ACCEPTED) {
        fail_msg("%s: accepted although %s at %zu: %.*s", target->alg, what, at, (int)len,
                 (const char *)text);
    }
}

static void flip_all(const struct target *target, const char *token)
{
    size_t len = strlen(token), at;
    char *copy = mint_text("%s", token);
    int bit;

    for (at = 0; at < len; at++) {
        for (bit = 0; bit < 8; bit++) {
            copy[at] = (char)(token[at] ^ 1 << bit);
            must_refuse(target, copy, len, "a bit was flipped", at);
        }
        copy[at] = token[at];
    }
    free(copy);
}

/* Other changes of one place: base64url has one spelling only, so all of them are changes. */
static void edit_all(const struct target *target, const char *token)
{
    static const char others[] = {'\0', ' ', '=', '+', '/',  '.',
                                  '-',  '_', 'A', '9', '\n', (char)0xff};
    size_t len = strlen(token), at, i;
    char *copy = malloc(len + 2);

    assert_non_null(copy);
    for (at = 0; at < len; at++) {
        memcpy(copy, token, at);
        memcpy(copy + at, token + at + 1, len - at);
        must_refuse(target, copy, len - 1, "a byte was removed", at);
        copy[at] = token[at];
        memcpy(copy + at + 1, token + at, len - at);
        must_refuse(target, copy, len + 1, "a byte was doubled", at);
        for (i = 0; i < sizeof(others); i++) {
            copy[at] = others[i];
            must_refuse(target, copy, len + 1, "a byte was put in", at);
            copy[at + 1] = token[at]; /* restored by the next memcpy */
        }
        memcpy(copy, token, len);
        for (i = 0; i < sizeof(others); i++) {
            copy[at] = others[i];
            if (others[i] != token[at]) {
                must_refuse(target, copy, len, "a byte was replaced", at);
            }
        }
        memcpy(copy, token, len);
        if (at + 1 < len && token[at] != token[at + 1]) {
            copy[at] = token[at + 1];
            copy[at + 1] = token[at];
            must_refuse(target, copy, len, "two bytes were swapped", at);
        }
    }
    free(copy);
}

static void cut_all(const struct target *target, const char *token)
{
    size_t len = strlen(token), at;

    for (at = 0; at < len; at++) {
        must_refuse(target, token, at, "it was cut", at);
        must_refuse(target, token + at + 1, len - at - 1, "its beginning was cut", at);
    }
}

static void no_changed_token_is_accepted(void **state)
{
    static const char *const some[] = {"RS256", "PS256", "ES256", "ES512", "EdDSA"};
    const struct keys *keys = *state;
    size_t i;

    for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        EVP_PKEY *key = first_for(keys, some[i]);
        struct target target = {judge_policy(), set_of(key, NULL), some[i]};
        char *token = good_token(key, some[i]);

        assert_int_equal(judge(&target.policy, target.jwks, bytes_of(token), JUDGE_NOW, NULL, NULL),
                         REASON_ACCEPTED);
        flip_all(&target, token);
        edit_all(&target, token);
        cut_all(&target, token);
        free(token);
        jwks_free(&target.jwks);
    }
}

/* Signed as one algorithm, called another, under every policy: what counts is that all three agree.
 */
static void only_equal_algorithms_are_accepted(void **state)
{
    const struct keys *keys = *state;
    size_t signer, named, allowed, pinned;

    for (signer = 0; signer < ALGS; signer++) {
        EVP_PKEY *key = first_for(keys, algs[signer]);

        for (named = 0; named < ALGS; named++) {
            char *header = header_of(algs[named]);
            char *token = mint_token(key, algs[signer], header, JUDGE_PAYLOAD);

            for (pinned = 0; pinned <= ALGS; pinned++) {
                struct jwks *set = set_of(key, pinned == ALGS ? NULL : algs[pinned]);

                for (allowed = 0; allowed < ALGS; allowed++) {
                    struct token_policy policy = judge_policy();
                    bool same =
                        signer == named && named == allowed && (pinned == ALGS || pinned == named);
                    enum reason r;

                    policy.algorithms = alg_bit(alg_find(bytes_of(algs[allowed])));
                    r = judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL);
                    if ((r == REASON_ACCEPTED) != same) {
                        fail_msg("signed as %s, named %s, allowed %s, key for %s: %s", algs[signer],
                                 algs[named], algs[allowed], pinned == ALGS ? "any" : algs[pinned],
                                 reason_name(r));
                    }
                    if (named != allowed && r != REASON_TRUNCATED) {
                        assert_int_equal(r, REASON_UNSUPPORTED_ALG);
                    }
                }
                jwks_free(&set);
            }
            free(header);
            free(token);
        }
    }
}

/* Each algorithm against a set that holds each kind of key under the token's kid. */
static void only_the_algorithms_key_type_is_used(void **state)
{
    const struct keys *keys = *state;
    struct token_policy policy = judge_policy();
    size_t alg, kind;

    for (alg = 0; alg < ALGS; alg++) {
        char *token = good_token(first_for(keys, algs[alg]), algs[alg]);

        for (kind = 0; kind < KINDS; kind++) {
            bool fits = kind == kind_index(algs[alg]);
            struct jwks *first = set_of(keys->first[kind], NULL);
            struct jwks *second = set_of(keys->second[kind], NULL);

            assert_int_equal(judge(&policy, first, bytes_of(token), JUDGE_NOW, NULL, NULL),
                             fits ? REASON_ACCEPTED : REASON_BAD_KEY);
            assert_int_equal(judge(&policy, second, bytes_of(token), JUDGE_NOW, NULL, NULL),
                             fits ? REASON_BAD_SIGNATURE : REASON_BAD_KEY);
            jwks_free(&first);
            jwks_free(&second);
        }
        free(token);
    }
}

/* All keys in one set under one kid: the one of the right type is found, whatever stands around it.
 */
static void the_right_key_is_found_among_all(void **state)
{
    const struct keys *keys = *state;
    char *all = mint_text("%s", "");
    struct token_policy policy = judge_policy();
    struct jwks *set;
    char *text;
    size_t i;

    for (i = 0; i < KINDS; i++) {
        char *jwk = mint_jwk(keys->first[i], "k", NULL, NULL);
        char *more = mint_text("%s%s%s", all, i == 0 ? "" : ",", jwk);

        free(jwk);
        free(all);
        all = more;
    }
    text = mint_jwks(all, NULL);
    set = parse_set(text);
    for (i = 0; i < ALGS; i++) {
        char *token = good_token(first_for(keys, algs[i]), algs[i]);

        assert_int_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                         REASON_ACCEPTED);
        free(token);
    }
    jwks_free(&set);
    free(all);
    free(text);
}

static void unknown_algorithms_are_never_accepted(void **state)
{
    static const char *const names[] = {
        "none",   "None",   "NONE",         "nOnE",    "",        "HS256",        "HS384",
        "HS512",  "RS1",    "rs256",        "RS256 ",  " RS256",  "RS2560",       "RS25",
        "RS",     "ES256K", "ES521",        "Ed25519", "Ed448",   "EDDSA",        "eddsa",
        "PS1",    "SHA256", "RSA-OAEP-256", "A128KW",  "dir",     "RS256\\u0020", "RS256,",
        "RS256;", "*",      "unknown",      "RS512/",  "ECDH-ES", "ML-DSA-44"};
    const struct keys *keys = *state;
    struct token_policy policy = judge_policy();
    struct jwks *set = set_of(keys->first[0], NULL);
    size_t i;

    policy.algorithms = ~0U;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *header = header_of(names[i]);
        char *signed_by_rsa = mint_token(keys->first[0], "RS256", header, JUDGE_PAYLOAD);
        char *unsigned_token = mint_compact(header, JUDGE_PAYLOAD, "", 0);

        assert_int_equal(judge(&policy, set, bytes_of(signed_by_rsa), JUDGE_NOW, NULL, NULL),
                         REASON_UNSUPPORTED_ALG);
        assert_int_equal(judge(&policy, set, bytes_of(unsigned_token), JUDGE_NOW, NULL, NULL),
                         REASON_UNSUPPORTED_ALG);
        free(header);
        free(signed_by_rsa);
        free(unsigned_token);
    }
    jwks_free(&set);
}

static void the_name_of_an_algorithm_may_be_escaped(void **state)
{
    const struct keys *keys = *state;
    struct jwks *set = set_of(keys->first[0], "RS256");
    struct token_policy policy = judge_policy();
    char *token = mint_token(keys->first[0], "RS256",
                             "{\"\\u0061lg\":\"\\u0052S256\",\"kid\":\"\\u006b\"}", JUDGE_PAYLOAD);

    policy.algorithms = alg_bit(ALG_RS256);
    assert_int_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL), REASON_ACCEPTED);
    free(token);
    jwks_free(&set);
}

static void alg_of_another_type_is_malformed(void **state)
{
    static const char *const headers[] = {"{}",
                                          "[]",
                                          "{\"alg\":null}",
                                          "{\"alg\":[\"RS256\"]}",
                                          "{\"alg\":{\"RS256\":1}}",
                                          "{\"alg\":true}",
                                          "{\"alg\":256}",
                                          "{\"Alg\":\"RS256\"}",
                                          "{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
                                          "{\"alg\":\"none\",\"alg\":\"RS256\"}",
                                          "{\"alg\":\"RS256\",\"al\\u0067\":\"none\"}",
                                          "{\"alg\":\"RS256\\u0000\"}",
                                          "{\"alg\\u0000\":\"RS256\"}",
                                          "[\"alg\",\"RS256\"]",
                                          "{\"alg\":\"RS256\"}x",
                                          "{\"alg\":\"RS256\"",
                                          "\"RS256\"",
                                          "null",
                                          "{\"alg\":\"RS256\",\"kid\":1}",
                                          "{\"alg\":\"RS256\",\"kid\":null}",
                                          "{\"alg\":\"RS256\",\"kid\":[\"k\"]}",
                                          "{\"alg\":\"RS256\",\"typ\":1}",
                                          "{\"alg\":\"RS256\",\"typ\":null}",
                                          "{\"alg\":\"RS256\",\"b64\":false}",
                                          "{\"alg\":\"RS256\",\"b64\":null}",
                                          "{\"alg\":\"RS256\",\"b64\":\"true\"}",
                                          "{\"alg\":\"RS256\",\"b64\":1}"};
    const struct keys *keys = *state;
    struct jwks *set = set_of(keys->first[0], NULL);
    struct token_policy policy = judge_policy();
    size_t i;

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        char *token = mint_token(keys->first[0], "RS256", headers[i], JUDGE_PAYLOAD);

        if (judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL) != REASON_MALFORMED) {
            fail_msg("not malformed: %s", headers[i]);
        }
        free(token);
    }
    jwks_free(&set);
}

/* The forms in which somebody may take a published key for a shared secret. */
static size_t secrets_of(EVP_PKEY *key, char **secrets, size_t *lengths)
{
    char *jwk = mint_jwk(key, "k", NULL, NULL);
    uint8_t *der = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    size_t count = 0;
    char *pem = NULL;
    long pem_len;
    int der_len = i2d_PUBKEY(key, &der);

    assert_non_null(bio);
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    pem_len = BIO_get_mem_data(bio, &pem);
    assert_true(der_len > 0 && pem_len > 0);
    secrets[count] = mint_text("%.*s", (int)pem_len, pem);
    lengths[count++] = (size_t)pem_len;
    secrets[count] = mint_text("%.*s", (int)pem_len - 1, pem); /* without the last line end */
    lengths[count++] = (size_t)pem_len - 1;
    secrets[count] = malloc((size_t)der_len);
    assert_non_null(secrets[count]);
    memcpy(secrets[count], der, (size_t)der_len);
    lengths[count++] = (size_t)der_len;
    secrets[count] = jwk;
    lengths[count++] = strlen(jwk);
    secrets[count] = mint_base64url(der, (size_t)der_len);
    lengths[count] = strlen(secrets[count]);
    count++;
    secrets[count] = mint_text("%s", "k");
    lengths[count++] = 1;
    secrets[count] = mint_text("%s", "AQAB");
    lengths[count++] = 4;
    OPENSSL_free(der);
    BIO_free(bio);
    return count;
}

static void a_public_key_is_no_secret(void **state)
{
    static const char *const macs[][2] = {
        {"HS256", "SHA256"}, {"HS384", "SHA384"}, {"HS512", "SHA512"}};
    const struct keys *keys = *state;
    size_t kind, mac, i, count;
    char *secrets[8];
    size_t lengths[8];

    for (kind = 0; kind < KINDS; kind++) {
        struct token_policy policy = judge_policy();
        struct jwks *set = set_of(keys->first[kind], NULL);

        policy.algorithms = ~0U;
        count = secrets_of(keys->first[kind], secrets, lengths);
        for (i = 0; i < count; i++) {
            for (mac = 0; mac < 3; mac++) {
                char *honest = header_of(macs[mac][0]);
                char *lying = header_of("RS256");
                char *a = mint_hmac(macs[mac][1], secrets[i], lengths[i], honest, JUDGE_PAYLOAD);
                char *b = mint_hmac(macs[mac][1], secrets[i], lengths[i], lying, JUDGE_PAYLOAD);

                assert_int_equal(judge(&policy, set, bytes_of(a), JUDGE_NOW, NULL, NULL),
                                 REASON_UNSUPPORTED_ALG);
                assert_int_not_equal(judge(&policy, set, bytes_of(b), JUDGE_NOW, NULL, NULL),
                                     REASON_ACCEPTED);
                free(honest);
                free(lying);
                free(a);
                free(b);
            }
            free(secrets[i]);
        }
        jwks_free(&set);
    }
}

/* A shared secret in the set, whatever it calls itself, is no key. */
static void a_shared_secret_in_the_set_is_no_key(void **state)
{
    static const char *const algs_of_secret[] = {"", ",\"alg\":\"HS256\"", ",\"alg\":\"RS256\""};
    size_t i, j;
    static const char *const named[] = {"HS256", "RS256", "EdDSA"};

    (void)state;
    for (i = 0; i < 3; i++) {
        for (j = 0; j < 3; j++) {
            char *jwks =
                mint_text("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"c2VjcmV0\"%s}]}",
                          algs_of_secret[i]);
            char *header = header_of(named[j]);
            char *token = mint_hmac("SHA256", "secret", 6, header, JUDGE_PAYLOAD);

            assert_int_not_equal(judge_text(token, jwks), REASON_ACCEPTED);
            free(jwks);
            free(header);
            free(token);
        }
    }
}

/* Signatures that some libraries take: none, zeros, r and s of zero or of the order, other lengths.
 */
static void made_up_signatures_are_refused(void **state)
{
    const struct keys *keys = *state;
    struct token_policy policy = judge_policy();
    uint8_t raw[520];
    size_t i, len, fill;

    for (i = 0; i < ALGS; i++) {
        struct jwks *set = set_of(first_for(keys, algs[i]), NULL);
        char *header = header_of(algs[i]);

        for (len = 0; len <= sizeof(raw); len += len < 260 ? 1 : 13) {
            for (fill = 0; fill < 3; fill++) {
                char *token;

                memset(raw, fill == 0 ? 0 : fill == 1 ? 0xff : 0x01, sizeof(raw));
                token = mint_compact(header, JUDGE_PAYLOAD, raw, len);
                assert_int_not_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                                     REASON_ACCEPTED);
                free(token);
            }
        }
        free(header);
        jwks_free(&set);
    }
}

/* The good signature with zeros before it, behind it, halves stretched, halves swapped, as DER. */
static void other_shapes_of_a_good_signature_are_refused(void **state)
{
    const struct keys *keys = *state;
    struct token_policy policy = judge_policy();
    size_t i, shape;

    for (i = 0; i < ALGS; i++) {
        EVP_PKEY *key = first_for(keys, algs[i]);
        struct jwks *set = set_of(key, NULL);
        char *header = header_of(algs[i]);
        char *good = mint_token(key, algs[i], header, JUDGE_PAYLOAD);
        char *end = strrchr(good, '.');
        size_t len;
        uint8_t *sig = mint_signature(key, algs[i], good, (size_t)(end - good), &len);
        uint8_t *changed = malloc(len + 8);

        assert_non_null(changed);
        for (shape = 0; shape < 6; shape++) {
            size_t size = len;
            char *token;

            memset(changed, 0, len + 8);
            memcpy(changed, sig, len);
            switch (shape) {
            case 0: /* a zero before it */
                memmove(changed + 1, sig, len);
                changed[0] = 0;
                size = len + 1;
                break;
            case 1: /* a zero behind it */
                size = len + 1;
                break;
            case 2: /* the last byte cut */
                size = len - 1;
                break;
            case 3: /* both halves with a zero before them */
                changed[0] = 0;
                memcpy(changed + 1, sig, len / 2);
                changed[1 + len / 2] = 0;
                memcpy(changed + 2 + len / 2, sig + len / 2, len - len / 2);
                size = len + 2;
                break;
            case 4: /* halves swapped */
                memcpy(changed, sig + len / 2, len - len / 2);
                memcpy(changed + len - len / 2, sig, len / 2);
                break;
            default: /* twice */
                size = len + 8;
                memcpy(changed + len, sig, 8);
                break;
            }
            token = mint_compact(header, JUDGE_PAYLOAD, changed, size);
            assert_int_not_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                                 REASON_ACCEPTED);
            free(token);
        }
        assert_int_equal(judge(&policy, set, bytes_of(good), JUDGE_NOW, NULL, NULL),
                         REASON_ACCEPTED);
        free(good);
        free(sig);
        free(changed);
        free(header);
        jwks_free(&set);
    }
}

/* PSS with a salt of another length than the digest, and PKCS #1 with the digest of another
 * algorithm, differ from what the name says. */
static void the_signatures_inner_parameters_count(void **state)
{
    static const char *const families[] = {"RS", "PS"};
    const struct keys *keys = *state;
    struct jwks *set = set_of(keys->first[0], NULL);
    struct token_policy policy = judge_policy();
    size_t f, a, b;

    for (f = 0; f < 2; f++) {
        for (a = 256; a <= 512; a += 128) {
            for (b = 256; b <= 512; b += 128) {
                char *named = mint_text("%s%zu", families[f], a);
                char *used = mint_text("%s%zu", families[f], b);
                char *header = header_of(named);
                char *token = mint_token(keys->first[0], used, header, JUDGE_PAYLOAD);

                assert_int_equal(judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL),
                                 a == b ? REASON_ACCEPTED : REASON_BAD_SIGNATURE);
                free(named);
                free(used);
                free(header);
                free(token);
            }
        }
    }
    jwks_free(&set);
}

/* One process verifies for two tenants in turn: no key may stay behind from the token before. */
static void no_key_stays_behind(void **state)
{
    const struct keys *keys = *state;
    struct token_policy policy = judge_policy();
    size_t i, round;

    for (i = 0; i < KINDS; i++) {
        static const char *const alg_of_kind[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
        struct jwks *one = set_of(keys->first[i], NULL);
        struct jwks *two = set_of(keys->second[i], NULL);
        char *token = good_token(keys->first[i], alg_of_kind[i]);

        for (round = 0; round < 3; round++) {
            assert_int_equal(judge(&policy, one, bytes_of(token), JUDGE_NOW, NULL, NULL),
                             REASON_ACCEPTED);
            assert_int_equal(judge(&policy, two, bytes_of(token), JUDGE_NOW, NULL, NULL),
                             REASON_BAD_SIGNATURE);
        }
        free(token);
        jwks_free(&one);
        jwks_free(&two);
    }
}

/* Parts of two good tokens of one key do not make a third. */
static void parts_do_not_mix(void **state)
{
    const struct keys *keys = *state;
    struct token_policy policy = judge_policy();
    size_t i, choice;

    for (i = 0; i < ALGS; i++) {
        EVP_PKEY *key = first_for(keys, algs[i]);
        struct jwks *set = set_of(key, NULL);
        char *header[2] = {header_of(algs[i]),
                           mint_text("{\"alg\":\"%s\",\"kid\":\"k\"}", algs[i])};
        static const char *const payload[2] = {JUDGE_PAYLOAD,
                                               "{\"iss\":\"" JUDGE_ISSUER
                                               "\",\"sub\":\"auth0|2\",\"aud\":\"" JUDGE_AUDIENCE
                                               "\",\"exp\":1800000061,\"iat\":1799999941}"};
        char *token[2] = {mint_token(key, algs[i], header[0], payload[0]),
                          mint_token(key, algs[i], header[1], payload[1])};

        for (choice = 0; choice < 8; choice++) {
            char *a = mint_base64url(header[choice & 1], strlen(header[choice & 1]));
            const char *p = payload[choice >> 1 & 1];
            char *b = mint_base64url(p, strlen(p));
            char *mixed = mint_text("%s.%s.%s", a, b, strrchr(token[choice >> 2], '.') + 1);
            bool whole = choice == 0 || choice == 7;

            assert_int_equal(judge(&policy, set, bytes_of(mixed), JUDGE_NOW, NULL, NULL),
                             whole ? REASON_ACCEPTED : REASON_BAD_SIGNATURE);
            free(a);
            free(b);
            free(mixed);
        }
        free(header[0]);
        free(header[1]);
        free(token[0]);
        free(token[1]);
        jwks_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_changed_token_is_accepted),
        cmocka_unit_test(only_equal_algorithms_are_accepted),
        cmocka_unit_test(only_the_algorithms_key_type_is_used),
        cmocka_unit_test(the_right_key_is_found_among_all),
        cmocka_unit_test(unknown_algorithms_are_never_accepted),
        cmocka_unit_test(the_name_of_an_algorithm_may_be_escaped),
        cmocka_unit_test(alg_of_another_type_is_malformed),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(a_shared_secret_in_the_set_is_no_key),
        cmocka_unit_test(made_up_signatures_are_refused),
        cmocka_unit_test(other_shapes_of_a_good_signature_are_refused),
        cmocka_unit_test(the_signatures_inner_parameters_count),
        cmocka_unit_test(no_key_stays_behind),
        cmocka_unit_test(parts_do_not_mix),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
