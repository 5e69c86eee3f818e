/*
 * auth0jwt.conf as a whole: the grammar of its lines and sections, its files and drop-ins, and
 * memory that runs out.
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
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_text.h"
#include "fail_alloc.h"
#include "host/config_files.h"

static struct scratch scratch;

#define REFUSED(cases) config_text_all_refused(&scratch, cases, sizeof(cases) / sizeof((cases)[0]))

/* --- what the log said ---------------------------------------------------------------------- */

struct heard {
    int count;
    int level;
    char line[512];
};

static void hear(void *context, int level, const char *line)
{
    struct heard *heard = context;

    heard->count++;
    heard->level = level;
    snprintf(heard->line, sizeof(heard->line), "%s", line);
}

/* --- lines and sections --------------------------------------------------------------------- */

static void test_line_grammar(void **state)
{
    static const struct bad_text cases[] = {
        {"issuer = x\n", "1: the line stands before the first [section]: put it behind one"},
        {"# c\n\n[tenant main\n", "3: the section has no closing ], or something stands behind"},
        {"[tenant main] # c\n", "1: the section has no closing ], or something stands behind"},
        {"[tenant main]\nissuer\n", "2: there is no = in the line: write key = value"},
        {"[tenant main]\n = x\n", "2: there is no key before the ="},
        {"[tenant main]\nissuer =\n", "2: there is no value behind the ="},
        {"[tenant main]\nissuer = \t \n", "2: there is no value behind the ="},
        {"[tenant main]\r\n", "1: the line ends in CR LF: save the file with Unix line ends"},
        {"[tenant main]\nissuer = a\rb\n", "2: there is a control character in the line"},
        {"[tenant main]\n# \033[2J\n", "2: there is a control character in the line"},
        {"[tenant main]\nissuer = \x7f\n", "2: there is a control character in the line"},
        {"[tenant main]\nissuer = x\v\n", "2: there is a control character in the line"},
        {"\xef\xbb\xbf[global]\n", "1: the file begins with a byte order mark"},
        {"[global]\n\xef\xbb\xbf# x\n", "2: there is no = in the line"},
        {"[globl]\n", "1: there is no section \"globl\": write [global], [tenant NAME] or"},
        {"[]\n", "1: there is no section \"\": write [global]"},
        {"[global x]\n", "1: there is no section \"global x\""},
        {"[Global]\n", "1: there is no section \"Global\""},
        {"[tenant]\n", "1: a tenant is named by one word of a-z, 0-9, _ and -"},
        {"[tenant a b]\n", "1: a tenant is named by one word"},
        {"[tenant Main]\n", "1: a tenant is named by one word"},
        {"[tenant -a]\n", "1: a tenant is named by one word"},
        {"[tenant ../x]\n", "1: a tenant is named by one word"},
        {"[tenant abcdefghijabcdefghijabcdefghij123]\n", "1: a tenant is named by one word"},
        {"[service]\n", "1: the section names no service: write [service NAME...]"},
        {"[service a\\]\n", "1: the section names no service"},
        {"[service Sshd]\n", "1: a section cannot be for the service \"Sshd\": PAM's service"},
        {"[service a/b]\n", "1: a section cannot be for the service \"a/b\""},
        {"[service a b a]\n", "1: a service is named twice in the header"},
        {"[service * sshd]\n", "1: * stands beside other services: write [service *] alone"},
        {"[tenant main]\nx=1\n",
         "2: [tenant] has no key \"x\": correct or remove it, or name it in "
         "ignore_unknown"},
        {"[tenant main]\nIssuer=1\n", "2: [tenant] has no key \"Issuer\""},
        {"[global]\nissuer=1\n", "2: [global] has no key \"issuer\": it belongs in a [tenant] sec"},
        {"[tenant main]\na\"\\b = 1\n", "2: [tenant] has no key \"a\\x22\\x5cb\""},
    };

    (void)state;
    REFUSED(cases);
    scratch_write_bytes(&scratch, "a.conf", "[global]\nmin_uid = 1\0\n", 22);
    config_text_refused(&scratch, "a.conf", "2: there is a control character in the line");
}

static void test_sizes(void **state)
{
    static const char head[] = "[global]\n#";
    char *text = malloc(1024 * 1024 + 2);
    size_t len = sizeof(head) - 1;
    char path[SCRATCH_PATH];
    struct config *config = NULL;
    struct text why = {0};

    (void)state;
    assert_non_null(text);
    memset(text, 'x', 1024 * 1024 + 1);
    memcpy(text, head, len);
    scratch_write_bytes(&scratch, "a.conf", text, 9 + 4096);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_ACCEPTED);
    config_free(&config);
    scratch_write_bytes(&scratch, "a.conf", text, 9 + 4097);
    config_text_refused(&scratch, "a.conf", "2: the line is longer than 4096 bytes: shorten it");
    memset(text, '\n', 1024 * 1024 + 1);
    scratch_write_bytes(&scratch, "a.conf", text, 1024 * 1024);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_ACCEPTED);
    config_free(&config);
    scratch_write_bytes(&scratch, "a.conf", text, 1024 * 1024 + 1);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    scratch_path(&scratch, "a.conf", path);
    assert_memory_equal(why.at, path, strlen(path));
    assert_string_equal(why.at + strlen(path),
                        " is larger than 1048576 bytes: make it smaller, or name another file");
    free(text);
}

static void test_white_space_and_comments(void **state)
{
    struct config *config =
        config_text_good(&scratch, "\n  # indented comment\n\t[tenant   main]  \n"
                                   "  issuer=https://example.eu.auth0.com/\t\n"
                                   "audience\t=  https://a https://b\n#issuer = x\n"
                                   "authorized_parties=one\ttwo  three\n"
                                   "[ service sshd\tsudo ]\nrequire=none");

    (void)state;
    assert_int_equal(config->tenant_count, 1);
    assert_string_equal(config->tenant[0].issuer, "https://example.eu.auth0.com/");
    assert_int_equal(config->tenant[0].audience.count, 2);
    assert_string_equal(config->tenant[0].audience.item[1], "https://b");
    assert_int_equal(config->tenant[0].authorized_parties.count, 3);
    assert_int_equal(config->service[0].names.count, 2);
    assert_true(config->service[0].require_none);
    assert_int_equal(config->service[0].require.count, 0);
    config_free(&config);
    assert_null(config);
}

static void test_empty(void **state)
{
    struct config *config = config_text_good(&scratch, "");

    (void)state;
    assert_int_equal(config->tenant_count, 0);
    assert_int_equal(config->service_count, 0);
    assert_null(config_service(config, "sshd"));
    assert_int_equal(config->global.min_uid, 1000);
    config_free(&config);
    config = config_text_good(&scratch, "[global]\n[tenant a]\nissuer=https://i.test/\naudience=a\n"
                                        "authorized_parties=*\n");
    assert_int_equal(config->tenant_count, 1);
    config_free(&config);
    scratch_write(&scratch, "a.conf", SERVICE);
    config_text_refused(&scratch, "a.conf",
                        "1: there is a service but no [tenant NAME] section: add one");
}

static void test_missing_main_file(void **state)
{
    struct config *config = NULL;
    struct text why = {0};
    char path[SCRATCH_PATH];

    (void)state;
    scratch_unlink(&scratch, "a.conf");
    scratch_path(&scratch, "a.conf", path);
    assert_int_equal(config_load(path, NULL, &config, &why), REASON_CONFIG_ERROR);
    assert_null(config);
    assert_non_null(strstr(why.at, "a.conf does not exist: create it, or name another file"));
    assert_int_equal(config_load("relative.conf", NULL, &config, &why), REASON_CONFIG_ERROR);
    assert_string_equal(why.at, "relative.conf is not the absolute path of a file");
    assert_int_equal(config_load("", NULL, &config, NULL), REASON_CONFIG_ERROR);
    assert_int_equal(config_load(scratch.path, NULL, &config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "is not a regular file"));
}

static void test_unsafe_main_file(void **state)
{
    struct config *config = NULL;
    struct text why = {0};

    (void)state;
    scratch_write(&scratch, "a.conf", BASE);
    scratch_mode(&scratch, "a.conf", 0664);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    assert_null(config);
    assert_non_null(strstr(why.at, "a.conf can be written by group or others: chmod go-w it"));
}

/* --- repeated keys, sections that go on, drop-ins -------------------------------------------- */

static void test_repeats(void **state)
{
    static const struct bad_text cases[] = {
        {TENANT "leeway = 1\nleeway = 1\n" SERVICE, "6: leeway was set already ("},
        {TENANT SERVICE "[tenant main]\naudience = b\n", "8: audience was set already ("},
        {BASE "[service sshd]\nrequire = none\n", "8: require was set already ("},
        {"[global]\nmin_uid = 1\n[global]\nmin_uid = 1\n", "4: min_uid was set already ("},
        {"[global]\nignore_unknown = a\nignore_unknown = b\n", "3: ignore_unknown was set already"},
        {BASE "[service sshd sudo]\n", "7: a service of this section has another one already ("},
        {BASE "[service sudo sshd]\n", "7: a service of this section has another one already ("},
        {TENANT "[service a b]\nrequire = none\n[service b]\n", "7: a service of this section"},
    };
    struct config *config;

    (void)state;
    REFUSED(cases);
    config = config_text_good(&scratch, TENANT "[service a b]\nrequire = none\n[tenant main]\n"
                                               "leeway = 9\n[service b a]\nprompt = x\n");
    assert_int_equal(config->tenant_count, 1);
    assert_int_equal(config->tenant[0].leeway, 9);
    assert_int_equal(config->service_count, 1);
    assert_string_equal(config->service[0].prompt, "x");
    assert_true(config->service[0].require_none);
    config_free(&config);
}

static void clear_drop_ins(void)
{
    char path[SCRATCH_PATH];
    struct scratch folder;

    scratch_path(&scratch, "a.conf.d", path);
    if (access(path, F_OK) == 0) {
        snprintf(folder.path, sizeof(folder.path), "%s", path);
        scratch_remove(&folder);
    }
}

static void test_drop_ins(void **state)
{
    struct config *config;

    (void)state;
    scratch_folder(&scratch, "a.conf.d", 0755);
    scratch_write(&scratch, "a.conf.d/10-b.conf", "[tenant main]\nleeway = 7\n");
    scratch_write(&scratch, "a.conf.d/.hidden.conf", "nonsense");
    scratch_write(&scratch, "a.conf.d/10-b.conf~", "nonsense");
    scratch_write(&scratch, "a.conf.d/conf", "nonsense");
    scratch_folder(&scratch, "a.conf.d/old", 0755);
    scratch_write(&scratch, "a.conf.d/20.conf", "[service sudo]\nrequire = sudo:use\n");
    config = config_text_good(&scratch, BASE);
    assert_int_equal(config->tenant[0].leeway, 7);
    assert_int_equal(config->service_count, 2);
    assert_string_equal(config->service[1].names.item[0], "sudo");
    config_free(&config);

    /* In byte order: upper case before lower, 10 before 9; the complaint names the later file. */
    scratch_write(&scratch, "a.conf.d/9.conf", "[tenant main]\n\nleeway = 8\n");
    config_text_refused(&scratch, "a.conf.d/9.conf", "3: leeway was set already (");
    scratch_unlink(&scratch, "a.conf.d/9.conf");
    scratch_write(&scratch, "a.conf.d/A.conf", "[tenant main]\nkey_refresh = 1m\n");
    scratch_write(&scratch, "a.conf.d/a.conf", "[tenant main]\nkey_refresh = 2m\n");
    config_text_refused(&scratch, "a.conf.d/a.conf", "2: key_refresh was set already (");
    scratch_unlink(&scratch, "a.conf.d/A.conf");

    /* A file begins outside of every section. */
    scratch_write(&scratch, "a.conf.d/a.conf", "key_refresh = 2m\n");
    config_text_refused(&scratch, "a.conf.d/a.conf", "1: the line stands before the first [");
    scratch_unlink(&scratch, "a.conf.d/a.conf");

    /* A continued [service] names the same services. */
    scratch_write(&scratch, "a.conf.d/a.conf", "[service sudo login]\nprompt = x\n");
    config_text_refused(&scratch, "a.conf.d/a.conf", "1: a service of this section has another");
    clear_drop_ins();
}

static void test_unsafe_drop_ins(void **state)
{
    struct config *config = NULL;
    struct text why = {0};
    char path[SCRATCH_PATH];

    (void)state;
    scratch_write(&scratch, "a.conf", BASE);
    scratch_folder(&scratch, "a.conf.d", 0775);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "a.conf.d can be written by group or others"));
    scratch_mode(&scratch, "a.conf.d", 0755);
    scratch_write(&scratch, "a.conf.d/x.conf", "");
    scratch_mode(&scratch, "a.conf.d/x.conf", 0666);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "a.conf.d/x.conf can be written by group or others"));
    scratch_unlink(&scratch, "a.conf.d/x.conf");
    scratch_path(&scratch, "a.conf.d/x.conf", path);
    assert_int_equal(symlink("../a.conf", path), 0);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "a.conf.d/x.conf is a symbolic link"));
    scratch_unlink(&scratch, "a.conf.d/x.conf");
    scratch_write(&scratch, "a.conf.d/x\n.conf", "");
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "a.conf.d holds a file named \"x\\x0a.conf\": rename it"));
    clear_drop_ins();
    scratch_path(&scratch, "a.conf.d", path);
    assert_int_equal(symlink("/etc", path), 0);
    assert_int_equal(config_text_load(&scratch, &config, &why), REASON_CONFIG_ERROR);
    assert_non_null(strstr(why.at, "a.conf.d is no folder, or is a symbolic link"));
    assert_null(config);
    scratch_unlink(&scratch, "a.conf.d");
}

static void test_ignore_unknown(void **state)
{
    struct heard heard = {0, 0, ""};
    struct log log = {hear, &heard, false};
    struct config *config = NULL;
    struct text why = {0};
    char path[SCRATCH_PATH];

    (void)state;
    scratch_path(&scratch, "a.conf", path);
    scratch_write(&scratch, "a.conf", TENANT "dance = 1\n" SERVICE);
    config_text_refused(&scratch, "a.conf", "5: [tenant] has no key \"dance\"");

    /* Said in a later file than the key. */
    scratch_folder(&scratch, "a.conf.d", 0755);
    scratch_write(&scratch, "a.conf.d/z.conf", "[global]\nignore_unknown = song dance\n");
    assert_int_equal(config_load(path, &log, &config, &why), REASON_ACCEPTED);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.level, LOG_WARNING);
    assert_non_null(strstr(heard.line, "a.conf:5: unknown key \"dance\" skipped"));
    assert_int_equal(config->global.ignore_unknown.count, 2);
    config_free(&config);

    /* It covers neither sections nor known keys nor malformed lines. */
    scratch_write(&scratch, "a.conf", BASE "[dance]\n");
    config_text_refused(&scratch, "a.conf", "7: there is no section \"dance\"");
    scratch_write(&scratch, "a.conf", TENANT "dance =\n" SERVICE);
    config_text_refused(&scratch, "a.conf", "5: there is no value behind the =");
    scratch_write(&scratch, "a.conf.d/z.conf", "[global]\nignore_unknown = leeway\n");
    scratch_write(&scratch, "a.conf", TENANT "leeway = x\n" SERVICE);
    config_text_refused(&scratch, "a.conf", "5: leeway must be a duration");

    /* Nor a key of another section, which would narrow something there. */
    scratch_write(&scratch, "a.conf.d/z.conf", "[global]\nignore_unknown = require_any\n");
    scratch_write(&scratch, "a.conf", TENANT "require_any = admin\n" SERVICE);
    config_text_refused(
        &scratch, "a.conf",
        "5: [tenant] has no key \"require_any\": it belongs in a [service] section");

    /* In another section it is a key like any other. */
    scratch_write(&scratch, "a.conf.d/z.conf", "[tenant main]\nignore_unknown = dance\n");
    scratch_write(&scratch, "a.conf", TENANT "dance = 1\n" SERVICE);
    config_text_refused(&scratch, "a.conf", "5: [tenant] has no key \"dance\"");
    scratch_write(&scratch, "a.conf.d/z.conf", "[global]\nignore_unknown = \"dance\n");
    scratch_write(&scratch, "a.conf", BASE);
    config_text_refused(&scratch, "a.conf.d/z.conf", "2: ignore_unknown begins with \"");
    clear_drop_ins();
}

/* The default file may be missing; what stands in its folder counts all the same. */
static void test_missing_default_file(void **state)
{
    struct config_files files;
    struct text why = {0};
    char path[SCRATCH_PATH];

    (void)state;
    scratch_path(&scratch, "absent/default.conf", path);
    assert_int_equal(config_files_read(path, true, &files, &why), REASON_ACCEPTED);
    assert_int_equal(files.count, 0);
    config_files_free(&files);
    assert_int_equal(config_files_read(path, false, &files, &why), REASON_CONFIG_ERROR);
    config_files_free(&files);
    scratch_path(&scratch, "default.conf", path);
    scratch_folder(&scratch, "default.conf.d", 0755);
    scratch_write(&scratch, "default.conf.d/b.conf", "b");
    scratch_write(&scratch, "default.conf.d/a.conf", "a");
    assert_int_equal(config_files_read(path, true, &files, &why), REASON_ACCEPTED);
    assert_int_equal(files.count, 2);
    assert_string_equal((const char *)files.item[0].text.ptr, "a");
    assert_string_equal((const char *)files.item[1].text.ptr, "b");
    config_files_free(&files);
}

/* However few descriptors the host has left, the answer is a refusal, and none is lost. */
static void test_out_of_descriptors(void **state)
{
    struct rlimit whole;
    struct rlimit few;
    rlim_t lowest = (rlim_t)dup(STDIN_FILENO);
    bool accepted = false;
    rlim_t more;

    (void)state;
    close((int)lowest);
    scratch_folder(&scratch, "a.conf.d", 0755);
    scratch_write(&scratch, "a.conf.d/x.conf", "");
    scratch_write(&scratch, "a.conf", BASE);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &whole), 0);
    for (more = 0; !accepted && more < 8; more++) {
        struct config *config = NULL;
        struct text why = {0};
        enum reason r;

        few = (struct rlimit){lowest + more, whole.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        r = config_text_load(&scratch, &config, &why);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &whole), 0);
        accepted = r == REASON_ACCEPTED;
        if (!accepted) {
            assert_int_equal(r, REASON_CONFIG_ERROR);
            assert_non_null(strstr(why.at, "Too many open files"));
        }
        config_free(&config);
    }
    assert_in_range(more, 3, 5);
    assert_int_equal(dup(STDIN_FILENO), (int)lowest);
    close((int)lowest);
    clear_drop_ins();
}

/* Each allocation fails once. Leaks are the sanitizer's to find. */
static void test_out_of_memory(void **state)
{
    struct config *config = NULL;
    struct text why = {0};
    unsigned long n;
    bool failed;

    (void)state;
    scratch_write(&scratch, "named", "");
    scratch_folder(&scratch, "a.conf.d", 0755);
    scratch_write(&scratch, "a.conf.d/x.conf",
                  "[tenant two]\nissuer = https://two.test/\n"
                  "audience = a b\nauthorized_parties = \"c\"\n");
    scratch_write(&scratch, "a.conf.d/y.conf", "[global]\nignore_unknown = a b\n");
    scratch_write(&scratch, "a.conf",
                  BASE "a = 1\nexempt = a %b\n[service sudo su]\nrequire = none\n");
    for (n = 1; n < 1000; n++) {
        enum reason r;

        fail_alloc_at(n);
        r = config_text_load(&scratch, &config, &why);
        failed = fail_alloc_done();
        fail_alloc_at(0);
        if (!failed) {
            assert_int_equal(r, REASON_ACCEPTED);
            break;
        }
        assert_int_equal(r, REASON_OUT_OF_MEMORY);
        assert_string_equal(why.at, "out of memory");
        assert_null(config);
    }
    assert_in_range(n, 60, 999);
    config_free(&config);
    clear_drop_ins();
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_grammar),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_white_space_and_comments),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_missing_main_file),
        cmocka_unit_test(test_unsafe_main_file),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_drop_ins),
        cmocka_unit_test(test_unsafe_drop_ins),
        cmocka_unit_test(test_ignore_unknown),
        cmocka_unit_test(test_missing_default_file),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
