/*
 * The key cache when memory runs out: each allocation fails in its turn, and the answer is "out of
 * memory", never a key set, a changed file or a cache that counts as absent. Needs -Wl,--wrap of
 * malloc, calloc, realloc and strdup.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache_world.h"
#include "fail_alloc.h"
#include "host/key_cache.h"
#include "host/key_state.h"
#include "host/refresh_run.h"

enum { NOW = 1800000000, LEAST = 5, MOST = 2000 };

static int make(void **state)
{
    struct cache_world *world = cache_world_make();

    world_put_keys(world, "k1", NOW - 10);
    *state = world;
    return 0;
}

static int drop(void **state)
{
    struct cache_world *world = *state;

    fail_alloc_at(0);
    cache_world_remove(&world);
    return 0;
}

static void reading_the_file(void **state)
{
    struct cache_world *world = *state;
    unsigned long n;
    bool failed = true;

    for (n = 1; failed; n++) {
        struct key_file *file = NULL;
        enum key_file_result result;

        assert_true(n < MOST);
        fail_alloc_at(n);
        result = key_file_read(&world->config, &world->tenant, NOW, &file, NULL);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        assert_int_equal(result, failed ? KEY_FILE_NO_MEMORY : KEY_FILE_OK);
        assert_true((file == NULL) == failed);
        key_file_free(&file);
    }
    assert_true(n > LEAST);
}

static void writing_the_file(void **state)
{
    struct cache_world *world = *state;
    struct key_file *next = world_key_file("k2", NOW, NOW);
    struct blob before = world_read(world->keys);
    unsigned long n;
    bool failed = true;

    for (n = 1; failed; n++) {
        struct text why = {0};
        struct blob after;
        bool wrote;

        assert_true(n < MOST);
        fail_alloc_at(n);
        wrote = key_file_write(&world->config, &world->tenant, next, &why);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        if (failed && !wrote) {
            assert_non_null(strstr(why.at, "memory"));
            after = world_read(world->keys);
            assert_true(bytes_equal(bytes_of_blob(&before), bytes_of_blob(&after)));
            blob_free(&after);
        }
        assert_true(wrote || failed);
        assert_int_equal(world_count(world->cache), 1);
    }
    blob_free(&before);
    key_file_free(&next);
}

static void getting_the_keys(void **state)
{
    struct cache_world *world = *state;
    unsigned long n;
    bool failed = true;

    for (n = 1; failed; n++) {
        struct text detail = {0};
        struct key_set set;
        enum reason r;

        assert_true(n < MOST);
        fail_alloc_at(n);
        r = key_cache_get(&world->config, &world->tenant, KEY_EFFORT_READ, NOW, NULL, &set,
                          &detail);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        assert_int_equal(r, failed ? REASON_OUT_OF_MEMORY : REASON_ACCEPTED);
        assert_string_equal(detail.at, failed ? "out of memory" : "");
        assert_true((set.jwks == NULL) == failed);
        key_set_free(&set);
    }
    assert_true(n > LEAST);
}

static void getting_the_keys_from_jwks_file(void **state)
{
    struct cache_world *world = *state;
    unsigned long n;
    bool failed = true;

    world_write(world->conf, bytes_of("{\"keys\":[{\"kty\":\"RSA\"}]}"));
    world->tenant.jwks_file = world->conf;
    for (n = 1; failed; n++) {
        struct text detail = {0};
        struct key_set set;
        enum reason r;

        assert_true(n < MOST);
        fail_alloc_at(n);
        r = key_cache_get(&world->config, &world->tenant, KEY_EFFORT_READ, NOW, NULL, &set,
                          &detail);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        assert_int_equal(r, failed ? REASON_OUT_OF_MEMORY : REASON_ACCEPTED);
        assert_string_equal(detail.at, failed ? "out of memory" : "");
        key_set_free(&set);
    }
    assert_true(n > 2);
}

static void the_state(void **state)
{
    static const struct key_state written = {.last_attempt = NOW, .failures = 3};
    struct cache_world *world = *state;
    unsigned long n;
    bool failed = true;

    assert_true(key_state_write(&world->config, &world->tenant, &written, NULL));
    for (n = 1; failed; n++) {
        struct key_state found;

        assert_true(n < MOST);
        fail_alloc_at(n);
        key_state_read(&world->config, &world->tenant, &found);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        assert_int_equal(found.last_attempt, failed ? 0 : NOW);
        assert_int_equal(found.failures, failed ? 0 : 3);
    }
    failed = true;
    for (n = 1; failed; n++) {
        bool wrote;

        assert_true(n < MOST);
        fail_alloc_at(n);
        wrote = key_state_write(&world->config, &world->tenant, &written, NULL);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        assert_true(wrote || failed);
        assert_int_equal(world_count(world->cache), 2);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reading_the_file), CASE(writing_the_file),
        CASE(getting_the_keys), CASE(getting_the_keys_from_jwks_file),
        CASE(the_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
