/*
 * The world of a case. Everything in it has a usual value, so that a case tells only what is
 * different about it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "world.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/mint.h"

#define NEED(condition) need((condition), #condition)

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "world: this failed: %s (errno: %s)\n", what, strerror(errno));
        exit(99);
    }
}

static void complain(const char *what, const char *text)
{
    fprintf(stderr, "world: %s: %s\n", what, text);
    exit(99);
}

void keyring_make(struct keyring *keys)
{
    char *rsa, *ec, *small, *off, *half;

    keys->rsa = mint_key("RSA");
    keys->ec = mint_key("P-256");
    keys->small = mint_rsa(1024);
    rsa = mint_jwk(keys->rsa, "rsa", "RS256", ",\"use\":\"sig\"");
    ec = mint_jwk(keys->ec, "ec", "ES256", NULL);
    small = mint_jwk(keys->small, "small", "RS256", NULL);
    off = mint_jwk(keys->rsa, "for-encryption", NULL, ",\"use\":\"enc\"");
    half = format("%s,%s,%s", rsa, ec, small);
    keys->jwks = mint_jwks(half, off);
    free(rsa);
    free(ec);
    free(small);
    free(off);
    free(half);
}

void keyring_free(struct keyring *keys)
{
    EVP_PKEY_free(keys->rsa);
    EVP_PKEY_free(keys->ec);
    EVP_PKEY_free(keys->small);
    free(keys->jwks);
}

static char *copy(const char *text, size_t len)
{
    char *out = strndup(text, len);

    NEED(out != NULL);
    return out;
}

/* The configuration. */

static void setting_free(struct setting *setting)
{
    free(setting->section);
    free(setting->name);
    free(setting->value);
}

void world_set(struct world *world, const char *where, const char *value)
{
    const char *dot = strchr(where, '.');
    size_t i;

    if (dot == NULL) {
        complain("a setting is section.name", where);
        return;
    }
    for (i = 0; i < world->setting_count; i++) {
        struct setting *old = &world->setting[i];

        if (strlen(old->section) == (size_t)(dot - where) &&
            strncmp(old->section, where, strlen(old->section)) == 0 &&
            strcmp(old->name, dot + 1) == 0) {
            free(old->value);
            old->value = value == NULL ? NULL : copy(value, strlen(value));
            return;
        }
    }
    world->setting = realloc(world->setting, (world->setting_count + 1) * sizeof(*world->setting));
    NEED(world->setting != NULL);
    world->setting[world->setting_count++] =
        (struct setting){copy(where, (size_t)(dot - where)), copy(dot + 1, strlen(dot + 1)),
                         value == NULL ? NULL : copy(value, strlen(value))};
}

void world_write_config(const struct world *world)
{
    static const char *const sections[][2] = {
        {"global", "[global]"}, {"tenant", "[tenant main]"}, {"service", "[service test]"}};
    char *path;
    FILE *file;
    size_t i, j;

    if (world->own_config) {
        return;
    }
    write_file(world->files.path, "auth0jwt.conf", "");
    path = format("%s/auth0jwt.conf", world->files.path);
    file = fopen(path, "we");
    NEED(file != NULL);
    for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        fprintf(file, "%s\n", sections[i][1]);
        for (j = 0; j < world->setting_count; j++) {
            if (strcmp(world->setting[j].section, sections[i][0]) == 0 &&
                world->setting[j].value != NULL) {
                char *value = world_fill(world, world->setting[j].value);

                fprintf(file, "%s = %s\n", world->setting[j].name, value);
                free(value);
            }
        }
    }
    NEED(fclose(file) == 0);
    free(path);
}

void world_write_cache(const struct world *world, int64_t checked)
{
    char *body = format("{\"issuer\":\"https://tenant.test/\","
                        "\"jwks_uri\":\"https://tenant.test/.well-known/jwks.json\","
                        "\"etag\":\"\",\"last_modified\":\"\",\"fetched\":%lld,\"checked\":%lld,"
                        "\"date_skew\":0,%s",
                        (long long)checked, (long long)checked, world->keys->jwks + 1);
    unsigned char digest[EVP_MAX_MD_SIZE];
    char *folder = format("%s/cache", world->files.path);
    char *hex = format("%s", "");
    char *text;
    size_t i, len = 0;

    NEED(EVP_Q_digest(NULL, "SHA256", NULL, body, strlen(body), digest, &len) == 1);
    for (i = 0; i < len; i++) {
        char *longer = format("%s%02x", hex, digest[i]);

        free(hex);
        hex = longer;
    }
    text = format("auth0jwt-keys 1 %s %zu\n%s", hex, strlen(body), body);
    write_file(folder, "main.keys", text);
    free(text);
    free(hex);
    free(folder);
    free(body);
}

void world_make(struct world *world, const struct keyring *keys, const char *module,
                const char *probe)
{
    static const char *const usual[][2] = {
        {"global.accounts_file", "${dir}/accounts"},
        {"global.groups_file", "${dir}/groups"},
        {"global.revoked_file", "${dir}/revoked"},
        {"global.cache_dir", "${dir}/cache"},
        {"global.run_dir", "${dir}/run"},
        {"global.state_dir", "${dir}/state"},
        {"global.refresh_program", "/usr/bin/false"},
        {"tenant.issuer", "https://tenant.test/"},
        {"tenant.audience", "https://login.example.com"},
        {"tenant.authorized_parties", "*"},
        {"tenant.algorithms", "RS256 ES256"},
        {"tenant.jwks_file", "${dir}/keys.json"},
        {"service.require", "none"},
    };
    static const char *const folders[] = {"cache", "run", "state", "pam"};
    size_t i;

    *world = (struct world){.keys = keys, .module = module, .probe = probe};
    world->now = (int64_t)time(NULL);
    scratch_make(&world->files);
    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        scratch_folder(&world->files, folders[i], 0755);
    }
    for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        world_set(world, usual[i][0], usual[i][1]);
    }
    write_file(world->files.path, "accounts", "main auth0|alice alice\n");
    write_file(world->files.path, "groups", "");
    write_file(world->files.path, "revoked", "");
    write_file(world->files.path, "keys.json", keys->jwks);
    world_write_config(world);
}

void world_remove(struct world *world)
{
    size_t i;

    scratch_remove(&world->files);
    for (i = 0; i < world->setting_count; i++) {
        setting_free(&world->setting[i]);
    }
    free(world->setting);
    for (i = 0; i < world->token_count; i++) {
        free(world->token[i].name);
        free(world->token[i].text);
    }
    free(world->token);
    *world = (struct world){0};
}

/* Filling in. */

const char *world_find_token(const struct world *world, const char *name)
{
    size_t i;

    for (i = 0; i < world->token_count; i++) {
        if (strcmp(world->token[i].name, name) == 0) {
            return world->token[i].text;
        }
    }
    return NULL;
}

static char *repeat(const char *unit, size_t unit_len, size_t count)
{
    char *out = malloc(count + 1);
    size_t i;

    NEED(out != NULL);
    for (i = 0; i < count; i++) {
        out[i] = unit[i % unit_len];
    }
    out[count] = '\0';
    return out;
}

static char *piece(const char *token, const char *numbers)
{
    char *end = NULL;
    size_t from = strtoul(numbers, &end, 10);
    size_t len = strlen(token);
    size_t count;

    from = from < len ? from : len;
    count = *end == ':' ? strtoul(end + 1, NULL, 10) : len;
    return copy(token + from, count < len - from ? count : len - from);
}

/* What stands between ${ and }. */
static char *value_of(const struct world *world, const char *inside)
{
    char *colon = strchr(inside, ':');
    char *name = colon == NULL ? format("%s", inside) : copy(inside, (size_t)(colon - inside));
    const char *token = world_find_token(world, name);
    char *out = NULL;

    if (token != NULL) {
        out = colon == NULL ? format("%s", token) : piece(token, colon + 1);
    } else if (strcmp(name, "fake") == 0 && colon != NULL) {
        out = repeat("\b\n\r\177INCORRECT", 13, strtoul(colon + 1, NULL, 10));
    } else if (inside[0] != '\0' && inside[1] == '*') {
        out = repeat(inside, 1, strtoul(inside + 2, NULL, 10));
    } else if (strncmp(name, "now", 3) == 0) {
        out = format("%lld", (long long)world->now + strtoll(inside + 3, NULL, 10));
    } else if (strcmp(name, "dir") == 0) {
        out = format("%s", world->files.path);
    } else if (strcmp(name, "part") == 0) {
        out = format("%zu", world->part);
    } else {
        complain("nothing is known of", inside);
    }
    free(name);
    return out;
}

char *world_fill(const struct world *world, const char *text)
{
    char *out = format("%s", "");

    while (*text != '\0') {
        const char *open = strstr(text, "${");
        const char *close = open == NULL ? NULL : strchr(open, '}');
        char *inside, *value, *longer;

        if (close == NULL) {
            longer = format("%s%s", out, text);
            free(out);
            return longer;
        }
        inside = copy(open + 2, (size_t)(close - open - 2));
        value = value_of(world, inside);
        longer = format("%s%.*s%s", out, (int)(open - text), text, value);
        free(inside);
        free(value);
        free(out);
        out = longer;
        text = close + 1;
    }
    return out;
}
