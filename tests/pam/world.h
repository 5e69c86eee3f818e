/*
 * A small world for one case: a folder with configuration, accounts, keys and service file; tokens
 * made of the case's claims; and the one place where a case's text is filled in (README.md tells
 * what may stand there).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef AUTH0JWT_TESTS_WORLD_H
#define AUTH0JWT_TESTS_WORLD_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../unit/scratch.h"
#include "stage.h"

/* Made once, used by all cases. */
struct keyring {
    EVP_PKEY *rsa;   /* kid "rsa" */
    EVP_PKEY *ec;    /* kid "ec", P-256 */
    EVP_PKEY *small; /* kid "small", 1024 bits: too few */
    char *jwks;
};

/* section, name, value of the configuration; in the order of the file. */
struct setting {
    char *section;
    char *name;
    char *value;
};

struct token_text {
    char *name;
    char *text;
};

struct world {
    const struct keyring *keys;
    const char *module; /* absolute paths */
    const char *probe;
    struct scratch files;
    int64_t now;
    size_t part;
    struct setting *setting;
    size_t setting_count;
    struct token_text *token;
    size_t token_count;
    bool own_config; /* the case wrote auth0jwt.conf itself */
};

void keyring_make(struct keyring *keys);
void keyring_free(struct keyring *keys);

/* The folder with the usual content: one tenant, service "test" that asks for nothing, alice. */
void world_make(struct world *world, const struct keyring *keys, const char *module,
                const char *probe);
void world_remove(struct world *world);

/* "section.name" = value; NULL takes it away. World_write_config writes what is set. */
void world_set(struct world *world, const char *where, const char *value);
void world_write_config(const struct world *world);

/* Writes the key cache of the tenant, last confirmed at this time (PROTOCOL.cache). */
void world_write_cache(const struct world *world, int64_t checked);

/* Fills in; the caller frees. */
char *world_fill(const struct world *world, const char *text);

/* Makes the token that the lines of a [token] section (README.md) describe, and keeps it under the
 * name. */
void world_token(struct world *world, const char *name, char *const *lines, size_t count);

/* The text of a token; NULL where there is none of this name. */
const char *world_find_token(const struct world *world, const char *name);

#endif
