/*
 * The accounts file: one pass over all its lines, because one that is malformed refuses them all.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/accounts.h"

#include "host/config_files.h"

/* NULL, or what is wrong with the first column. */
static const char *judge_tenant(const struct config *config, struct bytes name)
{
    if (bytes_equal_string(name, "*")) {
        return config->tenant_count == 1
                   ? NULL
                   : "* stands for the tenant where there is not exactly one: name it";
    }
    return config_find_tenant(config, name) != NULL
               ? NULL
               : "the first column names no tenant of the configuration: correct it, or add the "
                 "[tenant NAME] section";
}

static enum reason visit_lines(const struct config *config, struct bytes text,
                               account_visitor *visit, void *context, struct text *why)
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

enum reason accounts_each(const struct config *config, account_visitor *visit, void *context,
                          struct text *why)
{
    const struct global *global = &config->global;
    struct blob text;
    enum reason r = named_file_read("accounts_file", global->accounts_file,
                                    global->accounts_file_named, &text, why);

    if (r == REASON_ACCEPTED) {
        r = visit_lines(config, bytes_of_blob(&text), visit, context, why);
    }
    blob_free(&text);
    return r;
}

static bool pass_over(void *context, const struct map_line *line, size_t number)
{
    (void)context;
    (void)line;
    (void)number;
    return true;
}

enum reason accounts_check(const struct config *config, struct text *why)
{
    return accounts_each(config, pass_over, NULL, why);
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
    r = accounts_each(config, search_line, &search, why);
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
