/*
 * NAME.keys: what is written can be read, what is damaged counts as absent, and a failed write
 * leaves the old file. write, fsync, fchmod and renameat are wrapped (-Wl,--wrap) to fail on
 * demand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache_world.h"
#include "host/checked_text.h"

enum { NOW = 1800000000 };

/* Which call fails next, counted down: 1 fails the next one. */
static struct {
    int write;
    int fsync;
    int fchmod;
    int renameat;
    bool write_short;
} faults;

ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_renameat(int from, const char *old, int to, const char *name);
int __wrap_renameat(int from, const char *old, int to, const char *name);

static bool fails(int *counter)
{
    if (*counter > 0 && --*counter == 0) {
        errno = ENOSPC;
        return true;
    }
    return false;
}

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
    if (faults.write_short && length > 1) {
        length = length / 2;
    }
    return fails(&faults.write) ? -1 : __real_write(fd, data, length);
}

int __wrap_fsync(int fd)
{
    return fails(&faults.fsync) ? -1 : __real_fsync(fd);
}

int __wrap_fchmod(int fd, mode_t mode)
{
    return fails(&faults.fchmod) ? -1 : __real_fchmod(fd, mode);
}

int __wrap_renameat(int from, const char *old, int to, const char *name)
{
    return fails(&faults.renameat) ? -1 : __real_renameat(from, old, to, name);
}

static int make(void **state)
{
    memset(&faults, 0, sizeof(faults));
    *state = cache_world_make();
    return 0;
}

static int drop(void **state)
{
    struct cache_world *world = *state;

    memset(&faults, 0, sizeof(faults));
    cache_world_remove(&world);
    return 0;
}

static enum key_file_result result_of(const struct cache_world *world, int64_t now,
                                      struct text *why)
{
    struct key_file *file = NULL;
    enum key_file_result result;

    result = key_file_read(&world->config, &world->tenant, now, &file, why);
    assert_true((result == KEY_FILE_OK) == (file != NULL));
    key_file_free(&file);
    return result;
}

static void round_trip(void **state)
{
    struct cache_world *world = *state;
    struct key_file *written = world_key_file("k1", NOW - 50, NOW - 10);
    struct key_file *file = NULL;
    struct jwk_info info;
    struct text why = {0};
    struct stat st;

    assert_true(key_file_write(&world->config, &world->tenant, written, &why));
    assert_int_equal(key_file_read(&world->config, &world->tenant, NOW, &file, &why), KEY_FILE_OK);
    assert_string_equal(file->issuer, written->issuer);
    assert_string_equal(file->jwks_uri, written->jwks_uri);
    assert_string_equal(file->etag, written->etag);
    assert_string_equal(file->last_modified, "");
    assert_int_equal(file->fetched, NOW - 50);
    assert_int_equal(file->checked, NOW - 10);
    assert_int_equal(file->date_skew, -2);
    assert_int_equal(jwks_count(file->jwks), 2);
    jwks_describe(file->jwks, 0, &info);
    assert_true(bytes_equal_string(info.kid, "k1"));
    assert_null(info.unusable);
    jwks_describe(file->jwks, 1, &info);
    assert_true(bytes_equal_string(info.kid, "enc"));
    assert_non_null(info.unusable);
    assert_int_equal(stat(world->keys, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(world_count(world->cache), 1);
    key_file_free(&written);
    key_file_free(&file);
}

static void mode_is_0644_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 077, 0777};
    struct cache_world *world = *state;
    mode_t before = umask(0);
    size_t i;

    for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        struct stat st;

        umask(masks[i]);
        world_put_keys(world, "k1", NOW);
        umask(before);
        assert_int_equal(stat(world->keys, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0644);
    }
}

static void missing_is_absent(void **state)
{
    struct cache_world *world = *state;
    struct text why = {0};

    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
    assert_non_null(strstr(why.at, world->keys));
    assert_int_equal(rmdir(world->cache), 0);
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
}

static void every_flipped_byte_makes_it_absent(void **state)
{
    struct cache_world *world = *state;
    struct text why = {0};
    struct blob good;
    size_t i;

    world_put_keys(world, "k1", NOW);
    good = world_read(world->keys);
    for (i = 0; i < good.len; i++) {
        int bit = (int)(i % 8);

        good.ptr[i] ^= (uint8_t)(1 << bit);
        world_write(world->keys, bytes_of_blob(&good));
        good.ptr[i] ^= (uint8_t)(1 << bit);
        assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
        assert_non_null(strstr(why.at, "damaged"));
    }
    world_write(world->keys, bytes_of_blob(&good));
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_OK);
    blob_free(&good);
}

static void every_cut_makes_it_absent(void **state)
{
    struct cache_world *world = *state;
    struct blob good;
    size_t i;

    world_put_keys(world, "k1", NOW);
    good = world_read(world->keys);
    for (i = 0; i < good.len; i++) {
        world_write(world->keys, bytes_first(bytes_of_blob(&good), i));
        assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_ABSENT);
    }
    blob_free(&good);
}

static void appended_bytes_make_it_absent(void **state)
{
    struct cache_world *world = *state;
    struct text why = {0};
    struct blob good;
    struct blob longer;

    world_put_keys(world, "k1", NOW);
    good = world_read(world->keys);
    assert_true(blob_new(&longer, good.len + 300000));
    memset(longer.ptr, ' ', longer.len);
    memcpy(longer.ptr, good.ptr, good.len);
    world_write(world->keys, bytes_first(bytes_of_blob(&longer), good.len + 1));
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
    world_write(world->keys, bytes_of_blob(&longer));
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
    blob_free(&good);
    blob_free(&longer);
}

static void a_huge_file_is_not_read(void **state)
{
    struct cache_world *world = *state;
    struct text why = {0};

    world_put_keys(world, "k1", NOW);
    assert_int_equal(truncate(world->keys, (off_t)1 << 40), 0);
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_UNSAFE);
    assert_non_null(strstr(why.at, "larger than"));
}

/* Well sealed, and yet nothing to be believed. */
static void sealed_nonsense_is_absent(void **state)
{
    static const char *const bodies[] = {
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        "{\"issuer\":\"https://tenant.example/\"}",
        "{\"issuer\":1,\"jwks_uri\":\"\",\"etag\":\"\",\"last_modified\":\"\",\"fetched\":1,"
        "\"checked\":1,\"date_skew\":0,\"keys\":[]}",
        "{\"issuer\":\"https://tenant.example/\",\"jwks_uri\":\"\",\"etag\":\"\","
        "\"last_modified\":\"\",\"fetched\":\"1\",\"checked\":1,\"date_skew\":0,\"keys\":[]}",
        "{\"issuer\":\"https://tenant.example/\",\"jwks_uri\":\"\",\"etag\":\"\","
        "\"last_modified\":\"\",\"fetched\":1,\"checked\":1e300,\"date_skew\":0,\"keys\":[]}",
        "{\"issuer\":\"https://tenant.example/\",\"jwks_uri\":\"\",\"etag\":\"\","
        "\"last_modified\":\"\",\"fetched\":-1,\"checked\":-1,\"date_skew\":0,\"keys\":[]}",
        "{\"issuer\":\"https://tenant.example/\",\"jwks_uri\":\"\",\"etag\":\"\","
        "\"last_modified\":\"\",\"fetched\":1,\"checked\":1,\"date_skew\":0,\"keys\":{}}",
        "{\"issuer\":\"https://tenant.example/\",\"jwks_uri\":\"\",\"etag\":\"\","
        "\"last_modified\":\"\",\"fetched\":1,\"checked\":1,\"date_skew\":0,\"keys\":[],"
        "\"keys\":[]}",
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct blob sealed;

        assert_true(checked_text_seal("auth0jwt-keys", bytes_of(bodies[i]), &sealed));
        world_write(world->keys, bytes_of_blob(&sealed));
        blob_free(&sealed);
        assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_ABSENT);
    }
}

static void another_kind_of_sealed_file_is_absent(void **state)
{
    struct cache_world *world = *state;
    struct blob good;
    struct blob sealed;
    struct bytes body;

    world_put_keys(world, "k1", NOW);
    good = world_read(world->keys);
    assert_true(checked_text_open("auth0jwt-keys", bytes_of_blob(&good), &body));
    assert_false(checked_text_open("auth0jwt-state", bytes_of_blob(&good), &body));
    assert_null(body.ptr);
    assert_true(checked_text_open("auth0jwt-keys", bytes_of_blob(&good), &body));
    assert_true(checked_text_seal("auth0jwt-state", body, &sealed));
    world_write(world->keys, bytes_of_blob(&sealed));
    assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_ABSENT);
    blob_free(&good);
    blob_free(&sealed);
}

static void another_issuer_is_absent(void **state)
{
    static const char *const others[] = {"https://tenant.example", "https://tenant.example//",
                                         "https://TENANT.example/", "https://other.example/", ""};
    struct cache_world *world = *state;
    struct text why = {0};
    size_t i;

    world_put_keys(world, "k1", NOW);
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        free(world->tenant.issuer);
        world->tenant.issuer = strdup(others[i]);
        assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
        assert_non_null(strstr(why.at, "issuer"));
    }
}

static void another_pinned_address_is_absent(void **state)
{
    static char same[] = "https://tenant.example/.well-known/jwks.json";
    static char other[] = "https://mirror.example/jwks.json";
    struct cache_world *world = *state;

    world_put_keys(world, "k1", NOW);
    world->tenant.jwks_uri = same;
    assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_OK);
    world->tenant.jwks_uri = other;
    assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_ABSENT);
}

/* What came from a pinned address is not believed once nothing is pinned. */
static void a_former_pinned_address_is_absent(void **state)
{
    static char mirror[] = "https://mirror.example/jwks.json";
    struct cache_world *world = *state;
    struct key_file *file = world_key_file("k1", NOW, NOW);
    struct text why = {0};

    free(file->jwks_uri);
    file->jwks_uri = strdup(mirror);
    assert_true(key_file_write(&world->config, &world->tenant, file, &why));
    world->tenant.jwks_uri = mirror;
    assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_OK);
    world->tenant.jwks_uri = NULL;
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_ABSENT);
    assert_non_null(strstr(why.at, "no jwks_uri is configured"));
    key_file_free(&file);
}

static void the_future_is_absent(void **state)
{
    static const struct {
        int64_t fetched;
        int64_t checked;
        enum key_file_result result;
    } rows[] = {
        {NOW, NOW, KEY_FILE_OK},
        {NOW + 300, NOW + 300, KEY_FILE_OK},
        {NOW + 301, NOW, KEY_FILE_ABSENT},
        {NOW, NOW + 301, KEY_FILE_ABSENT},
        {NOW + 86400, NOW + 86400, KEY_FILE_ABSENT},
        {253402300799, 253402300799, KEY_FILE_ABSENT},
        {0, 0, KEY_FILE_OK},
    };
    struct cache_world *world = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_file *file = world_key_file("k1", rows[i].fetched, rows[i].checked);

        assert_true(key_file_write(&world->config, &world->tenant, file, NULL));
        key_file_free(&file);
        assert_int_equal(result_of(world, NOW, NULL), rows[i].result);
    }
}

static void unsafe_files_are_told_from_absent_ones(void **state)
{
    struct cache_world *world = *state;
    struct text why = {0};

    world_put_keys(world, "k1", NOW);
    assert_int_equal(chmod(world->keys, 0664), 0);
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_UNSAFE);
    assert_non_null(strstr(why.at, world->keys));
    assert_int_equal(chmod(world->keys, 0644), 0);
    assert_int_equal(chmod(world->cache, 0777), 0);
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_UNSAFE);
    assert_int_equal(chmod(world->cache, 0755), 0);
    assert_int_equal(unlink(world->keys), 0);
    assert_int_equal(symlink("/etc/passwd", world->keys), 0);
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_UNSAFE);
    assert_int_equal(unlink(world->keys), 0);
    assert_int_equal(mkfifo(world->keys, 0644), 0);
    assert_int_equal(result_of(world, NOW, &why), KEY_FILE_UNSAFE);
}

/* After each failure: false, a cause, the old content, no litter. */
static void assert_old_file_intact(const struct cache_world *world, struct bytes old)
{
    struct key_file *file = world_key_file("k2", NOW + 1, NOW + 1);
    struct text why = {0};
    struct blob found;

    assert_false(key_file_write(&world->config, &world->tenant, file, &why));
    assert_non_null(strstr(why.at, world->keys));
    assert_non_null(strstr(why.at, strerror(ENOSPC)));
    found = world_read(world->keys);
    assert_true(bytes_equal(bytes_of_blob(&found), old));
    assert_int_equal(world_count(world->cache), 1);
    blob_free(&found);
    key_file_free(&file);
}

static void failed_writes_leave_the_old_file(void **state)
{
    struct cache_world *world = *state;
    struct blob old;

    world_put_keys(world, "k1", NOW);
    old = world_read(world->keys);
    faults.write = 1;
    assert_old_file_intact(world, bytes_of_blob(&old));
    faults.write_short = true;
    faults.write = 3;
    assert_old_file_intact(world, bytes_of_blob(&old));
    faults.fsync = 1;
    assert_old_file_intact(world, bytes_of_blob(&old));
    faults.fchmod = 1;
    assert_old_file_intact(world, bytes_of_blob(&old));
    faults.renameat = 1;
    assert_old_file_intact(world, bytes_of_blob(&old));
    /* Short writes alone are no failure. */
    world_put_keys(world, "k2", NOW);
    assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_OK);
    blob_free(&old);
}

static void a_folder_that_cannot_be_flushed_is_reported(void **state)
{
    struct cache_world *world = *state;
    struct key_file *file = world_key_file("k1", NOW, NOW);
    struct text why = {0};

    faults.fsync = 2;
    assert_false(key_file_write(&world->config, &world->tenant, file, &why));
    assert_non_null(strstr(why.at, "was replaced"));
    assert_int_equal(result_of(world, NOW, NULL), KEY_FILE_OK);
    key_file_free(&file);
}

static void what_could_not_be_read_again_is_not_written(void **state)
{
    struct cache_world *world = *state;
    struct key_file *file = world_key_file("k1", NOW, NOW);
    struct text why = {0};

    free(file->etag);
    file->etag = malloc(JWKS_MAX_SIZE + 1);
    assert_non_null(file->etag);
    memset(file->etag, 'x', JWKS_MAX_SIZE);
    file->etag[JWKS_MAX_SIZE] = '\0';
    assert_false(key_file_write(&world->config, &world->tenant, file, &why));
    assert_non_null(strstr(why.at, "too large"));
    assert_int_equal(world_count(world->cache), 0);
    key_file_free(&file);
}

static void private_members_are_not_written(void **state)
{
    static const char text[] =
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"good\","
        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJURHUo\",\"x5c\":[\"MII\"],\"ext\":true},"
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"bad\",\"d\":\"c2VjcmV0LXZhbHVl\","
        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJURHUo\"}]}";
    struct cache_world *world = *state;
    struct key_file *file = world_key_file("k1", NOW, NOW);
    struct blob found;

    jwks_free(&file->jwks);
    assert_int_equal(jwks_parse(bytes_of(text), &file->jwks), REASON_ACCEPTED);
    assert_true(key_file_write(&world->config, &world->tenant, file, NULL));
    found = world_read(world->keys);
    assert_null(strstr((char *)found.ptr, "c2VjcmV0"));
    assert_null(strstr((char *)found.ptr, "x5c"));
    assert_non_null(strstr((char *)found.ptr, "\"bad\""));
    assert_non_null(strstr((char *)found.ptr, "unusable"));
    blob_free(&found);
    key_file_free(&file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(round_trip),
        CASE(mode_is_0644_whatever_the_umask),
        CASE(missing_is_absent),
        CASE(every_flipped_byte_makes_it_absent),
        CASE(every_cut_makes_it_absent),
        CASE(appended_bytes_make_it_absent),
        CASE(a_huge_file_is_not_read),
        CASE(sealed_nonsense_is_absent),
        CASE(another_kind_of_sealed_file_is_absent),
        CASE(another_issuer_is_absent),
        CASE(another_pinned_address_is_absent),
        CASE(a_former_pinned_address_is_absent),
        CASE(the_future_is_absent),
        CASE(unsafe_files_are_told_from_absent_ones),
        CASE(failed_writes_leave_the_old_file),
        CASE(a_folder_that_cannot_be_flushed_is_reported),
        CASE(what_could_not_be_read_again_is_not_written),
        CASE(private_members_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
