/*
 * The reason table, expanded from reason.def. An unknown value answers as `internal` does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/reason.h"

#include <stddef.h>
#include <syslog.h>

struct row {
    const char *name;
    const char *check;
    const char *text;
    int level;
};

static const struct row rows[REASON_COUNT] = {
#define REASON(id, name, check, pam, level, text) [REASON_##id] = {name, check, text, LOG_##level},
#include "base/reason.def"
#undef REASON
};

static const struct row *row_of(enum reason reason)
{
    size_t index = (size_t)reason;

    return &rows[index < REASON_COUNT ? index : REASON_INTERNAL];
}

const char *reason_name(enum reason reason)
{
    return row_of(reason)->name;
}

const char *reason_check(enum reason reason)
{
    return row_of(reason)->check;
}

const char *reason_text(enum reason reason)
{
    return row_of(reason)->text;
}

int reason_level(enum reason reason)
{
    return row_of(reason)->level;
}
