/*
 * Tokens of a case: a good one, and what its lines change about it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/mint.h"
#include "world.h"

#define NEED(condition) need((condition), #condition)

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "recipe: this failed: %s\n", what);
        exit(99);
    }
}

static void complain(const char *what, const char *text)
{
    fprintf(stderr, "recipe: %s: %s\n", what, text);
    exit(99);
}

enum { MEMBERS_MAX = 32 };

struct members {
    char *name[MEMBERS_MAX];
    char *json[MEMBERS_MAX]; /* NULL: taken away */
    size_t count;
};

static void member_set(struct members *members, const char *name, const char *json)
{
    size_t i = 0;

    while (i < members->count && strcmp(members->name[i], name) != 0) {
        i++;
    }
    if (i == members->count) {
        NEED(i < MEMBERS_MAX);
        members->name[i] = format("%s", name);
        members->count++;
    } else {
        free(members->json[i]);
    }
    members->json[i] = json == NULL ? NULL : format("%s", json);
}

static void members_free(struct members *members)
{
    size_t i;

    for (i = 0; i < members->count; i++) {
        free(members->name[i]);
        free(members->json[i]);
    }
}

static char *members_json(const struct world *world, const struct members *members)
{
    char *out = format("{");
    char *closed;
    size_t i;

    for (i = 0; i < members->count; i++) {
        if (members->json[i] != NULL) {
            char *value = world_fill(world, members->json[i]);
            char *longer =
                format("%s%s\"%s\":%s", out, out[1] == '\0' ? "" : ",", members->name[i], value);

            free(value);
            free(out);
            out = longer;
        }
    }
    closed = format("%s}", out);
    free(out);
    return closed;
}

struct recipe {
    struct members header;
    struct members claims;
    const char *key;
    const char *text;
    size_t length;
    bool broken;
};

static void recipe_line(struct recipe *recipe, char *line)
{
    char *equals = strstr(line, " = ");
    const char *value = equals == NULL ? NULL : equals + 3;
    struct members *members = &recipe->claims;
    const char *name = line;

    if (line[0] == '-') {
        name++;
    } else if (equals == NULL) {
        complain("a token's line is NAME = VALUE or -NAME", line);
    } else {
        *equals = '\0';
    }
    if (strcmp(name, "key") == 0 && value != NULL) {
        char *kid = format("\"%s\"", value);

        recipe->key = value;
        member_set(&recipe->header, "kid", kid);
        member_set(&recipe->header, "alg", strcmp(value, "ec") == 0 ? "\"ES256\"" : "\"RS256\"");
        free(kid);
    } else if (strcmp(name, "text") == 0) {
        recipe->text = value;
    } else if (strcmp(name, "length") == 0 && value != NULL) {
        recipe->length = strtoul(value, NULL, 10);
    } else if (strcmp(name, "signature") == 0) {
        recipe->broken = true;
    } else {
        if (strncmp(name, "header.", 7) == 0) {
            members = &recipe->header;
            name += 7;
        }
        member_set(members, name, value);
    }
}

static char *mint_recipe(const struct world *world, const struct recipe *recipe)
{
    bool ec = strcmp(recipe->key, "ec") == 0;
    EVP_PKEY *key = ec                                  ? world->keys->ec
                    : strcmp(recipe->key, "small") == 0 ? world->keys->small
                                                        : world->keys->rsa;
    char *header = members_json(world, &recipe->header);
    char *payload = members_json(world, &recipe->claims);
    char *token = mint_token(key, ec ? "ES256" : "RS256", header, payload);

    free(header);
    free(payload);
    return token;
}

static void pad(struct members *members, size_t count)
{
    char *dashes = malloc(count + 1);
    char *json;

    NEED(dashes != NULL);
    memset(dashes, '-', count);
    dashes[count] = '\0';
    json = format("\"%s\"", dashes);
    member_set(members, "pad", json);
    free(dashes);
    free(json);
}

/* Three characters of base64url carry two bytes or four three, so not every length can be had by
 * the claims alone: the header helps. */
static char *mint_length(const struct world *world, struct recipe *recipe)
{
    size_t extra;

    for (extra = 0; extra < 4; extra++) {
        size_t count = 0;
        char *token;

        pad(&recipe->header, extra);
        pad(&recipe->claims, 0);
        token = mint_recipe(world, recipe);
        while (strlen(token) < recipe->length) {
            size_t missing = recipe->length - strlen(token);

            count += missing * 3 / 4 > 0 ? missing * 3 / 4 : 1;
            free(token);
            pad(&recipe->claims, count);
            token = mint_recipe(world, recipe);
        }
        if (strlen(token) == recipe->length) {
            return token;
        }
        free(token);
    }
    complain("no token of the wanted length", "choose another");
    return NULL;
}

void world_token(struct world *world, const char *name, char *const *lines, size_t count)
{
    struct recipe recipe = {.key = "rsa"};
    char **own = calloc(count + 1, sizeof(*own));
    char *text;
    size_t i;

    NEED(own != NULL);
    member_set(&recipe.claims, "iss", "\"https://tenant.test/\"");
    member_set(&recipe.claims, "sub", "\"auth0|alice\"");
    member_set(&recipe.claims, "aud", "\"https://login.example.com\"");
    member_set(&recipe.claims, "iat", "${now-60}");
    member_set(&recipe.claims, "exp", "${now+600}");
    member_set(&recipe.claims, "azp", "\"app\"");
    member_set(&recipe.claims, "permissions", "[\"ssh:login\"]");
    member_set(&recipe.header, "alg", "\"RS256\"");
    member_set(&recipe.header, "typ", "\"JWT\"");
    member_set(&recipe.header, "kid", "\"rsa\"");
    for (i = 0; i < count; i++) {
        own[i] = format("%s", lines[i]);
        recipe_line(&recipe, own[i]);
    }
    text = recipe.text != NULL ? world_fill(world, recipe.text)
           : recipe.length > 0 ? mint_length(world, &recipe)
                               : mint_recipe(world, &recipe);
    if (recipe.broken) {
        char *signature = strrchr(text, '.') + 10;

        *signature = *signature == 'A' ? 'B' : 'A';
    }
    world->token = realloc(world->token, (world->token_count + 1) * sizeof(*world->token));
    NEED(world->token != NULL);
    world->token[world->token_count++] = (struct token_text){format("%s", name), text};
    for (i = 0; i < count; i++) {
        free(own[i]);
    }
    free(own);
    members_free(&recipe.header);
    members_free(&recipe.claims);
}
