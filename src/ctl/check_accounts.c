/*
 * The accounts file, line by line: accounts that passwd does not know or the uid rules forbid,
 * lines that say what an earlier one says, subjects that only a literal line can match.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/check_accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "host/accounts.h"

/* A directory service answers slowly; nobody waits for more. */
enum { LOOKUPS_MAX = 10000 };

static const char about[] = "accounts";

/* One line, to be compared with the others. */
struct entry {
    char *key;
    size_t number;
};

struct walk {
    const struct config *config;
    struct findings *findings;
    struct entry *entry;
    size_t count;
    size_t room;
    size_t lookups;
    bool no_memory;
};

static void warn(const struct walk *walk, size_t number, const char *what)
{
    findings_add(walk->findings, FINDING_WARNING, about, "%s:%zu: %s",
                 walk->config->global.accounts_file, number, what);
}

/* A column of a literal line without its escapes, of a pattern as written. */
static struct bytes column_text(const struct map_line *line, const struct map_column *column)
{
    return line->left.star ? column->written : column->before;
}

/* Remembers what the line says. US (0x1f) stands in no column. */
static bool remember(struct walk *walk, const struct map_line *line, size_t number)
{
    struct bytes subject = column_text(line, &line->left);
    struct bytes account = column_text(line, &line->right);
    char *key = NULL;

    if (walk->count == walk->room) {
        size_t room = walk->room == 0 ? 64 : walk->room * 2;
        struct entry *grown = reallocarray(walk->entry, room, sizeof(*grown));

        if (grown == NULL) {
            return false;
        }
        walk->entry = grown;
        walk->room = room;
    }
    if (asprintf(&key, "%.*s\x1f%.*s\x1f%.*s\x1f%d", (int)line->tenant.len,
                 (const char *)line->tenant.ptr, (int)subject.len, (const char *)subject.ptr,
                 (int)account.len, (const char *)account.ptr, line->left.star) < 0) {
        return false;
    }
    walk->entry[walk->count++] = (struct entry){key, number};
    return true;
}

/* The name that the third column writes out; NULL where a * or a \ makes it depend on more, or
 * without memory. */
static char *plain_account(const struct map_line *line)
{
    struct bytes account = column_text(line, &line->right);
    bool plain =
        bytes_find(account, '*') == account.len && bytes_find(account, '\\') == account.len;

    return plain || !line->left.star ? bytes_to_string(account) : NULL;
}

static void check_account(struct walk *walk, const struct map_line *line, size_t number)
{
    enum account_match match = line->left.star ? ACCOUNT_MATCH_PATTERN : ACCOUNT_MATCH_LITERAL;
    struct text why = {0};
    struct text message = {0};
    char *account = plain_account(line);

    if (account != NULL && walk->lookups++ < LOOKUPS_MAX &&
        account_check(walk->config, account, match, &why) == REASON_ACCOUNT_REFUSED) {
        text_add_quoted(&message, "nobody can log in as ", bytes_of(account));
        text_add(&message, ": %s", why.at);
        warn(walk, number, message.at);
    }
    free(account);
}

static bool visit(void *context, const struct map_line *line, size_t number)
{
    struct walk *walk = context;

    if (line->left.star && bytes_end_with(line->left.written, "@clients")) {
        warn(walk, number, "tokens of applications match literal lines only: name each client");
    }
    check_account(walk, line, number);
    walk->no_memory = !remember(walk, line, number);
    return !walk->no_memory;
}

static int compare(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    int order = strcmp(left->key, right->key);

    return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

static void find_repetitions(struct walk *walk)
{
    size_t i;

    if (walk->count > 1) {
        qsort(walk->entry, walk->count, sizeof(*walk->entry), compare);
    }
    for (i = 1; i < walk->count; i++) {
        if (strcmp(walk->entry[i - 1].key, walk->entry[i].key) == 0) {
            char what[64];

            snprintf(what, sizeof(what), "says what line %zu says: remove one",
                     walk->entry[i - 1].number);
            warn(walk, walk->entry[i].number, what);
        }
    }
}

/* Does any tenant name accounts in its tokens? */
static bool any_account_claim(const struct config *config)
{
    size_t i;

    for (i = 0; i < config->tenant_count; i++) {
        if (config->tenant[i].account_claim != NULL) {
            return true;
        }
    }
    return false;
}

static void summarise(const struct walk *walk)
{
    const char *path = walk->config->global.accounts_file;

    if (walk->count == 0 && !any_account_claim(walk->config)) {
        findings_add(walk->findings, FINDING_WARNING, about,
                     "%s has no line: nobody can log in; add TENANT SUBJECT ACCOUNT", path);
    } else {
        findings_add(walk->findings, FINDING_OK, about, "%s: %zu line%s", path, walk->count,
                     walk->count == 1 ? "" : "s");
    }
    if (walk->lookups > LOOKUPS_MAX) {
        findings_add(walk->findings, FINDING_OK, about, "only the first %d accounts were looked up",
                     LOOKUPS_MAX);
    }
}

void check_accounts(const struct config *config, struct findings *findings)
{
    struct walk walk = {.config = config, .findings = findings};
    struct text why = {0};
    enum reason reason = accounts_each(config, visit, &walk, &why);
    size_t i;

    if (reason != REASON_ACCEPTED) {
        findings_add(findings, FINDING_ERROR, about, "%s", why.at);
    } else if (walk.no_memory) {
        findings_add(findings, FINDING_ERROR, about, "out of memory");
    } else {
        find_repetitions(&walk);
        summarise(&walk);
    }
    for (i = 0; i < walk.count; i++) {
        free(walk.entry[i].key);
    }
    free(walk.entry);
}
