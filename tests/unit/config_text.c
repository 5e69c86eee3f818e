/*
 * Loading a configuration from text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"

enum reason config_text_load(const struct scratch *scratch, struct config **config,
                             struct text *why)
{
    char path[SCRATCH_PATH];

    scratch_path(scratch, "a.conf", path);
    return config_load(path, NULL, config, why);
}

struct config *config_text_good(const struct scratch *scratch, const char *text)
{
    struct config *config = NULL;
    struct text why = {0};
    enum reason r;

    scratch_write(scratch, "a.conf", text);
    r = config_text_load(scratch, &config, &why);
    if (r != REASON_ACCEPTED) {
        print_error("%s\n--- for:\n%s\n", why.at, text);
    }
    assert_int_equal(r, REASON_ACCEPTED);
    assert_non_null(config);
    assert_int_equal(why.len, 0);
    return config;
}

void config_text_refused(const struct scratch *scratch, const char *file, const char *expected)
{
    struct config *config = (struct config *)1;
    struct text why = {0};
    struct text begin = {0};
    char path[SCRATCH_PATH];
    enum reason r = config_text_load(scratch, &config, &why);

    scratch_path(scratch, file, path);
    text_set(&begin, "%s:%s", path, expected);
    if (r != REASON_CONFIG_ERROR || strncmp(why.at, begin.at, begin.len) != 0) {
        print_error("wanted: %s\n   got: %s (%s)\n", begin.at, why.at, reason_name(r));
    }
    assert_int_equal(r, REASON_CONFIG_ERROR);
    assert_null(config);
    assert_memory_equal(why.at, begin.at, begin.len);
    assert_false(why.cut);
}

void config_text_all_refused(const struct scratch *scratch, const struct bad_text *cases,
                             size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        scratch_write(scratch, "a.conf", cases[i].text);
        config_text_refused(scratch, "a.conf", cases[i].complaint);
    }
}
