/*
 * The rules for each kind of value: what follows a name in these complaints is a sentence without
 * its subject.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/option_kind.h"

#include "host/account_name.h"
#include "host/config.h"
#include "host/https_url.h"
#include "jwt/alg.h"

static const struct option_choice profiles[] = {{"either", TOKEN_PROFILE_EITHER},
                                                {"auth0", TOKEN_PROFILE_AUTH0},
                                                {"rfc9068", TOKEN_PROFILE_RFC9068},
                                                {NULL, 0}};
static const struct option_choice permission_claims[] = {
    {"permissions", PERMISSION_CLAIM_PERMISSIONS}, {"scope", PERMISSION_CLAIM_SCOPE}, {NULL, 0}};
static const struct option_choice account_types[] = {
    {"local", ACCOUNT_TYPE_LOCAL}, {"virtual", ACCOUNT_TYPE_VIRTUAL}, {NULL, 0}};
static const struct option_choice without_tokens[] = {
    {"ignore", WITHOUT_TOKEN_IGNORE}, {"deny", WITHOUT_TOKEN_DENY}, {NULL, 0}};
static const struct option_choice booleans[] = {{"yes", true}, {"no", false}, {NULL, 0}};

static const char *rule_proxy(struct bytes text)
{
    if (!bytes_begin_with(text, "http://") && !bytes_begin_with(text, "https://")) {
        return "is no proxy's address: begin it with http:// or https://";
    }
    if (bytes_find(text, '@') < text.len) {
        return "holds a user or a password, which everybody on this host could read: use a proxy "
               "that asks for none";
    }
    return NULL;
}

static const char *rule_path(struct bytes text)
{
    return bytes_begin_with(text, "/") ? NULL : "is not an absolute path: begin it with /";
}

static const char *rule_claim_name(struct bytes text)
{
    return bytes_find(text, ':') < text.len
               ? NULL
               : "names no namespaced claim: its name must contain a colon, as in "
                 "https://example.com/account, because users may edit the others";
}

static const char *rule_url(struct bytes text)
{
    struct https_url url;

    return https_url_parse(text, &url);
}

static const char *rule_issuer(struct bytes text)
{
    struct https_url url;
    const char *wrong = https_url_parse(text, &url);

    if (wrong == NULL && https_url_of_auth0(&url) && url.path.len == 0) {
        return "has no / at its end: Auth0's issuers have one, and every byte counts; add it";
    }
    return wrong;
}

static const char *word_no_star(struct bytes word)
{
    return bytes_equal_string(word, "*") ? "is no pattern here: name each one" : NULL;
}

static const char *word_algorithm(struct bytes word)
{
    return alg_find(word) != ALG_UNKNOWN ? NULL
                                         : "is none of RS256 RS384 RS512 PS256 PS384 PS512 ES256 "
                                           "ES384 ES512 EdDSA";
}

static const char *word_claim_value(struct bytes word)
{
    size_t equals = bytes_find(word, '=');

    return equals > 0 && equals + 1 < word.len
               ? NULL
               : "is not NAME=VALUE: write the claim's name, = and the value that it must have";
}

/* Groups of a directory may have spaces in their names. */
static bool is_group_name(struct bytes name)
{
    return name.len > 0 && bytes_find(name, ':') == name.len && bytes_find(name, '/') == name.len;
}

static const char *word_exempt(struct bytes word)
{
    bool group = bytes_begin_with(word, "%");
    bool good = group ? is_group_name(bytes_from(word, 1)) : account_name_is_safe(word);

    return good && bytes_find(word, '*') == word.len
               ? NULL
               : "is no account name and no %group: there are no patterns here";
}

static const char *list_parties(const struct strings *list)
{
    return list->count > 1 && strings_contain(list, bytes_of("*"))
               ? "has * beside client ids: write * alone, or the client ids only"
               : NULL;
}

static const char *list_require(const struct strings *list)
{
    return list->count > 1 && strings_contain(list, bytes_of("none"))
               ? "has none beside permissions: write none alone, or the permissions only"
               : NULL;
}

static const struct option_kind_row rows[OPTION_KIND_COUNT] = {
    [OPTION_KIND_PATH] = {OPTION_SHAPE_STRING, NULL, rule_path, NULL, NULL, NULL},
    [OPTION_KIND_FILE] = {OPTION_SHAPE_STRING, NULL, rule_path, NULL, NULL, NULL},
    [OPTION_KIND_PROXY] = {OPTION_SHAPE_STRING, NULL, rule_proxy, NULL, NULL, NULL},
    [OPTION_KIND_PROMPT] = {OPTION_SHAPE_STRING, NULL, NULL, NULL, NULL, NULL},
    [OPTION_KIND_CLAIM_NAME] = {OPTION_SHAPE_STRING, NULL, rule_claim_name, NULL, NULL, NULL},
    [OPTION_KIND_ISSUER] = {OPTION_SHAPE_STRING, NULL, rule_issuer, NULL, NULL, NULL},
    [OPTION_KIND_URL] = {OPTION_SHAPE_STRING, NULL, rule_url, NULL, NULL, NULL},
    [OPTION_KIND_NUMBER] = {OPTION_SHAPE_NUMBER, NULL, NULL, NULL, NULL, NULL},
    [OPTION_KIND_DURATION] = {OPTION_SHAPE_NUMBER, NULL, NULL, NULL, NULL, NULL},
    [OPTION_KIND_BOOLEAN] = {OPTION_SHAPE_BOOL, booleans, NULL, NULL, NULL, NULL},
    [OPTION_KIND_ALGORITHMS] = {OPTION_SHAPE_ALGORITHMS, NULL, NULL, word_algorithm, NULL, NULL},
    [OPTION_KIND_PROFILE] = {OPTION_SHAPE_INT, profiles, NULL, NULL, NULL, NULL},
    [OPTION_KIND_PERMISSION_CLAIM] = {OPTION_SHAPE_INT, permission_claims, NULL, NULL, NULL, NULL},
    [OPTION_KIND_ACCOUNT_TYPE] = {OPTION_SHAPE_INT, account_types, NULL, NULL, NULL, NULL},
    [OPTION_KIND_WITHOUT_TOKEN] = {OPTION_SHAPE_INT, without_tokens, NULL, NULL, NULL, NULL},
    [OPTION_KIND_WORDS] = {OPTION_SHAPE_STRINGS, NULL, NULL, NULL, NULL, NULL},
    [OPTION_KIND_AUDIENCES] = {OPTION_SHAPE_STRINGS, NULL, NULL, word_no_star, NULL, NULL},
    [OPTION_KIND_PARTIES] = {OPTION_SHAPE_STRINGS, NULL, NULL, NULL, list_parties, "*"},
    [OPTION_KIND_ORGANIZATIONS] = {OPTION_SHAPE_STRINGS, NULL, NULL, word_no_star, NULL, NULL},
    [OPTION_KIND_REQUIRE] = {OPTION_SHAPE_STRINGS, NULL, NULL, NULL, list_require, "none"},
    [OPTION_KIND_CLAIM_VALUES] = {OPTION_SHAPE_STRINGS, NULL, NULL, word_claim_value, NULL, NULL},
    [OPTION_KIND_EXEMPT] = {OPTION_SHAPE_STRINGS, NULL, NULL, word_exempt, NULL, NULL},
};

const struct option_kind_row *option_kind_row(enum option_kind kind)
{
    return &rows[kind];
}
