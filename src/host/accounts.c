/*
 * The accounts file: one pass over all its lines, because one that is malformed refuses them all.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/accounts.h"

#include <string.h>

#include "base/safe_file.h"
#include "host/map_line.h"

/* Sees every well-formed line; false stops. */
typedef bool line_visitor(void *context, const struct map_line *line, size_t number);

static bool knows_tenant(const struct config *config, struct bytes name)
{
    size_t i;

    for (i = 0; i < config->tenant_count; i++) {
        if (bytes_equal_string(name, config->tenant[i].name)) {
            return true;
        }
    }
    return false;
}

/* NULL, or what is wrong with the first column. */
static const char *judge_tenant(const struct config *config, struct bytes name)
{
    if (bytes_equal_string(name, "*")) {
        return config->tenant_count == 1
                   ? NULL
                   : "* stands for the tenant where there is not exactly one: name it";
    }
    return knows_tenant(config, name)
               ? NULL
               : "the first column names no tenant of the configuration: correct it, or add the "
                 "[tenant NAME] section";
}

static enum reason visit_lines(const struct config *config, struct bytes text, line_visitor *visit,
                               void *context, struct text *why)
{
    struct lines lines = {text, 0};
    struct map_line line;
    const char *wrong;

    for (;;) {
        enum line_kind kind = map_line_next(&lines, &line, &wrong);

        if (kind == LINE_END) {
            return REASON_ACCEPTED;
        }
        if (kind == LINE_TEXT) {
            wrong = judge_tenant(config, line.tenant);
        }
        if (wrong != NULL) {
            text_set(why, "%s:%zu: %s", config->global.accounts_file, lines.number, wrong);
            return REASON_CONFIG_ERROR;
        }
        if (!visit(context, &line, lines.number)) {
            return REASON_ACCEPTED;
        }
    }
}

static enum reason visit_file(const struct config *config, line_visitor *visit, void *context,
                              struct text *why)
{
    struct blob text;
    enum reason r;

    switch (safe_file_read(config->global.accounts_file, MAP_FILE_MAX, &text, why)) {
    case SAFE_FILE_OK:
        break;
    case SAFE_FILE_MISSING:
        text_set(why, "accounts_file %s does not exist: create it", config->global.accounts_file);
        return config->global.accounts_file_named ? REASON_CONFIG_ERROR : REASON_ACCEPTED;
    case SAFE_FILE_NO_MEMORY:
        return REASON_OUT_OF_MEMORY;
    case SAFE_FILE_UNSAFE:
    default:
        return REASON_CONFIG_ERROR;
    }
    r = visit_lines(config, bytes_of_blob(&text), visit, context, why);
    blob_free(&text);
    return r;
}

/* Who is looked for, and the best that was found. */
struct search {
    struct bytes tenant;
    struct bytes subject;
    struct bytes account;
    bool machine;
    enum account_match best;
};

static enum account_match match_of(const struct map_line *line)
{
    if (!line->left.star) {
        return ACCOUNT_MATCH_LITERAL;
    }
    return line->right.star ? ACCOUNT_MATCH_MADE : ACCOUNT_MATCH_PATTERN;
}

static bool search_line(void *context, const struct map_line *line, size_t number)
{
    struct search *search = context;
    enum account_match match = match_of(line);
    struct bytes stood;

    (void)number;
    if (match <= search->best || (search->machine && match != ACCOUNT_MATCH_LITERAL)) {
        return true;
    }
    if (!bytes_equal_string(line->tenant, "*") && !bytes_equal(line->tenant, search->tenant)) {
        return true;
    }
    if (map_column_match(&line->left, search->subject, &stood) &&
        map_column_repeat(&line->right, stood, search->account)) {
        search->best = match;
    }
    return true;
}

enum reason accounts_map(const struct config *config, const struct tenant *tenant,
                         const struct access_token *token, const char *user,
                         enum account_match *match, struct text *why)
{
    const struct claims *claims = &token->claims;
    struct search search = {bytes_of(tenant->name), claims->sub, bytes_of(user),
                            claims_of_machine(claims), ACCOUNT_MATCH_NONE};
    enum reason r;

    *match = ACCOUNT_MATCH_NONE;
    r = visit_file(config, search_line, &search, why);
    if (r != REASON_ACCEPTED) {
        return r;
    }
    if (search.best == ACCOUNT_MATCH_NONE && !search.machine && tenant->account_claim != NULL &&
        claims->account.len > 0 && bytes_equal(claims->account, search.account)) {
        search.best = ACCOUNT_MATCH_MADE;
    }
    if (search.best == ACCOUNT_MATCH_NONE) {
        text_set(why,
                 search.machine ? "no literal line of %s lets this program be this account"
                                : "nothing in %s lets this subject be this account",
                 config->global.accounts_file);
        return REASON_ACCOUNT_NOT_MAPPED;
    }
    *match = search.best;
    return REASON_ACCEPTED;
}

struct visit {
    account_visitor *visit;
    void *context;
};

static bool visit_line(void *context, const struct map_line *line, size_t number)
{
    const struct visit *visit = context;
    bool literal = !line->left.star;
    struct account_line seen = {
        .tenant = line->tenant,
        .subject = literal ? line->left.before : line->left.written,
        .account = literal ? line->right.before : line->right.written,
        .literal = literal,
        .number = number,
    };

    return visit->visit(visit->context, &seen);
}

enum reason accounts_each(const struct config *config, account_visitor *visit, void *context,
                          struct text *why)
{
    struct visit both = {visit, context};

    return visit_file(config, visit_line, &both, why);
}
