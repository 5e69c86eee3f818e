/*
 * The one use case, whole: configuration, maps and key set on disk, tokens signed by OpenSSL,
 * verdicts in the order of the reasons. The passwd database is this file's own, so that the test
 * sees when it is asked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "fail_alloc.h"
#include "login/login.h"
#include "mint.h"
#include "scratch.h"

enum { NOW = 1800000000 };

static const char issuer[] = "https://tenant.test/";
static const char base_claims[] =
    "\"iss\":\"https://tenant.test/\",\"sub\":\"auth0|alice\",\"aud\":\"https://hosts.test\","
    "\"iat\":1799999900,\"exp\":1800000600,\"azp\":\"client\"";

static int passwd_questions;

/* libc's is not reached: alice is a person, daemon is not, and there is nobody else. */
int getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
               struct passwd **result)
{
    static char names[][8] = {"alice", "bob", "daemon"};
    static const uid_t uids[] = {1000, 1001, 2};
    size_t i;

    (void)buffer;
    (void)size;
    passwd_questions++;
    *result = NULL;
    for (i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *entry = (struct passwd){.pw_name = names[i], .pw_uid = uids[i], .pw_gid = uids[i]};
            *result = entry;
        }
    }
    return 0;
}

/* A host: its files, and the tenant's key. */
struct world {
    struct scratch files;
    EVP_PKEY *key;
    struct config *config;
};

static void load(struct world *world, const char *sections)
{
    char path[SCRATCH_PATH];
    struct text why = {0};
    const char *folder = world->files.path;
    char *text = mint_text("[global]\naccounts_file = %s/accounts\nrevoked_file = %s/revoked\n"
                           "state_dir = %s\n"
                           "[tenant main]\nissuer = %s\naudience = https://hosts.test\n"
                           "authorized_parties = client\njwks_file = %s/keys.json\n%s",
                           folder, folder, folder, issuer, folder, sections);

    scratch_write(&world->files, "auth0jwt.conf", text);
    free(text);
    scratch_path(&world->files, "auth0jwt.conf", path);
    config_free(&world->config);
    if (config_load(path, NULL, &world->config, &why) != REASON_ACCEPTED) {
        fail_msg("%s", why.at);
    }
}

static void set_up(struct world *world)
{
    char *jwk;
    char *jwks;

    *world = (struct world){0};
    scratch_make(&world->files);
    world->key = mint_key("RSA");
    jwk = mint_jwk(world->key, "k1", "RS256", NULL);
    jwks = mint_jwks(jwk, NULL);
    scratch_write(&world->files, "keys.json", jwks);
    scratch_write(&world->files, "accounts",
                  "main auth0|alice alice\nmain auth0|d* *\nmain auth0|ghost ghost\n");
    scratch_write(&world->files, "revoked", "# nobody\n");
    free(jwk);
    free(jwks);
    load(world, "[service sshd]\nrequire = ssh:login\n[service open]\nrequire = none\n");
    passwd_questions = 0;
}

static void tear_down(struct world *world)
{
    scratch_remove(&world->files);
    EVP_PKEY_free(world->key);
    config_free(&world->config);
}

static char *token_with(const struct world *world, const char *header, const char *claims)
{
    char *payload = mint_text("{%s%s}", base_claims, claims);
    char *token = mint_token(world->key, "RS256", header, payload);

    free(payload);
    return token;
}

static const char good_header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k1\"}";

static struct login_request ask(const struct world *world, const char *service, const char *user,
                                const char *token)
{
    return (struct login_request){
        .config = world->config,
        .service = service == NULL ? NULL : config_service(world->config, service),
        .token = bytes_of(token),
        .user = user,
        .now = NOW,
        .effort = KEY_EFFORT_READ};
}

/* The verdict alone. */
static enum reason verdict(const struct world *world, const char *service, const char *user,
                           const char *header, const char *claims)
{
    char *token = token_with(world, header, claims);
    struct login_request request = ask(world, service, user, token);
    struct decision decision;
    struct login *login = NULL;
    enum reason reason = login_decide(&request, NULL, &decision, &login);

    assert_int_equal(reason, decision.reason);
    assert_int_equal(login != NULL, reason == REASON_ACCEPTED);
    login_free(&login);
    decision_free(&decision);
    free(token);
    return reason;
}

static const char may_login[] = ",\"permissions\":[\"ssh:login\"]";

static void good_token_is_accepted(void **state)
{
    struct world world;
    char *token;
    struct login_request request;
    struct decision decision;
    struct login *login = NULL;

    (void)state;
    set_up(&world);
    token = token_with(&world, good_header, may_login);
    request = ask(&world, "sshd", "alice", token);
    assert_int_equal(login_decide(&request, NULL, &decision, &login), REASON_ACCEPTED);
    assert_string_equal(login->account, "alice");
    assert_string_equal(login->tenant, "main");
    assert_true(bytes_equal_string(decision.facts.sub, "auth0|alice"));
    assert_true(bytes_equal_string(login->token->claims.sub, "auth0|alice"));
    assert_string_equal(decision.kid, "k1");
    assert_int_equal(strlen(decision.id), 64);
    assert_true(decision.signature_good);
    assert_int_equal(decision.keys, KEYS_FRESH);
    assert_int_equal(passwd_questions, 1);
    login_free(&login);
    decision_free(&decision);
    free(token);
    tear_down(&world);
}

static void reasons_come_in_order(void **state)
{
    /* Each row keeps the faults of the rows below it and adds an earlier one. */
    static const struct {
        const char *header;
        const char *claims;
        enum reason reason;
    } rows[] = {
        {"{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"x\"]}",
         ",\"nonce\":1,\"cnf\":{},\"act\":{}", REASON_UNSUPPORTED_CRIT},
        {"{\"alg\":\"RS512\",\"kid\":\"k2\",\"typ\":\"x\"}", ",\"nonce\":1,\"cnf\":{},\"act\":{}",
         REASON_UNSUPPORTED_ALG},
        {"{\"alg\":\"RS256\",\"kid\":\"k2\",\"typ\":\"x\"}", ",\"nonce\":1,\"cnf\":{},\"act\":{}",
         REASON_WRONG_TYPE},
        {"{\"alg\":\"RS256\",\"kid\":\"k2\"}", ",\"nonce\":1,\"cnf\":{},\"act\":{}",
         REASON_KEY_NOT_FOUND},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"nonce\":1,\"cnf\":{},\"act\":{}",
         REASON_ID_TOKEN},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"nbf\":\"x\",\"cnf\":{},\"act\":{}",
         REASON_BAD_CLAIM},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"nbf\":1800000006,\"cnf\":{},\"act\":{}",
         REASON_NOT_YET_VALID},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"nbf\":1800000005,\"cnf\":{},\"act\":{}",
         REASON_SENDER_CONSTRAINED},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"act\":{},\"client_id\":\"other\"",
         REASON_DELEGATED},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"client_id\":\"other\",\"org_id\":\"o\"",
         REASON_WRONG_PARTY},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", ",\"org_id\":\"o\"", REASON_WRONG_ORGANIZATION},
        {"{\"alg\":\"RS256\",\"kid\":\"k1\"}", "", REASON_ACCOUNT_NOT_MAPPED},
    };
    struct world world;
    size_t i;

    (void)state;
    set_up(&world);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum reason got = verdict(&world, "sshd", "bob", rows[i].header, rows[i].claims);

        if (got != rows[i].reason) {
            fail_msg("row %zu: %s, not %s", i, reason_name(got), reason_name(rows[i].reason));
        }
    }
    tear_down(&world);
}

/* account_not_mapped, account_refused, missing_permission: reported in this order, and the passwd
 * database hears only of mapped accounts. */
static void account_comes_before_permission(void **state)
{
    static const char daemon_claims[] =
        "\"iss\":\"https://tenant.test/\",\"sub\":\"auth0|daemon\",\"aud\":\"https://hosts.test\","
        "\"iat\":1799999900,\"exp\":1800000600,\"azp\":\"client\"";
    struct world world;
    char *payload;
    char *token;
    struct login_request request;
    struct decision decision;
    struct login *login;

    (void)state;
    set_up(&world);
    assert_int_equal(verdict(&world, "sshd", "bob", good_header, ""), REASON_ACCOUNT_NOT_MAPPED);
    assert_int_equal(verdict(&world, "sshd", "nobody-here", good_header, may_login),
                     REASON_ACCOUNT_NOT_MAPPED);
    assert_int_equal(passwd_questions, 0);
    assert_int_equal(verdict(&world, "sshd", "alice", good_header, ""), REASON_MISSING_PERMISSION);
    assert_int_equal(passwd_questions, 1);

    /* A made name below min_uid, without the permission: the account is the reason. */
    payload = mint_text("{%s}", daemon_claims);
    scratch_write(&world.files, "accounts", "main auth0|* *\n");
    token = mint_token(world.key, "RS256", good_header, payload);
    request = ask(&world, "sshd", "daemon", token);
    assert_int_equal(login_decide(&request, NULL, &decision, &login), REASON_ACCOUNT_REFUSED);
    assert_null(decision.missing);
    decision_free(&decision);
    scratch_write(&world.files, "accounts", "main auth0|daemon daemon\n");
    assert_int_equal(login_decide(&request, NULL, &decision, &login), REASON_MISSING_PERMISSION);
    assert_string_equal(decision.missing, "ssh:login");
    decision_free(&decision);
    free(payload);
    free(token);
    tear_down(&world);
}

static void requirements_are_all_asked_for(void **state)
{
    static const struct {
        const char *section;
        const char *claims;
        enum reason reason;
    } rows[] = {
        {"require = none", "", REASON_ACCEPTED},
        {"require = a b", ",\"permissions\":[\"b\",\"a\"]", REASON_ACCEPTED},
        {"require = a b", ",\"permissions\":[\"a\"]", REASON_MISSING_PERMISSION},
        {"require = a", ",\"permissions\":[\"ab\",\"A\",\" a\"]", REASON_MISSING_PERMISSION},
        {"require = a", ",\"scope\":\"a\"", REASON_MISSING_PERMISSION},
        {"require = none\nrequire_any = a b", ",\"permissions\":[\"b\"]", REASON_ACCEPTED},
        {"require = none\nrequire_any = a b", ",\"permissions\":[\"c\"]",
         REASON_MISSING_PERMISSION},
        {"require = none\nrequire_claim = u:mfa=true", ",\"u:mfa\":true", REASON_ACCEPTED},
        {"require = none\nrequire_claim = u:mfa=true", ",\"u:mfa\":\"true\"", REASON_ACCEPTED},
        {"require = none\nrequire_claim = u:mfa=true", ",\"u:mfa\":false",
         REASON_MISSING_PERMISSION},
        {"require = none\nrequire_claim = u:x=a=b", ",\"u:x\":[\"z\",\"a=b\"]", REASON_ACCEPTED},
        {"require = none\nrequire_claim = u:x=1", ",\"u:x\":{\"1\":1}", REASON_MISSING_PERMISSION},
        {"require = a\nmax_token_age = 60", ",\"permissions\":[\"a\"]", REASON_TOO_OLD},
        {"require = a\nmax_token_age = 100", ",\"permissions\":[\"a\"]", REASON_ACCEPTED},
        {"require = a\nmin_token_life = 601", ",\"permissions\":[\"a\"]", REASON_TOO_OLD},
    };
    struct world world;
    size_t i;

    (void)state;
    set_up(&world);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *section = mint_text("[service s]\n%s\n", rows[i].section);
        enum reason got;

        load(&world, section);
        got = verdict(&world, "s", "alice", good_header, rows[i].claims);
        if (got != rows[i].reason) {
            fail_msg("row %zu: %s, not %s", i, reason_name(got), reason_name(rows[i].reason));
        }
        free(section);
    }
    tear_down(&world);
}

static void broken_maps_refuse_everybody(void **state)
{
    struct world world;

    (void)state;
    set_up(&world);
    scratch_write(&world.files, "accounts", "main auth0|alice alice\nmain\n");
    assert_int_equal(verdict(&world, "sshd", "alice", good_header, may_login), REASON_CONFIG_ERROR);
    scratch_write(&world.files, "accounts", "main auth0|alice alice\n");
    assert_int_equal(verdict(&world, "sshd", "alice", good_header, may_login), REASON_ACCEPTED);
    scratch_write(&world.files, "revoked", "main subject auth0|bob\n");
    assert_int_equal(verdict(&world, "sshd", "alice", good_header, may_login), REASON_CONFIG_ERROR);
    scratch_write(&world.files, "revoked", "");
    scratch_write(&world.files, "keys.json", "<html>");
    assert_int_equal(verdict(&world, "sshd", "alice", good_header, may_login),
                     REASON_KEYS_UNAVAILABLE);
    tear_down(&world);
}

static void without_user_or_service_their_checks_are_not_asked(void **state)
{
    struct world world;

    (void)state;
    set_up(&world);
    assert_int_equal(verdict(&world, NULL, NULL, good_header, ""), REASON_ACCEPTED);
    assert_int_equal(verdict(&world, NULL, "bob", good_header, ""), REASON_ACCOUNT_NOT_MAPPED);
    assert_int_equal(verdict(&world, "sshd", NULL, good_header, ""), REASON_MISSING_PERMISSION);
    assert_int_equal(passwd_questions, 0);
    tear_down(&world);
}

static void recheck_sees_what_has_changed(void **state)
{
    struct world world;
    char *token;
    struct login_request request;
    struct decision decision;
    struct login *login = NULL;

    (void)state;
    set_up(&world);
    token = token_with(&world, good_header, may_login);
    request = ask(&world, "sshd", "alice", token);
    assert_int_equal(login_decide(&request, NULL, &decision, &login), REASON_ACCEPTED);
    decision_free(&decision);
    memset(token, 'x', strlen(token)); /* nothing borrows from the text any more */

    assert_int_equal(login_recheck(&request, login, &decision), REASON_ACCEPTED);
    decision_free(&decision);
    request.now = NOW + 604;
    assert_int_equal(login_recheck(&request, login, &decision), REASON_ACCEPTED);
    decision_free(&decision);
    request.now = NOW + 605;
    assert_int_equal(login_recheck(&request, login, &decision), REASON_EXPIRED);
    assert_true(decision.signature_good);
    decision_free(&decision);
    request.now = NOW;
    request.user = "bob";
    assert_int_equal(login_recheck(&request, login, &decision), REASON_ACCOUNT_NOT_MAPPED);
    decision_free(&decision);
    request.user = "alice";
    scratch_write(&world.files, "accounts", "main auth0|alice bob\n");
    assert_int_equal(login_recheck(&request, login, &decision), REASON_ACCOUNT_NOT_MAPPED);
    decision_free(&decision);
    scratch_write(&world.files, "accounts", "main auth0|alice alice\n");
    load(&world, "[service sshd]\nrequire = other\n");
    request = ask(&world, "sshd", "alice", "");
    assert_int_equal(login_recheck(&request, login, &decision), REASON_MISSING_PERMISSION);
    decision_free(&decision);
    login_free(&login);
    free(token);
    tear_down(&world);
}

/* Every allocation of ours fails once: never a login, never another reason than those that a
 * failure may have. */
static void no_allocation_failure_lets_anybody_in(void **state)
{
    struct world world;
    char *token;
    struct login_request request;
    unsigned long n;

    (void)state;
    set_up(&world);
    token = token_with(&world, good_header, may_login);
    request = ask(&world, "sshd", "alice", token);
    for (n = 1;; n++) {
        struct decision decision;
        struct login *login = NULL;
        enum reason reason;
        bool reached;

        fail_alloc_at(n);
        reason = login_decide(&request, NULL, &decision, &login);
        reached = fail_alloc_done();
        fail_alloc_at(0);
        assert_int_equal(login != NULL, reason == REASON_ACCEPTED);
        login_free(&login);
        decision_free(&decision);
        if (!reached) {
            assert_int_equal(reason, REASON_ACCEPTED);
            break;
        }
        if (reason != REASON_OUT_OF_MEMORY) {
            fail_msg("allocation %lu: %s", n, reason_name(reason));
        }
    }
    assert_true(n > 10);
    free(token);
    tear_down(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_token_is_accepted),
        cmocka_unit_test(reasons_come_in_order),
        cmocka_unit_test(account_comes_before_permission),
        cmocka_unit_test(requirements_are_all_asked_for),
        cmocka_unit_test(broken_maps_refuse_everybody),
        cmocka_unit_test(without_user_or_service_their_checks_are_not_asked),
        cmocka_unit_test(recheck_sees_what_has_changed),
        cmocka_unit_test(no_allocation_failure_lets_anybody_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
