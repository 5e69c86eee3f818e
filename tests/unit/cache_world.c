/*
 * The world of the key cache's tests.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

const char world_issuer[] = "https://tenant.example/";

static void join(char out[WORLD_PATH_MAX], const char *folder, const char *name)
{
    assert_true(strlen(folder) + strlen(name) + 2 <= WORLD_PATH_MAX);
    strcpy(out, folder);
    strcat(out, "/");
    strcat(out, name);
}

struct cache_world *cache_world_make(void)
{
    static const struct tenant tenant = {
        .connect_timeout = 2,
        .fetch_timeout = 5,
        .key_refresh = 600,
        .key_max_age = 86400,
        .unknown_kid_cooldown = 30,
    };
    struct cache_world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    scratch_make(&world->folder);
    world->root = world->folder.path;
    join(world->cache, world->root, "cache");
    join(world->keys, world->cache, "main.keys");
    join(world->state, world->cache, "main.state");
    join(world->lock, world->cache, "main.lock");
    join(world->conf, world->root, "conf");
    join(world->program, world->root, "program");
    assert_int_equal(mkdir(world->cache, 0755), 0);
    assert_int_equal(chmod(world->cache, 0755), 0);
    world->tenant = tenant;
    world->tenant.name = strdup("main");
    world->tenant.issuer = strdup(world_issuer);
    assert_non_null(world->tenant.name);
    assert_non_null(world->tenant.issuer);
    world->config.path = world->conf;
    world->config.global.cache_dir = world->cache;
    world->config.global.refresh_program = world->program;
    world->config.tenant = &world->tenant;
    world->config.tenant_count = 1;
    return world;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* Not scratch_remove: a stand-in in the background may put a file there at this moment, which is no
 * failure. */
void cache_world_remove(struct cache_world **world)
{
    nftw((*world)->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free((*world)->tenant.name);
    free((*world)->tenant.issuer);
    free(*world);
    *world = NULL;
}

struct key_file *world_key_file(const char *kid, int64_t fetched, int64_t checked)
{
    struct key_file *file = calloc(1, sizeof(*file));
    char text[1024];

    assert_non_null(file);
    snprintf(text, sizeof(text),
             "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"use\":\"sig\","
             "\"kid\":\"%s\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJURHUo\"},"
             "{\"kty\":\"RSA\",\"use\":\"enc\",\"kid\":\"enc\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
             kid);
    assert_int_equal(jwks_parse(bytes_of(text), &file->jwks), REASON_ACCEPTED);
    file->issuer = strdup(world_issuer);
    file->jwks_uri = strdup("https://tenant.example/.well-known/jwks.json");
    file->etag = strdup("W/\"1\"");
    file->last_modified = strdup("");
    file->fetched = fetched;
    file->checked = checked;
    file->date_skew = -2;
    return file;
}

void world_put_keys(const struct cache_world *world, const char *kid, int64_t checked)
{
    struct key_file *file = world_key_file(kid, checked, checked);
    struct text why = {0};

    assert_true(key_file_write(&world->config, &world->tenant, file, &why));
    key_file_free(&file);
}

struct blob world_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct blob content;
    struct stat st;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    assert_true(blob_new(&content, (size_t)st.st_size));
    assert_int_equal(fread(content.ptr, 1, content.len, file), content.len);
    fclose(file);
    return content;
}

void world_write(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    if (content.len > 0) {
        assert_int_equal(fwrite(content.ptr, 1, content.len, file), content.len);
    }
    assert_int_equal(fclose(file), 0);
}

size_t world_count(const char *folder)
{
    DIR *stream = opendir(folder);
    size_t count = 0;

    assert_non_null(stream);
    while (readdir(stream) != NULL) {
        count++;
    }
    closedir(stream);
    return count - 2;
}

void world_install_self(struct cache_world *world)
{
    struct blob self = world_read("/proc/self/exe");

    world_write(world->program, bytes_of_blob(&self));
    blob_free(&self);
    assert_int_equal(chmod(world->program, 0755), 0);
}
