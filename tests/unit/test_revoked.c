/*
 * The revoked lists, which this version refuses as soon as they say anything.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"
#include "fail_alloc.h"
#include "host/revoked.h"

static struct scratch scratch;
static struct config *config;

static void assert_refused(const char *complaint)
{
    struct text why = {0};
    struct text begin = {0};

    text_set(&begin, "%s/%s", scratch.path, complaint);
    assert_int_equal(revoked_check(config, &why), REASON_CONFIG_ERROR);
    if (strncmp(why.at, begin.at, begin.len) != 0) {
        print_error("wanted: %s\n   got: %s\n", begin.at, why.at);
    }
    assert_memory_equal(why.at, begin.at, begin.len);
}

static void assert_accepted(void)
{
    struct text why = {0};

    assert_int_equal(revoked_check(config, &why), REASON_ACCEPTED);
    assert_int_equal(why.len, 0);
    assert_int_equal(revoked_check(config, NULL), REASON_ACCEPTED);
}

static void test_empty(void **state)
{
    (void)state;
    assert_accepted(); /* empty, and no state_dir at all */
    scratch_write(&scratch, "revoked", "\n  # main token x\n#\n\t\n");
    assert_accepted();
    scratch_folder(&scratch, "state", 0755);
    assert_accepted();
    scratch_write(&scratch, "state/revoked", "# nothing\n");
    assert_accepted();
}

static void test_lines(void **state)
{
    (void)state;
    scratch_write(&scratch, "revoked", "# x\n\nmain jti abc\n");
    assert_refused("revoked:3: revoked lists are not supported yet by this version, and ignoring "
                   "one would let revoked tokens in: remove the line");
    scratch_write(&scratch, "revoked", "x");
    assert_refused("revoked:1: revoked lists are not supported yet");
    scratch_write(&scratch, "revoked", "#\r\n");
    assert_refused("revoked:1: the line ends in CR LF");
    scratch_write(&scratch, "revoked", "");
    scratch_write(&scratch, "state/revoked", "#\n main all *\n");
    assert_refused("state/revoked:2: revoked lists are not supported yet");
    scratch_write_bytes(&scratch, "state/revoked", "\0", 1);
    assert_refused("state/revoked:1: there is a control character");
    scratch_write(&scratch, "state/revoked", "");
    assert_accepted();
}

static void test_files(void **state)
{
    struct text why = {0};

    (void)state;
    scratch_mode(&scratch, "revoked", 0622);
    assert_refused("revoked can be written by group or others");
    scratch_mode(&scratch, "revoked", 0644);
    scratch_mode(&scratch, "state/revoked", 0666);
    assert_refused("state/revoked can be written by group or others");
    scratch_mode(&scratch, "state/revoked", 0644);
    scratch_mode(&scratch, "state", 0777);
    assert_refused("state can be written by group or others");
    scratch_mode(&scratch, "state", 0755);
    scratch_unlink(&scratch, "revoked");
    assert_int_equal(revoked_check(config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "/revoked does not exist: create it"));
    config->global.revoked_file_named = false;
    assert_accepted();
    config->global.revoked_file_named = true;
    scratch_write(&scratch, "revoked", "");
}

static void test_out_of_memory(void **state)
{
    struct text why = {0};
    unsigned long n;

    (void)state;
    for (n = 1; n <= 2; n++) {
        text_clear(&why);
        fail_alloc_at(n);
        assert_int_equal(revoked_check(config, &why), REASON_OUT_OF_MEMORY);
        assert_string_equal(why.at, "out of memory");
        assert_true(fail_alloc_done());
    }
    fail_alloc_at(3);
    assert_int_equal(revoked_check(config, NULL), REASON_ACCEPTED);
    assert_false(fail_alloc_done());
    fail_alloc_at(0);
}

static int set_up(void **state)
{
    struct text text = {0};

    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, "revoked", "");
    text_set(&text, "[global]\nrevoked_file = %s/revoked\nstate_dir = %s/state\n" BASE,
             scratch.path, scratch.path);
    config = config_text_good(&scratch, text.at);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    config_free(&config);
    scratch_remove(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
