/*
 * Every option of auth0jwt.conf: what it takes, what it refuses and says, what a value becomes, and
 * its default.
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
#include <unistd.h>

#include <cmocka.h>

#include "config_text.h"
#include "host/option.h"

static struct scratch scratch;

/* --- single options ------------------------------------------------------------------------- */

struct option_case {
    enum option_section section;
    const char *line;
    const char *complaint; /* after "file:line: key ", or NULL where the line is fine */
};

/* A whole configuration in which the line stands first in its section; lines that the base has for
 * the same key are left out. Returns the number of the line. */
static int compose(const struct option_case *c, char *out, size_t size)
{
    static const struct {
        enum option_section section;
        const char *line;
    } base[] = {
        {OPTION_SECTION_GLOBAL, "[global]"},
        {OPTION_SECTION_TENANT, "[tenant main]"},
        {OPTION_SECTION_TENANT, "issuer = https://example.eu.auth0.com/"},
        {OPTION_SECTION_TENANT, "audience = https://login.example.com"},
        {OPTION_SECTION_TENANT, "authorized_parties = *"},
        {OPTION_SECTION_SERVICE, "[service sshd]"},
        {OPTION_SECTION_SERVICE, "require = ssh:login"},
    };
    size_t key = strcspn(c->line, " =");
    size_t len = 0;
    int number = 0;
    int line = 0;
    size_t i;

    for (i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
        bool header = base[i].line[0] == '[';

        if (base[i].section == c->section && strncmp(base[i].line, c->line, key) == 0 &&
            base[i].line[key] == ' ') {
            continue;
        }
        len += (size_t)snprintf(out + len, size - len, "%s\n", base[i].line);
        line++;
        if (header && base[i].section == c->section) {
            len += (size_t)snprintf(out + len, size - len, "%s\n", c->line);
            number = ++line;
        }
    }
    return number;
}

static void run_option_case(const struct option_case *c)
{
    char complaint[512];
    char text[16384];
    int number = compose(c, text, sizeof(text));

    if (c->complaint == NULL) {
        struct config *config = config_text_good(&scratch, text);

        config_free(&config);
        return;
    }
    scratch_write(&scratch, "a.conf", text);
    snprintf(complaint, sizeof(complaint), "%d: %.*s %s", number, (int)strcspn(c->line, " ="),
             c->line, c->complaint);
    config_text_refused(&scratch, "a.conf", complaint);
}

static void run_option_cases(const struct option_case *cases, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        run_option_case(&cases[i]);
    }
}

#define RUN(cases) run_option_cases(cases, sizeof(cases) / sizeof((cases)[0]))
#define G OPTION_SECTION_GLOBAL
#define T OPTION_SECTION_TENANT
#define S OPTION_SECTION_SERVICE

static void test_numbers(void **state)
{
    static const struct option_case cases[] = {
        {G, "min_uid = 0", NULL},
        {G, "min_uid = 60000", NULL},
        {G, "min_uid = 500", NULL},
        {G, "min_uid = \"500\"", NULL},
        {G, "max_uid = 4294967294", NULL},
        {G, "min_gid = 4294967294", NULL},
        {G, "max_uid = 4294967295", "must be a whole number from 0 to 4294967294, not \"42949"},
        {G, "max_uid = 18446744073709551617", "must be a whole number from 0 to"},
        {G, "max_uid = 9223372036854775808", "must be a whole number from 0 to"},
        {G, "max_uid = 99999999999999999999999999999999", "must be a whole number from 0 to"},
        {G, "min_uid = -1", "must be a whole number from 0 to 4294967294, not \"-1\""},
        {G, "min_uid = +1", "must be a whole number"},
        {G, "min_uid = 0x10", "must be a whole number"},
        {G, "min_uid = 1 2", "must be a whole number"},
        {G, "min_uid = 1000 # c", "must be a whole number"},
        {G, "min_uid = 1.5", "must be a whole number"},
        {G, "min_uid = \"\"", "must be a whole number from 0 to 4294967294, not \"\""},
        {G, "max_token_size = 1024", NULL},
        {G, "max_token_size = 262144", NULL},
        {G, "max_token_size = 1023", "must be a whole number from 1024 to 262144, not \"1023\""},
        {G, "max_token_size = 262145", "must be a whole number from 1024 to 262144"},
    };

    (void)state;
    RUN(cases);
}

static void test_durations(void **state)
{
    static const struct option_case cases[] = {
        {T, "leeway = 0", NULL},
        {T, "leeway = 0d", NULL},
        {T, "leeway = 300", NULL},
        {T, "leeway = 300s", NULL},
        {T, "leeway = 5m", NULL},
        {T, "leeway = 301",
         "must be a duration (like 90s, 15m, 10h or 7d) from 0s to 300s, not \"301\""},
        {T, "leeway = 6m", "must be a duration"},
        {T, "leeway = 1h", "must be a duration"},
        {T, "leeway = s", "must be a duration"},
        {T, "leeway = 1ms", "must be a duration"},
        {T, "leeway = 1 s", "must be a duration"},
        {T, "leeway = 1S", "must be a duration"},
        {T, "leeway = -1", "must be a duration"},
        {T, "leeway = off", "must be a duration"},
        {T, "leeway = 213503982334602d", "must be a duration"},
        {T, "leeway = 9223372036854775808", "must be a duration"},
        {T, "leeway = 18446744073709551621", "must be a duration"},
        {T, "connect_timeout = 1", NULL},
        {T, "connect_timeout = 0", "must be a duration"},
        {T, "connect_timeout = 1m", NULL},
        {T, "connect_timeout = 61", "must be a duration"},
        {T, "fetch_timeout = 1s", NULL},
        {T, "fetch_timeout = 60", NULL},
        {T, "fetch_timeout = 0", "must be a duration"},
        {T, "fetch_timeout = 2m", "must be a duration"},
        {T, "key_refresh = 1", NULL},
        {T, "key_refresh = 23h", NULL},
        {T, "key_refresh = 0", "must be a duration"},
        {T, "key_refresh = 8d", "must be a duration"},
        {T, "key_max_age = 7d", NULL},
        {T, "key_max_age = 11m", NULL},
        {T, "key_max_age = 59",
         "must be a duration (like 90s, 15m, 10h or 7d) from 60s to 604800s"},
        {T, "key_max_age = 169h", "must be a duration"},
        {T, "unknown_kid_cooldown = 1", NULL},
        {T, "unknown_kid_cooldown = 1d", NULL},
        {T, "unknown_kid_cooldown = 0", "must be a duration"},
        {T, "unknown_kid_cooldown = 2d", "must be a duration"},
        {S, "max_token_age = 1", NULL},
        {S, "max_token_age = 10h", NULL},
        {S, "max_token_age = off", NULL},
        {S, "max_token_age = 0", "must be a duration"},
        {S, "max_token_age = none", "must be a duration"},
        {S, "min_token_life = 5m", NULL},
        {S, "min_token_life = off", NULL},
        {S, "min_token_life = 3651d", "must be a duration"},
    };

    (void)state;
    RUN(cases);
}

static void test_paths(void **state)
{
    static const struct option_case cases[] = {
        {G, "cache_dir = /does/not/exist", NULL},
        {G, "run_dir = \"/with space\"", NULL},
        {G, "state_dir = /x", NULL},
        {G, "refresh_program = /x", NULL},
        {G, "cache_dir = relative", "is not an absolute path: begin it with /"},
        {G, "run_dir = ./x", "is not an absolute path"},
        {G, "state_dir = \"\"", "is not an absolute path"},
        {G, "refresh_program = ~/x", "is not an absolute path"},
        {G, "cache_dir = \"/x", "begins with \" but does not end with one: close it"},
        {G, "cache_dir = \"", "begins with \" but does not end with one: close it"},
        {G, "cache_dir = \"/x\" y", "begins with \" but does not end with one: close it"},
        {G, "cache_dir = \"/x\"y\"", "has a \" between its quotes"},
        {G, "accounts_file = x", "is not an absolute path"},
        {G, "groups_file = x", "is not an absolute path"},
        {G, "revoked_file = x", "is not an absolute path"},
        {T, "jwks_file = x", "is not an absolute path"},
        {T, "ca_file = x", "is not an absolute path"},
    };

    (void)state;
    RUN(cases);
}

/* Complaints about a file name the option, a colon and the file. */
static void refused_file(const struct option_case *c, const char *key, const char *path,
                         const char *complaint)
{
    char expected[1024];
    char text[4096];
    int number = compose(c, text, sizeof(text));

    scratch_write(&scratch, "a.conf", text);
    snprintf(expected, sizeof(expected), "%d: %s: %s %s", number, key, path, complaint);
    config_text_refused(&scratch, "a.conf", expected);
}

static void test_named_files(void **state)
{
    static const struct {
        enum option_section section;
        const char *key;
        long most;
    } files[] = {
        {G, "accounts_file", 64L * 1024 * 1024}, {G, "groups_file", 64L * 1024 * 1024},
        {G, "revoked_file", 64L * 1024 * 1024},  {T, "jwks_file", 256L * 1024},
        {T, "ca_file", 4L * 1024 * 1024},
    };
    char path[SCRATCH_PATH];
    char line[512];
    size_t i;

    (void)state;
    scratch_path(&scratch, "named", path);
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct option_case c = {files[i].section, line, NULL};

        snprintf(line, sizeof(line), "%s = %s", files[i].key, path);
        scratch_write(&scratch, "named", "");
        run_option_case(&c);
        assert_int_equal(truncate(path, files[i].most), 0);
        run_option_case(&c);
        assert_int_equal(truncate(path, files[i].most + 1), 0);
        refused_file(&c, files[i].key, path, "is larger than");
        scratch_write(&scratch, "named", "");
        scratch_mode(&scratch, "named", 0646);
        refused_file(&c, files[i].key, path, "can be written by group or others");
        scratch_unlink(&scratch, "named");
        refused_file(&c, files[i].key, path, "does not exist: create it, or remove this line");
        scratch_folder(&scratch, "named", 0755);
        refused_file(&c, files[i].key, path, "is not a regular file");
        scratch_unlink(&scratch, "named");
    }
}

static void test_choices(void **state)
{
    static const struct option_case cases[] = {
        {T, "profile = either", NULL},
        {T, "profile = auth0", NULL},
        {T, "profile = rfc9068", NULL},
        {T, "profile = Auth0", "must be either or auth0 or rfc9068, not \"Auth0\""},
        {T, "permission_claim = permissions", NULL},
        {T, "permission_claim = scope", NULL},
        {T, "permission_claim = scp", "must be permissions or scope, not \"scp\""},
        {T, "algorithms = RS256", NULL},
        {T, "algorithms = RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA", NULL},
        {T, "algorithms = ES256 ES256", NULL},
        {T, "algorithms = none", "has \"none\", which is none of RS256 RS384"},
        {T, "algorithms = RS256 HS256", "has \"HS256\", which is none of RS256"},
        {T, "algorithms = rs256", "has \"rs256\", which is none of"},
        {T, "algorithms = RS256,ES256", "has \"RS256,ES256\", which is none of"},
        {S, "account_type = local", NULL},
        {S, "account_type = remote", "must be local or virtual, not \"remote\""},
        {S, "without_token = ignore", NULL},
        {S, "without_token = deny", NULL},
        {S, "without_token = yes", "must be ignore or deny, not \"yes\""},
        {S, "groups = no", NULL},
        {S, "groups = false", "must be yes or no, not \"false\""},
        {S, "set_user = NO", "must be yes or no, not \"NO\""},
        {S, "one_time = 1", "must be yes or no, not \"1\""},
        {S, "use_session = \"no\"", NULL},
    };

    (void)state;
    RUN(cases);
}

static void test_later(void **state)
{
    static const struct option_case cases[] = {
        {T, "proxy = http://proxy.test:3128",
         "with this value is not supported yet by this version: remove the line"},
        {T, "proxy = \"\"", "is no proxy's address: begin it with http:// or https://"},
        {T, "proxy = socks5://proxy.test", "is no proxy's address"},
        {T, "proxy = http://u:p@proxy.test:3128", "holds a user or a password"},
        {S, "account_type = virtual", "with this value is not supported yet by this version"},
        {S, "set_user = yes", "with this value is not supported yet by this version"},
        {S, "groups = yes", "with this value is not supported yet by this version"},
        {S, "record_session = yes", "with this value is not supported yet by this version"},
        {S, "use_session = yes", "with this value is not supported yet by this version"},
        {S, "one_time = yes", "with this value is not supported yet by this version"},
        {S, "end_session_at_expiry = yes", "with this value is not supported yet by this version"},
        {S, "set_user = no", NULL},
        {S, "record_session = no", NULL},
        {S, "use_session = no", NULL},
        {S, "one_time = no", NULL},
        {S, "end_session_at_expiry = no", NULL},
    };

    (void)state;
    RUN(cases);
}

static void test_urls(void **state)
{
    static const struct option_case cases[] = {
        {T, "issuer = https://example.eu.auth0.com/", NULL},
        {T, "issuer = https://login.example.com", NULL},
        {T, "issuer = https://login.example.com/realms/a", NULL},
        {T, "issuer = https://localhost:8443/", NULL},
        {T, "issuer = https://127.0.0.1:1/", NULL},
        {T, "issuer = https://h.test:65535/", NULL},
        {T, "issuer = https://a.auth0.com/x", NULL},
        {T, "issuer = https://example.eu.auth0.com",
         "has no / at its end: Auth0's issuers have one, and every byte counts; add it"},
        {T, "issuer = https://EXAMPLE.AUTH0.COM", "has no / at its end"},
        {T, "issuer = https://example.auth0.com:443", "has no / at its end"},
        {T, "issuer = http://example.eu.auth0.com/", "does not begin with https://"},
        {T, "issuer = HTTPS://example.eu.auth0.com/", "does not begin with https://"},
        {T, "issuer = example.eu.auth0.com", "does not begin with https://"},
        {T, "issuer = \"\"", "does not begin with https://"},
        {T, "issuer = https://", "has no proper host name"},
        {T, "issuer = https:///x", "has no proper host name"},
        {T, "issuer = https://:443/", "has no proper host name"},
        {T, "issuer = https://a..b/", "has no proper host name"},
        {T, "issuer = https://.a/", "has no proper host name"},
        {T, "issuer = https://a./", "has no proper host name"},
        {T, "issuer = https://-a/", "has no proper host name"},
        {T, "issuer = https://a-.b/", "has no proper host name"},
        {T, "issuer = https://a_b/", "has no proper host name"},
        {T, "issuer = https://[::1]/", "has no proper host name"},
        {T, "issuer = https://a%2eb/", "has no proper host name"},
        {T, "issuer = https://user@h.test/", "has a user in front of the host: remove it"},
        {T, "issuer = https://u:p@h.test/", "has a user in front of the host: remove it"},
        {T, "issuer = https://h.test/?x", "has a query or a fragment: remove everything from"},
        {T, "issuer = https://h.test?x", "has a query or a fragment"},
        {T, "issuer = https://h.test/#x", "has a query or a fragment"},
        {T, "issuer = https://h.test:0/", "has a port that is no number from 1 to 65535"},
        {T, "issuer = https://h.test:/", "has a port that is no number from 1 to 65535"},
        {T, "issuer = https://h.test:65536/", "has a port that is no number from 1 to 65535"},
        {T, "issuer = https://h.test:0443/", "has a port that is no number from 1 to 65535"},
        {T, "issuer = https://h.test:443x/", "has a port that is no number from 1 to 65535"},
        {T, "issuer = https://h.test:1:2/", "has a port that is no number from 1 to 65535"},
        {T, "issuer = https://h.test/a b", "has a character that no URL may have"},
        {T, "issuer = https://h.test\\@evil/", "has a character that no URL may have"},
        {T, "issuer = https://h\xc3\xa4.test/", "has a character that no URL may have"},
        {T, "jwks_uri = https://h.test/.well-known/jwks.json", NULL},
        {T, "jwks_uri = https://example.auth0.com", NULL},
        {T, "jwks_uri = http://h.test/jwks", "does not begin with https://"},
        {T, "jwks_uri = file:///etc/shadow", "does not begin with https://"},
        {T, "jwks_uri = https://u@h.test/jwks", "has a user in front of the host"},
    };

    (void)state;
    RUN(cases);
}

static void test_lists(void **state)
{
    static const struct option_case cases[] = {
        {T, "audience = https://login.example.com b", NULL},
        {T, "audience = *", "has \"*\", which is no pattern here: name each one"},
        {T, "organizations = org_1 org_2", NULL},
        {T, "organizations = *", "has \"*\", which is no pattern here"},
        {T, "authorized_parties = a b", NULL},
        {T, "authorized_parties = * a", "has * beside client ids: write * alone"},
        {T, "authorized_parties = a *", "has * beside client ids"},
        {T, "authorized_parties = \"", "begins with \" but does not end with one"},
        {T, "authorized_parties = \"a", "begins with \" but does not end with one"},
        {T, "authorized_parties = \"a\\\"", "begins with \" but does not end with one"},
        {T, "authorized_parties = \"a\\", "begins with \" but does not end with one"},
        {T, "authorized_parties = \"a\" b", "goes on behind its closing \""},
        {T, "authorized_parties = \"\"", "is an empty word"},
        {T, "authorized_parties = a \"b c\"", "has a \" within the list"},
        {T, "authorized_parties = a\"b", "has a \" within the list"},
        {T, "authorized_parties = a\\\"b", NULL},
        {T, "authorized_parties = a b\\", "is no list: \\ stands at the end and takes nothing"},
        {T, "authorized_parties = a # the app", "has a word that begins with #"},
        {T, "authorized_parties = \\#a", NULL},
        {T, "account_claim = https://example.com/account", NULL},
        {T, "account_claim = urn:x:account", NULL},
        {T, "account_claim = nickname", "names no namespaced claim: its name must contain a colon"},
        {T, "account_claim = \"\"", "names no namespaced claim"},
        {S, "require = none", NULL},
        {S, "require = a b", NULL},
        {S, "require = a none", "has none beside permissions: write none alone"},
        {S, "require_any = a b", NULL},
        {S, "require_claim = a=b c=d", NULL},
        {S, "require_claim = a=b=c", NULL},
        {S, "require_claim = a", "has \"a\", which is not NAME=VALUE"},
        {S, "require_claim = =b", "has \"=b\", which is not NAME=VALUE"},
        {S, "require_claim = a=", "has \"a=\", which is not NAME=VALUE"},
        {S, "require_claim = a = b", "has \"a\", which is not NAME=VALUE"},
        {S, "require_claim = \"https://x/dept=Site Ops\"", NULL},
        {S, "exempt = root %wheel backup Svc$ %domain\\ users AD\\\\bob", NULL},
        {S, "exempt = %a:b", "has \"%a:b\", which is no account name"},
        {S, "exempt = %a*", "has \"%a*\", which is no account name"},
        {S, "exempt = *", "has \"*\", which is no account name and no %group"},
        {S, "exempt = %", "has \"%\", which is no account name and no %group"},
        {S, "exempt = a:b", "has \"a:b\", which is no account name"},
        {S, "exempt = %a/b", "has \"%a/b\", which is no account name"},
        {S, "exempt = -x", "has \"-x\", which is no account name"},
        {S, "exempt = 1000", "has \"1000\", which is no account name"},
        {S, "exempt = a\\ b", "has \"a b\", which is no account name"},
        {S, "prompt = Token:", NULL},
        {S, "prompt = \"\"", NULL},
        {S, "prompt = \"Say \"x\": \"", "has a \" between its quotes"},
        {S, "prompt = Say \"x\":", NULL},
    };

    (void)state;
    RUN(cases);
}

static void test_prompt_length(void **state)
{
    char line[512];
    struct option_case c = {S, line, NULL};

    (void)state;
    memset(line, 'p', sizeof(line));
    memcpy(line, "prompt = ", 9);
    line[9 + 256] = '\0';
    run_option_case(&c);
    memcpy(line + 9 + 256, "p", 2);
    c.complaint = "is longer than 256 bytes: shorten it";
    run_option_case(&c);
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
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_durations),
        cmocka_unit_test(test_paths),         cmocka_unit_test(test_named_files),
        cmocka_unit_test(test_choices),       cmocka_unit_test(test_later),
        cmocka_unit_test(test_urls),          cmocka_unit_test(test_lists),
        cmocka_unit_test(test_prompt_length),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
