/*
 * A folder of its own, a configuration with one tenant whose cache lies there, and key sets to put
 * into it, for the tests of the key cache.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_CACHE_WORLD_H
#define AUTH0JWT_TESTS_CACHE_WORLD_H

#include <stdint.h>

#include "base/bytes.h"
#include "host/config.h"
#include "host/key_file.h"
#include "scratch.h"

enum { WORLD_PATH_MAX = 256 };

struct cache_world {
    struct scratch folder;
    const char *root;           /* its path */
    char cache[WORLD_PATH_MAX]; /* root/cache */
    char keys[WORLD_PATH_MAX];  /* cache/main.keys */
    char state[WORLD_PATH_MAX]; /* cache/main.state */
    char lock[WORLD_PATH_MAX];  /* cache/main.lock */
    char conf[WORLD_PATH_MAX];  /* root/conf: named as the configuration file */
    char program[WORLD_PATH_MAX];
    struct tenant tenant;
    struct config config;
};

extern const char world_issuer[];

/* Asserts that it can. */
struct cache_world *cache_world_make(void);
void cache_world_remove(struct cache_world **world);

/* A file in the cache folder with one good key of this kid, one that cannot be used (kid "enc"),
 * and these times. Freed with key_file_free. */
struct key_file *world_key_file(const char *kid, int64_t fetched, int64_t checked);

/* Writes such a file as auth0jwt-refresh would. */
void world_put_keys(const struct cache_world *world, const char *kid, int64_t checked);

/* Whole files, asserting that it works. */
struct blob world_read(const char *path);
void world_write(const char *path, struct bytes content);

/* How many entries has the folder, . and .. apart? */
size_t world_count(const char *folder);

/* Copies this very program to world->program and makes it refresh_program. */
void world_install_self(struct cache_world *world);

#endif
