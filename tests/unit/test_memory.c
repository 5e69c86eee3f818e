/*
 * Memory: with every single allocation failing in turn, and with all from one on failing, in json-c
 * and OpenSSL as well as here, no bad token is accepted and no good one is misread; and nothing
 * that is given back still holds the signature or the signed text. The program brings its own
 * malloc for that, so it is not built with sanitizers.
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

#include <link.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"
#include "mint.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define EXPORT __attribute__((visibility("default")))

/* glibc's own names for what is replaced below. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *memory);

/* A piece of the program's address space. */
struct range {
    uintptr_t from, to;
};

static struct {
    bool armed;
    bool everywhere; /* allocations of json-c and of the C library fail too */
    struct range
        failing[2]; /* the program and libcrypto: allocations called from elsewhere do not fail */
    unsigned long asked;
    unsigned long fail_from, fail_to; /* which allocations fail, counted from 1 */
    const uint8_t *secret[4];         /* what must not be in memory that is given back */
    size_t secret_len[4];
    unsigned found[4];
} world;

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    size_t i;

    for (i = 0; i < LENGTH(world.failing); i++) {
        if (at >= world.failing[i].from && at < world.failing[i].to) {
            break;
        }
    }
    if (!world.armed || (!world.everywhere && i == LENGTH(world.failing))) {
        return false;
    }
    world.asked++;
    return world.asked >= world.fail_from && world.asked <= world.fail_to;
}

static void look_at(const void *memory)
{
    size_t i;

    for (i = 0; memory != NULL && i < LENGTH(world.secret); i++) {
        if (world.secret[i] != NULL && memmem(memory, malloc_usable_size((void *)(uintptr_t)memory),
                                              world.secret[i], world.secret_len[i]) != NULL) {
            world.found[i]++;
        }
    }
}

/* Cleared, so that what was left behind earlier is not found again. */
static void *fresh(size_t size)
{
    void *memory = __libc_malloc(size == 0 ? 1 : size);

    if (memory != NULL) {
        memset(memory, 0, malloc_usable_size(memory));
    }
    return memory;
}

EXPORT void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : fresh(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size)
{
    void *new;

    if (fails(__builtin_return_address(0))) {
        return NULL;
    }
    /* Always to another place, so that what realloc leaves behind is seen. */
    new = fresh(size);
    if (new != NULL && old != NULL) {
        size_t had = malloc_usable_size(old);

        memcpy(new, old, had < size ? had : size);
        look_at(old);
        __libc_free(old);
    }
    return new;
}

EXPORT void free(void *memory)
{
    look_at(memory);
    __libc_free(memory);
}

static int note_range(struct dl_phdr_info *info, size_t size, void *context)
{
    bool program = info->dlpi_name[0] == '\0';
    size_t i;

    (void)size;
    (void)context;
    if (!program && strstr(info->dlpi_name, "libcrypto.so") == NULL) {
        return 0;
    }
    for (i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

            world.failing[program ? 0 : 1] =
                (struct range){from, from + info->dlpi_phdr[i].p_memsz};
        }
    }
    return 0;
}

static struct {
    struct token_policy policy;
    struct jwks *jwks;
    char *token;
    const char *alg;
} subject;

static char *written(const struct json *json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    json_write(out, json);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* One judgement with these allocations failing; the token is free'd by the caller. */
static enum reason judge_failing(unsigned long from, unsigned long to, struct access_token **token)
{
    enum reason r;

    world.asked = 0;
    world.fail_from = from;
    world.fail_to = to;
    world.armed = true;
    r = judge(&subject.policy, subject.jwks, bytes_of(subject.token), JUDGE_NOW, token, NULL);
    world.armed = false;
    return r;
}

/* All places to fail, one by one, then all from each on. `expected` is the verdict without a
 * failure. */
static void fail_everywhere(enum reason expected)
{
    struct access_token *token = NULL;
    char *whole = NULL;
    unsigned long n, total;
    int mode;

    assert_int_equal(judge_failing(0, 0, &token), expected); /* what is made once is made here */
    assert_int_equal((access_token_free(&token), judge_failing(0, 0, &token)), expected);
    total = world.asked;
    assert_in_range(total, 10, 100000);
    whole = token == NULL ? NULL : written(token->json);
    access_token_free(&token);
    for (mode = 0; mode < 2; mode++) {
        for (n = 1; n <= total + 1; n++) {
            enum reason r = judge_failing(n, mode == 0 ? n : ULONG_MAX, &token);

            if (r == REASON_ACCEPTED) {
                char *text = written(token->json);

                assert_int_equal(expected, REASON_ACCEPTED);
                if (strcmp(text, whole) != 0) {
                    fail_msg("%s: allocation %lu fails, and the claims become %s", subject.alg, n,
                             text);
                }
                free(text);
            } else {
                assert_null(token);
            }
            access_token_free(&token);
        }
    }
    free(whole);
}

/* Long values and many escapes, so that buffers grow while they are filled. */
static const char payload[] =
    "{\"iss\":\"" JUDGE_ISSUER
    "\",\"sub\":\"auth0|0123456789abcdef0123456789abcdef0123456789abcdef0123456789\","
    "\"aud\":[\"" JUDGE_AUDIENCE
    "\",\"https://tenant.example/userinfo\"],\"exp\":1800000060,\"iat\":1799999940,"
    "\"azp\":\"Q7mV0hYc3sLkT8wZp2RnXf5uJb9eGd1A\",\"scope\":\"openid profile email "
    "offline_access\","
    "\"permissions\":[\"ssh:login\",\"sudo:use\",\"mail\\u003aread\",\"a\",\"b\",\"c\",\"d\",\"e\","
    "\"f\",\"g\",\"h\"],"
    "\"https://x/"
    "long\":"
    "\"\\u00e4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\u00e4bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\\n\\n\\n"
    "\"}";

static void prepare(const char *alg, bool right_key, const char *text)
{
    EVP_PKEY *key = mint_key(mint_kind(alg)), *other = mint_key(mint_kind(alg));
    char *jwk = mint_jwk(right_key ? key : other, "k", alg, NULL), *jwks = mint_jwks(jwk, NULL);
    char *header = mint_text("{\"alg\":\"%s\",\"kid\":\"k\"}", alg);

    subject.policy = judge_policy();
    subject.alg = alg;
    subject.token = mint_token(key, alg, header, text);
    assert_int_equal(jwks_parse(bytes_of(jwks), &subject.jwks), REASON_ACCEPTED);
    free(jwk);
    free(jwks);
    free(header);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static void finish(void)
{
    jwks_free(&subject.jwks);
    free(subject.token);
    subject.token = NULL;
}

static const char *const algs[] = {"RS256", "PS256", "ES256", "EdDSA"};

static void a_good_token_is_read_right_or_refused(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(algs); i++) {
        prepare(algs[i], true, payload);
        fail_everywhere(REASON_ACCEPTED);
        finish();
    }
}

static void a_bad_token_is_never_accepted(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < LENGTH(algs); i++) {
        prepare(algs[i], false, payload);
        fail_everywhere(REASON_BAD_SIGNATURE);
        finish();
        prepare(algs[i], true,
                "{\"iss\":\"" JUDGE_ISSUER
                "\",\"sub\":\"a\",\"aud\":\"x\",\"exp\":1,\"iat\":1,\"nonce\":1}");
        fail_everywhere(REASON_ID_TOKEN);
        finish();
    }
}

/* In a child: 0 where the text is refused or read right, 1 where it is misread. */
static int parse_failing(const char *whole, unsigned long from, unsigned long to)
{
    struct json *json = NULL;
    enum reason r;

    world.asked = 0;
    world.fail_from = from;
    world.fail_to = to;
    world.everywhere = world.armed = true;
    r = json_parse(bytes_of(payload), &json);
    world.everywhere = world.armed = false;
    return r == REASON_ACCEPTED && strcmp(written(json), whole) != 0;
}

static void what_json_c_loses_is_noticed(void **state)
{
    unsigned long n, total, children = 0;
    struct json *json = NULL;
    char *whole;
    int mode, status;

    (void)state;
    assert_int_equal(json_parse(bytes_of(payload), &json), REASON_ACCEPTED);
    whole = written(json);
    json_free(&json);
    assert_int_equal(parse_failing(whole, 0, 0), 0);
    total = world.asked;
    assert_in_range(total, 20, 10000);
    for (mode = 0; mode < 2; mode++) {
        for (n = 1; n <= total; n++) {
            pid_t child = fork();

            assert_true(child >= 0);
            if (child == 0) {
                signal(SIGSEGV, SIG_DFL); /* not cmocka's handler */
                _exit(parse_failing(whole, n, mode == 0 ? n : ULONG_MAX));
            }
            assert_int_equal(waitpid(child, &status, 0), child);
            if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
                fail_msg("allocation %lu fails, and the text is misread", n);
            }
            children++;
        }
    }
    assert_int_equal(children, 2 * total);
    free(whole);
}

/* OpenSSL encodes an ECDSA signature once more to compare, and does not wipe that. */
static unsigned openssl_leaves(const char *alg)
{
    return strncmp(alg, "ES", 2) == 0 ? 1 : 0;
}

/* Nothing given back holds the signature, as text or decoded, or a stretch of what was signed. */
static void what_is_given_back_was_wiped(void **state)
{
    size_t i, j;

    (void)state;
    for (i = 0; i < LENGTH(algs); i++) {
        struct access_token *token = NULL;
        uint8_t signature[1024], part[16];
        const char *dot;
        size_t len = 0;
        struct jws *jws = NULL;

        prepare(algs[i], true, payload);
        dot = strrchr(subject.token, '.');
        assert_int_equal(jws_parse(bytes_of(subject.token), 16384, &jws), REASON_ACCEPTED);
        assert_true(jws->signature.len >= 64 && jws->signature.len <= sizeof(signature));
        len = jws->signature.len;
        memcpy(signature, jws->signature.ptr, len);
        jws_free(&jws);
        memcpy(part, signature + 8,
               sizeof(part)); /* inside of r, where the signature has two halves */
        world.secret[0] = part;
        world.secret_len[0] = sizeof(part);
        world.secret[1] = (const uint8_t *)dot + 1;
        world.secret_len[1] = 24;
        world.secret[2] = (const uint8_t *)dot - 40; /* the signed text */
        world.secret_len[2] = 32;
        world.secret[3] = (const uint8_t *)payload + 4; /* decoded; longer than one claim */
        world.secret_len[3] = 60;
        memset(world.found, 0, sizeof(world.found));
        assert_int_equal(judge_failing(0, 0, &token), REASON_ACCEPTED);
        access_token_free(&token);
        memset(world.secret, 0, sizeof(world.secret));
        for (j = 0; j < LENGTH(world.found); j++) {
            unsigned foreign = j == 0 ? openssl_leaves(algs[i]) : 0;

            if (world.found[j] > foreign) {
                fail_msg("%s: secret %zu was left in %u pieces of memory", algs[i], j,
                         world.found[j]);
            }
        }
        finish();
    }
}

/* The watch above works. */
static void the_watch_sees_what_was_not_wiped(void **state)
{
    char *copy = mint_text("some %s text", "secret");
    static const uint8_t secret[] = "secret";

    (void)state;
    world.secret[0] = secret;
    world.secret_len[0] = 6;
    memset(world.found, 0, sizeof(world.found));
    free(copy);
    world.secret[0] = NULL;
    assert_int_equal(world.found[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_watch_sees_what_was_not_wiped),
        cmocka_unit_test(a_good_token_is_read_right_or_refused),
        cmocka_unit_test(a_bad_token_is_never_accepted),
        cmocka_unit_test(what_json_c_loses_is_noticed),
        cmocka_unit_test(what_is_given_back_was_wiped),
    };

    dl_iterate_phdr(note_range, NULL);
    assert_true(world.failing[0].to != 0 && world.failing[1].to != 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
