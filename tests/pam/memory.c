/*
 * Memory of the built module, seen by an allocator of the test's:
 *
 *     memory MODULE PROBE
 *
 * 1. A token leaves nothing behind: at each free and realloc, and after pam_end in all private
 *    writable memory of the process (heap, stack, data of all libraries), no 16 bytes in a row of
 *    the compact token are there, nor of the decoded signature in either byte order (OpenSSL's
 *    numbers begin at the small end). The test itself never has the token in clear: a child makes
 *    it, and only the answer to the prompt is decoded. Not looked for are the decoded payload, as
 *    its claims are on the log line anyway, and the decoded signature of ES256, which OpenSSL
 *    encodes again for a comparison and frees as it is.
 * 2. Each allocation in turn fails, but those of json-c: the login is refused, or, where OpenSSL
 *    can do without, whole. Never PAM_IGNORE, and data on the handle only with PAM_SUCCESS.
 * 3. A thousand logins in one process, accepted or refused, leave no descriptor and no memory.
 * 4. A fork that ends its copy of the handle takes nothing from the parent's.
 *
 * Needs glibc's __libc_malloc, and no sanitizer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "search.h"
#include "stage.h"
#include "world.h"

enum { VEIL = 0x55 };

/* The child: makes the token and tells it veiled. */

static size_t decode(const char *text, uint8_t *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, have = 0;
    size_t len = 0;

    for (; *text != '\0'; text++) {
        bits = bits << 6 | (unsigned)(strchr(alphabet, *text) - alphabet);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (uint8_t)(bits >> have);
        }
    }
    return len;
}

static void tell(struct world *world, char *const *recipe, size_t lines)
{
    uint8_t signature[1024], reversed[1024];
    const char *text;
    size_t i, len;

    world_token(world, "t", recipe, lines);
    text = world_find_token(world, "t");
    secret->len = strlen(text);
    search_learn((const uint8_t *)text, secret->len);
    for (i = 0; i < secret->len; i++) {
        secret->veiled[i] = (uint8_t)text[i] ^ VEIL;
    }
    if (lines > 0 && strcmp(recipe[0], "key = ec") == 0) {
        return;
    }
    len = decode(strrchr(text, '.') + 1, signature);
    for (i = 0; i < len; i++) {
        reversed[i] = signature[len - 1 - i];
    }
    search_learn(signature, len);
    search_learn(reversed, len);
}

static void make_token(struct world *world, char *const *recipe, size_t lines)
{
    pid_t child;
    int status = 0;

    memset(secret, 0, sizeof(*secret));
    child = fork();
    if (child == 0) {
        tell(world, recipe, lines);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0 || secret->len == 0) {
        fprintf(stderr, "memory: no token\n");
        exit(99);
    }
}

/* The user. */

struct user {
    size_t given;   /* bytes so far */
    size_t part;    /* bytes in one answer; 0: all */
    bool backslash; /* behind each part but the last */
    bool fails_once;
};

static char *give(void *context, int style, const char *prompt, int *code)
{
    struct user *user = context;
    size_t left = secret->len - user->given;
    size_t count = user->part == 0 || left < user->part ? left : user->part;
    char *out;
    size_t i;

    (void)prompt;
    if (style != PAM_PROMPT_ECHO_OFF) {
        return NULL;
    }
    if (user->fails_once) {
        user->fails_once = false;
        *code = PAM_CONV_ERR;
        return NULL;
    }
    out = calloc(count + 2, 1);
    if (out == NULL) {
        exit(99);
    }
    for (i = 0; i < count; i++) {
        out[i] = (char)(secret->veiled[user->given + i] ^ VEIL);
    }
    if (user->backslash && count < left) {
        out[count] = '\\';
    }
    user->given += count;
    return out;
}

/* The tests. */

static int failures;

static void result(bool good, const char *what)
{
    printf("%s %s\n", good ? "ok" : "not ok", what);
    failures += !good;
}

struct outcome {
    int authenticate;
    int account;
    bool ignored;       /* authenticate answered PAM_IGNORE */
    bool kept;          /* the account phase found data */
    bool no_memory_log; /* reason=out_of_memory was logged */
};

static void passing(bool entering)
{
    watch.inside = entering;
}

static struct outcome play(const struct world *world, struct user user, const char *rhost,
                           long failing_allocation)
{
    char *folder = format("%s/pam", world->files.path);
    struct stage stage = {.answer = give, .context = &user, .passing = passing};
    struct outcome outcome = {0};
    pam_handle_t *pamh;
    size_t i;

    stage_enter(&stage);
    pamh = stage_start(folder, "test", "alice", rhost);
    watch.allocations = 0;
    watch.failed = false;
    watch.fail_at = failing_allocation;
    outcome.authenticate = pam_authenticate(pamh, 0);
    watch.fail_at = 0;
    outcome.ignored = !stage.after;
    stage.account_went_on = false;
    outcome.account = pam_acct_mgmt(pamh, 0);
    outcome.kept = !stage.account_went_on;
    pam_end(pamh, PAM_SUCCESS);
    for (i = 0; i < stage.log.count; i++) {
        outcome.no_memory_log =
            outcome.no_memory_log || strstr(stage.log.at[i], "reason=out_of_memory") != NULL;
    }
    stage_leave(&stage);
    free(folder);
    return outcome;
}

/* The search must find what is there. */
static void test_search(void)
{
    struct user user = {0};
    int code = PAM_SUCCESS;
    char *text = give(&user, PAM_PROMPT_ECHO_OFF, "", &code);
    size_t len = strlen(text);

    watch.leaks = 0;
    watch.watching = true;
    search_block(text);
    watch.watching = false;
    result(watch.leaks >= len - WINDOW, "the search finds a token in a freed block");
    result(search_everywhere() > 0, "the search finds a token in live memory");
    explicit_bzero(text, len);
    free(text);
    result(search_everywhere() == 0, "no token is in memory before the login");
    watch.leaks = 0;
}

static void test_wiped(struct world *world, const char *what, const char *recipe, struct user user,
                       const char *rhost, int wanted)
{
    char *line = recipe == NULL ? NULL : format("%s", recipe);
    char *text;
    struct outcome outcome;
    size_t left;

    make_token(world, &line, recipe == NULL ? 0 : 1);
    free(line);
    watch.leaks = 0;
    watch.watching = true;
    outcome = play(world, user, rhost, 0);
    watch.watching = false;
    left = search_everywhere();
    text = format("%s (PAM_%s): %zu windows in freed blocks, %zu left in memory", what,
                  code_name(outcome.authenticate), watch.leaks, left);
    result(outcome.authenticate == wanted && watch.leaks == 0 && left == 0, text);
    free(text);
}

/* OpenSSL may do without some allocation (its error queue, a cache) and verify all the same: then,
 * and only then, the login may go through, with the data in place. */
static void test_no_memory(struct world *world, const char *what, struct user user)
{
    long number;
    long count = 0;
    long refused = 0;
    long spared = 0;
    long without_memory = 0;
    bool good = true;
    char *text;

    make_token(world, NULL, 0);
    (void)play(world, user, "192.0.2.7", 0);
    count = watch.allocations;
    for (number = 1; number <= count; number++) {
        struct outcome outcome = play(world, user, "192.0.2.7", number);
        bool accepted = outcome.authenticate == PAM_SUCCESS;

        spared += !watch.failed;
        refused += !accepted;
        without_memory += outcome.no_memory_log && outcome.authenticate == PAM_BUF_ERR;
        if (outcome.ignored || accepted != outcome.kept ||
            (accepted && outcome.account != PAM_SUCCESS)) {
            printf("#   allocation %ld: PAM_%s%s%s\n", number, code_name(outcome.authenticate),
                   outcome.ignored ? ", ignored" : "", outcome.kept ? ", data kept" : "");
            good = false;
        }
    }
    text = format("%s: of %ld allocations %ld are json-c's, %ld refuse when they fail, %ld with "
                  "out_of_memory",
                  what, count, spared, refused, without_memory);
    result(good && without_memory > 0, text);
    free(text);
}

static void test_thousand(struct world *world, const char *recipe, int wanted)
{
    char *line = recipe == NULL ? NULL : format("%s", recipe);
    char *before, *after, *text;
    size_t used_before, used_after;
    bool good = true;
    int i;

    make_token(world, &line, recipe == NULL ? 0 : 1);
    free(line);
    for (i = 0; i < 50; i++) {
        (void)play(world, (struct user){0}, NULL, 0);
    }
    before = stage_condition();
    used_before = mallinfo2().uordblks;
    for (i = 0; i < 1000; i++) {
        good = good && play(world, (struct user){0}, NULL, 0).authenticate == wanted;
    }
    used_after = mallinfo2().uordblks;
    after = stage_condition();
    text = format("a thousand logins (PAM_%s) leave nothing: heap %zu, then %zu bytes",
                  code_name(wanted), used_before, used_after);
    /* A leak of the smallest block would be 24000. */
    result(good && strcmp(before, after) == 0 && used_after < used_before + 8000, text);
    free(before);
    free(after);
    free(text);
}

/* sudo ends its handle in a child with PAM_DATA_SILENT before it runs the command. */
static void test_fork(struct world *world)
{
    char *folder = format("%s/pam", world->files.path);
    struct user user = {0};
    struct stage stage = {.answer = give, .context = &user};
    pam_handle_t *pamh;
    int status = -1;
    pid_t child;
    bool good;

    make_token(world, NULL, 0);
    stage_enter(&stage);
    pamh = stage_start(folder, "test", "alice", NULL);
    good = pam_authenticate(pamh, 0) == PAM_SUCCESS;
    child = fork();
    if (child == 0) {
        _exit(pam_end(pamh, PAM_SUCCESS | (int)PAM_DATA_SILENT) == PAM_SUCCESS ? 0 : 1);
    }
    good = good && waitpid(child, &status, 0) == child && status == 0;
    good = good && pam_acct_mgmt(pamh, 0) == PAM_SUCCESS;
    good = pam_end(pamh, PAM_SUCCESS) == PAM_SUCCESS && good;
    result(good, "a fork ends its copy of the handle, and the parent's is as it was");
    stage_leave(&stage);
    free(folder);
}

int main(int argc, char **argv)
{
    struct keyring keys;
    struct world world;
    char *folder, *arguments;

    if (argc != 3) {
        fprintf(stderr, "usage: memory MODULE PROBE\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (getenv("LD_BIND_NOW") == NULL) {
        /* At the first call of a function the dynamic linker would save all registers on the stack,
         * with what a copying loop left in them. Nobody wipes that; a hardened host is not linked
         * so. */
        setenv("LD_BIND_NOW", "1", 1);
        execv("/proc/self/exe", argv);
        return 99;
    }
    secret = mmap(NULL, sizeof(*secret), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED) {
        return 99;
    }
    keyring_make(&keys);
    world_make(&world, &keys, argv[1], argv[2]);
    folder = format("%s/pam", world.files.path);
    arguments = format("debug config=%s/auth0jwt.conf", world.files.path);
    stage_service(folder, "test", argv[1], argv[2], arguments);
    free(folder);
    free(arguments);

    make_token(&world, NULL, 0);
    test_search();
    test_wiped(&world, "accepted", NULL, (struct user){0}, NULL, PAM_SUCCESS);
    test_wiped(&world, "accepted, ES256", "key = ec", (struct user){0}, NULL, PAM_SUCCESS);
    test_wiped(&world, "accepted, in parts", "length = 4000",
               (struct user){.part = 499, .backslash = true}, "192.0.2.7", PAM_SUCCESS);
    test_wiped(&world, "accepted, in parts after a failed conversation", "length = 1500",
               (struct user){.part = 499, .backslash = true, .fails_once = true}, NULL,
               PAM_SUCCESS);
    test_wiped(&world, "bad signature", "signature = broken", (struct user){0}, NULL,
               PAM_PERM_DENIED);
    test_wiped(&world, "expired", "exp = ${now-100}", (struct user){0}, NULL, PAM_PERM_DENIED);
    test_wiped(&world, "wrong issuer", "iss = \"https://evil.test/\"", (struct user){0}, NULL,
               PAM_PERM_DENIED);
    test_wiped(&world, "unknown key", "header.kid = \"rotated\"", (struct user){0}, NULL,
               PAM_PERM_DENIED);
    test_wiped(&world, "another's account", "sub = \"auth0|mallory\"", (struct user){0}, NULL,
               PAM_PERM_DENIED);
    test_no_memory(&world, "in one answer", (struct user){0});
    test_no_memory(&world, "in parts", (struct user){.part = 499, .backslash = true});
    test_thousand(&world, NULL, PAM_SUCCESS);
    test_thousand(&world, "signature = broken", PAM_PERM_DENIED);
    test_thousand(&world, "sub = \"auth0|mallory\"", PAM_PERM_DENIED);
    test_fork(&world);
    world_remove(&world);
    keyring_free(&keys);
    return failures == 0 ? 0 : 1;
}
