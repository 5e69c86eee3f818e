/*
 * Algorithms: signed as one, called another, allowed another, with a key for another, every
 * combination; algorithms that nobody may use; public keys taken for shared secrets. Accepted is
 * only what agrees in all places.
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
#include "keyring.h"
#include "mint.h"

/* Signed as one algorithm, called another, under every policy: what counts is that all three agree.
 */
static void only_equal_algorithms_are_accepted(void **state)
{
    const struct keyring *keys = *state;
    size_t signer, named, allowed, pinned;

    for (signer = 0; signer < KEYRING_ALGS; signer++) {
        EVP_PKEY *key = keyring_key(keys, keyring_algs[signer]);

        for (named = 0; named < KEYRING_ALGS; named++) {
            char *header = keyring_header(keyring_algs[named]);
            char *token = mint_token(key, keyring_algs[signer], header, JUDGE_PAYLOAD);

            for (pinned = 0; pinned <= KEYRING_ALGS; pinned++) {
                struct jwks *set =
                    keyring_set(key, pinned == KEYRING_ALGS ? NULL : keyring_algs[pinned]);

                for (allowed = 0; allowed < KEYRING_ALGS; allowed++) {
                    struct token_policy policy = judge_policy();
                    bool same = signer == named && named == allowed &&
                                (pinned == KEYRING_ALGS || pinned == named);
                    enum reason r;

                    policy.algorithms = alg_bit(alg_find(bytes_of(keyring_algs[allowed])));
                    r = judge(&policy, set, bytes_of(token), JUDGE_NOW, NULL, NULL);
                    if ((r == REASON_ACCEPTED) != same) {
                        fail_msg("signed as %s, named %s, allowed %s, key for %s: %s",
                                 keyring_algs[signer], keyring_algs[named], keyring_algs[allowed],
                                 pinned == KEYRING_ALGS ? "any" : keyring_algs[pinned],
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
    const struct keyring *keys = *state;
    struct token_policy policy = judge_policy();
    size_t alg, kind;

    for (alg = 0; alg < KEYRING_ALGS; alg++) {
        char *token = keyring_token(keyring_key(keys, keyring_algs[alg]), keyring_algs[alg]);

        for (kind = 0; kind < KEYRING_KINDS; kind++) {
            bool fits = kind == keyring_kind(keyring_algs[alg]);
            struct jwks *first = keyring_set(keys->first[kind], NULL);
            struct jwks *second = keyring_set(keys->second[kind], NULL);

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
    const struct keyring *keys = *state;
    char *all = mint_text("%s", "");
    struct token_policy policy = judge_policy();
    struct jwks *set;
    char *text;
    size_t i;

    for (i = 0; i < KEYRING_KINDS; i++) {
        char *jwk = mint_jwk(keys->first[i], "k", NULL, NULL);
        char *more = mint_text("%s%s%s", all, i == 0 ? "" : ",", jwk);

        free(jwk);
        free(all);
        all = more;
    }
    text = mint_jwks(all, NULL);
    set = keyring_parse(text);
    for (i = 0; i < KEYRING_ALGS; i++) {
        char *token = keyring_token(keyring_key(keys, keyring_algs[i]), keyring_algs[i]);

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
    const struct keyring *keys = *state;
    struct token_policy policy = judge_policy();
    struct jwks *set = keyring_set(keys->first[0], NULL);
    size_t i;

    policy.algorithms = ~0U;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *header = keyring_header(names[i]);
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
    const struct keyring *keys = *state;
    struct jwks *set = keyring_set(keys->first[0], "RS256");
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
    const struct keyring *keys = *state;
    struct jwks *set = keyring_set(keys->first[0], NULL);
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
    const struct keyring *keys = *state;
    size_t kind, mac, i, count;
    char *secrets[8];
    size_t lengths[8];

    for (kind = 0; kind < KEYRING_KINDS; kind++) {
        struct token_policy policy = judge_policy();
        struct jwks *set = keyring_set(keys->first[kind], NULL);

        policy.algorithms = ~0U;
        count = secrets_of(keys->first[kind], secrets, lengths);
        for (i = 0; i < count; i++) {
            for (mac = 0; mac < 3; mac++) {
                char *honest = keyring_header(macs[mac][0]);
                char *lying = keyring_header("RS256");
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
            char *header = keyring_header(named[j]);
            char *token = mint_hmac("SHA256", "secret", 6, header, JUDGE_PAYLOAD);

            assert_int_not_equal(judge_text(token, jwks), REASON_ACCEPTED);
            free(jwks);
            free(header);
            free(token);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_equal_algorithms_are_accepted),
        cmocka_unit_test(only_the_algorithms_key_type_is_used),
        cmocka_unit_test(the_right_key_is_found_among_all),
        cmocka_unit_test(unknown_algorithms_are_never_accepted),
        cmocka_unit_test(the_name_of_an_algorithm_may_be_escaped),
        cmocka_unit_test(alg_of_another_type_is_malformed),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(a_shared_secret_in_the_set_is_no_key),
    };

    return cmocka_run_group_tests(tests, keyring_make, keyring_free);
}
