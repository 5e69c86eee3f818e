/*
 * One contender of the benchmark in one process: `bench make FOLDER` writes keys and tokens, `bench
 * run NAME KIND FOLDER COUNT` verifies COUNT times and prints the nanoseconds of processor time
 * that took. COUNT under callgrind gives instructions. Nothing here passes or fails but by a wrong
 * verdict.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/mint.h"
#include "floor.h"
#include "jwt/access_token.h"

#define ISSUER "https://example-login.eu.auth0.com/"
#define AUDIENCE "https://login.example.com/hosts"

enum { NOW = 1800000000, MAX_TOKEN = 16384 };

struct subject {
    char *token;
    char *other; /* the same, naming the other key of the set; as long */
    size_t len;
    char *jwks_text;
    struct floor *floor;
    struct jwks *jwks;
    struct jws *jws; /* parsed once, for the modes that measure a part */
    EVP_PKEY *key;
    struct token_policy policy;
    struct strings audiences;
};

static bool floor_loaded(struct subject *s)
{
    return floor_verify(s->floor, FLOOR_KEYS_LOADED, s->token, s->len, NOW);
}

static bool floor_imported(struct subject *s)
{
    return floor_verify(s->floor, FLOOR_KEYS_IMPORTED, s->token, s->len, NOW);
}

static bool floor_parsed(struct subject *s)
{
    return floor_verify(s->floor, FLOOR_KEYS_PARSED, s->token, s->len, NOW);
}

static bool raw(struct subject *s)
{
    return floor_signature(s->floor);
}

/* What a login does with a token once the key set is at hand. */
static bool verify(struct subject *s, const struct jwks *jwks)
{
    struct access_token *token = NULL;
    struct claims facts;
    struct jws *jws = NULL;
    struct bytes text = {(const uint8_t *)s->token, s->len};
    bool good;

    good = jws_parse(text, MAX_TOKEN, &jws) == REASON_ACCEPTED &&
           jws_check_crit(jws) == REASON_ACCEPTED && jws_parse_claims(jws) == REASON_ACCEPTED &&
           access_token_verify(&s->policy, jwks, jws, NOW, &facts, &token, NULL) == REASON_ACCEPTED;
    access_token_free(&token);
    jws_free(&jws);
    return good;
}

static bool ours(struct subject *s)
{
    return verify(s, s->jwks);
}

static bool ours_parsed(struct subject *s)
{
    struct jwks *jwks = NULL;
    bool good = jwks_parse(bytes_of(s->jwks_text), &jwks) == REASON_ACCEPTED && verify(s, jwks);

    jwks_free(&jwks);
    return good;
}

static bool part_parse(struct subject *s)
{
    struct jws *jws = NULL;
    struct bytes text = {(const uint8_t *)s->token, s->len};
    bool good = jws_parse(text, MAX_TOKEN, &jws) == REASON_ACCEPTED &&
                jws_parse_claims(jws) == REASON_ACCEPTED;

    jws_free(&jws);
    return good;
}

static bool part_key(struct subject *s)
{
    EVP_PKEY *key = NULL;
    bool good = jwks_find(s->jwks, s->jws, &key, NULL) == REASON_ACCEPTED;

    EVP_PKEY_free(key);
    return good;
}

static bool part_signature(struct subject *s)
{
    return jws_verify_signature(s->jws, s->key) == REASON_ACCEPTED;
}

static bool part_claims(struct subject *s)
{
    struct claims claims;

    return claims_check(&s->policy, s->jws->claims, NOW, &claims, NULL) == REASON_ACCEPTED;
}

static const struct {
    const char *name;
    bool (*once)(struct subject *s);
} contenders[] = {
    {"raw", raw},
    {"floor-loaded", floor_loaded},
    {"floor-fullimport", floor_imported},
    {"floor-set", floor_parsed},
    {"ours", ours},
    {"ours-set", ours_parsed},
    {"part-parse", part_parse},
    {"part-key", part_key},
    {"part-signature", part_signature},
    {"part-claims", part_claims},
};

static void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* A self-signed certificate as base64, as tenants put into x5c. */
static char *certificate(EVP_PKEY *key)
{
    X509 *x509 = X509_new();
    X509_NAME *name = X509_NAME_new();
    const EVP_MD *digest = EVP_sha256();
    uint8_t *der = NULL;
    char *text;
    int len;

    if (x509 == NULL || name == NULL ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const uint8_t *)"example-login.eu.auth0.com", -1, -1, 0) != 1 ||
        X509_set_version(x509, 2) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x5eed) != 1 ||
        X509_set_subject_name(x509, name) != 1 || X509_set_issuer_name(x509, name) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(x509), 0) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(x509), 400000000) == NULL ||
        X509_set_pubkey(x509, key) != 1 || X509_sign(x509, key, digest) == 0) {
        die("no certificate");
    }
    len = i2d_X509(x509, &der);
    text = len > 0 ? malloc((size_t)len * 2) : NULL;
    if (text == NULL) {
        die("no memory");
    }
    EVP_EncodeBlock((uint8_t *)text, der, len);
    OPENSSL_free(der);
    X509_free(x509);
    X509_NAME_free(name);
    return text;
}

static char *entry(EVP_PKEY *key, const char *kid, const char *alg)
{
    char *x5c = certificate(key);
    char *more =
        mint_text(",\"use\":\"sig\",\"x5t\":\"sGb2wR1vQ0Tq5kBq5m7cZ2dR3nM\",\"x5c\":[\"%s\"]", x5c);
    char *jwk = mint_jwk(key, kid, alg, more);

    free(x5c);
    free(more);
    return jwk;
}

static void save(const char *folder, const char *kind, const char *end, const char *text)
{
    char *path = mint_text("%s/%s.%s", folder, kind, end);
    FILE *file = fopen(path, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        die("cannot write the data");
    }
    free(path);
}

static void make_kind(const char *folder, const char *kind, const char *alg)
{
    static const char payload[] =
        "{\"iss\":\"" ISSUER "\",\"sub\":\"auth0|65f1c2a7d94e8b0012ab34cd\",\"aud\":[\"" AUDIENCE
        "\","
        "\"https://example-login.eu.auth0.com/userinfo\"],\"iat\":1799999700,\"exp\":1800003300,"
        "\"scope\":\"openid profile email\",\"azp\":\"Q7mV0hYc3sLkT8wZp2RnXf5uJb9eGd1A\","
        "\"permissions\":[\"ssh:login\",\"sudo:use\",\"mail:read\",\"mail:send\",\"files:read:"
        "all\",\"vpn:connect:site\"]}";
    EVP_PKEY *key = mint_key(mint_kind(alg)), *other = mint_key(mint_kind(alg));
    char *a = entry(key, "k7Hq2mXv9LrTzWc4NdYbS", alg),
         *b = entry(other, "p3Gf8tQsJw6EuKy1VaRnD", alg);
    char *jwks = mint_jwks(a, b);
    char *header =
        mint_text("{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"k7Hq2mXv9LrTzWc4NdYbS\"}", alg);
    char *token = mint_token(key, alg, header, payload);
    char *renamed =
        mint_text("{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"p3Gf8tQsJw6EuKy1VaRnD\"}", alg);
    char *misnamed = mint_token(key, alg, renamed, payload);

    save(folder, kind, "jwt", token);
    save(folder, kind, "other", misnamed);
    save(folder, kind, "jwks", jwks);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    free(a);
    free(b);
    free(jwks);
    free(header);
    free(token);
    free(renamed);
    free(misnamed);
}

static char *load(const char *folder, const char *kind, const char *end)
{
    char *path = mint_text("%s/%s.%s", folder, kind, end);
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (file == NULL || getdelim(&text, &size, '\0', file) < 0) {
        die("cannot read the data");
    }
    fclose(file);
    free(path);
    return text;
}

static void prepare(struct subject *s, const char *folder, const char *kind)
{
    s->token = load(folder, kind, "jwt");
    s->other = load(folder, kind, "other");
    s->len = strlen(s->token);
    s->jwks_text = load(folder, kind, "jwks");
    s->floor = floor_new(s->jwks_text, ISSUER, AUDIENCE);
    if (s->floor == NULL || !strings_add(&s->audiences, bytes_of(AUDIENCE))) {
        die("no floor");
    }
    s->policy = (struct token_policy){.issuer = ISSUER,
                                      .audiences = &s->audiences,
                                      .algorithms = alg_bit(ALG_RS256) | alg_bit(ALG_ES256),
                                      .leeway = 5,
                                      .any_party = true,
                                      .max_token_age = TOKEN_AGE_OFF,
                                      .min_token_life = TOKEN_AGE_OFF};
    if (jwks_parse(bytes_of(s->jwks_text), &s->jwks) != REASON_ACCEPTED ||
        jws_parse((struct bytes){(const uint8_t *)s->token, s->len}, MAX_TOKEN, &s->jws) !=
            REASON_ACCEPTED ||
        jws_parse_claims(s->jws) != REASON_ACCEPTED ||
        jwks_find(s->jwks, s->jws, &s->key, NULL) != REASON_ACCEPTED || !floor_loaded(s)) {
        die("the token does not verify");
    }
}

static void finish(struct subject *s)
{
    floor_free(s->floor);
    EVP_PKEY_free(s->key);
    jws_free(&s->jws);
    jwks_free(&s->jwks);
    strings_free(&s->audiences);
    free(s->token);
    free(s->other);
    free(s->jwks_text);
}

/* Would the contender notice a broken signature, and one by another key of the set? If not, it does
 * not do the work. */
static void prove(struct subject *s, bool (*once)(struct subject *s))
{
    char *last = s->token + s->len - 20;
    char kept = *last;
    char *good = s->token;

    if (!once(s)) {
        die("a good token was refused");
    }
    if (once == raw || once == part_parse || once == part_key || once == part_signature ||
        once == part_claims) {
        return;
    }
    *last = kept == 'A' ? 'B' : 'A';
    if (once(s)) {
        die("a bad signature was accepted");
    }
    *last = kept;
    if (once == floor_loaded) {
        return; /* it holds one key only */
    }
    s->token = s->other;
    if (once(s)) {
        die("a token signed by another key was accepted");
    }
    s->token = good;
}

static int run(const char *name, const char *kind, const char *folder, long count)
{
    struct subject s = {0};
    struct timespec from, to;
    size_t i;
    long n;

    prepare(&s, folder, kind);
    for (i = 0; i < sizeof(contenders) / sizeof(contenders[0]); i++) {
        if (strcmp(contenders[i].name, name) == 0) {
            break;
        }
    }
    if (i == sizeof(contenders) / sizeof(contenders[0])) {
        die("no such contender");
    }
    prove(&s, contenders[i].once);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (n = 0; n < count; n++) {
        if (!contenders[i].once(&s)) {
            die("a good token was refused");
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    printf("%" PRId64 "\n",
           (int64_t)(to.tv_sec - from.tv_sec) * 1000000000 + (int64_t)(to.tv_nsec - from.tv_nsec));
    finish(&s);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        make_kind(argv[2], "rs256", "RS256");
        make_kind(argv[2], "es256", "ES256");
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "run") == 0) {
        return run(argv[2], argv[3], argv[4], strtol(argv[5], NULL, 10));
    }
    fprintf(stderr, "usage: bench make FOLDER | bench run NAME KIND FOLDER COUNT\n");
    return 2;
}
