/*
 * Looking into the two revoked lists for a line that this version could only ignore.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/revoked.h"

#include "host/config_files.h"
#include "host/lines.h"

static enum reason check_text(const char *path, struct bytes content, struct text *why)
{
    struct lines lines = {content, 0};
    const char *wrong;
    struct bytes line;
    enum line_kind kind = lines_next(&lines, &line, &wrong);

    if (kind == LINE_END) {
        return REASON_ACCEPTED;
    }
    text_set(why, "%s:%zu: %s", path, lines.number,
             kind == LINE_BAD ? wrong
                              : "revoked lists are not supported yet by this version, and ignoring "
                                "one would let revoked tokens in: remove the line, and rotate the "
                                "tenant's signing key or remove the account's map line instead");
    return REASON_CONFIG_ERROR;
}

static enum reason check_list(const char *path, bool named, struct text *why)
{
    struct blob content;
    enum reason r = named_file_read("revoked_file", path, named, &content, why);

    if (r == REASON_ACCEPTED) {
        r = check_text(path, bytes_of_blob(&content), why);
    }
    blob_free(&content);
    return r;
}

enum reason revoked_check(const struct config *config, struct text *why)
{
    const struct global *global = &config->global;
    struct text written = {0};
    enum reason r = check_list(global->revoked_file, global->revoked_file_named, why);

    if (r != REASON_ACCEPTED) {
        return r;
    }
    text_set(&written, "%s/revoked", global->state_dir);
    if (written.cut) {
        text_set(why, "state_dir is too long a path: shorten it");
        return REASON_CONFIG_ERROR;
    }
    return check_list(written.at, false, why);
}
