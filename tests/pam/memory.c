/*
 * Memory of the built module, seen by an allocator of the test's:
 *
 *     memory MODULE PROBE
 *
 * 1. A token leaves nothing behind. At each free and realloc, and after pam_end in all writable memory of the
 *    process (heap, stack, data of all libraries), no 16 bytes in a row of the compact token, nor of the
 *    decoded signature in either byte order (OpenSSL's numbers begin at the small end). The test never
 *    has the token in clear itself: a child makes it, and only the answer to the prompt is decoded. Not
 *    looked for are the decoded payload, whose claims are on the log line anyway, and the decoded signature
 *    of ES256, which OpenSSL encodes again to compare it and frees as it is.
 * 2. Each allocation in turn fails (but json-c's): a refusal, never PAM_SUCCESS or PAM_IGNORE, and no data on the handle.
 * 3. A thousand logins in one process cost no descriptor and no memory.
 *
 * Needs glibc's __libc_malloc, and no sanitizer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
/* Whatever the flags say: the loaded module, or libpam, must find what is here. */
#pragma GCC visibility push(default)

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage.h"
#include "world.h"

enum { WINDOW = 16, TABLE = 1 << 15, VEIL = 0x55, TOKEN_MAX = 8192 };

void *__libc_malloc(size_t size);
void __libc_free(void *block);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

/* The allocator. */

/* What the child tells: in shared memory, which the search leaves out. */
struct secret {
    uint64_t needles[TABLE]; /* hashes of all windows; 0 is an empty place */
    uint8_t veiled[TOKEN_MAX];
    size_t len;
};

static struct secret *secret;
static bool watching;
static size_t leaks;
static bool inside;  /* in the module's authenticate */
static long fail_at; /* 0: none fails */
static long allocations;
static bool failed; /* the allocation was made to fail */

static uint64_t hash(const uint8_t *at)
{
    uint64_t a, b;

    memcpy(&a, at, 8);
    memcpy(&b, at + 8, 8);
    a = (a ^ (b * 0x9e3779b97f4a7c15U)) * 0xbf58476d1ce4e5b9U;
    a ^= a >> 29;
    return a == 0 ? 1 : a;
}

static bool known(uint64_t value)
{
    size_t place = value % TABLE;

    while (secret->needles[place] != 0) {
        if (secret->needles[place] == value) {
            return true;
        }
        place = (place + 1) % TABLE;
    }
    return false;
}

static void learn(const uint8_t *bytes, size_t len)
{
    size_t i;

    for (i = 0; i + WINDOW <= len; i++) {
        uint64_t value = hash(bytes + i);
        size_t place = value % TABLE;

        while (secret->needles[place] != 0 && secret->needles[place] != value) {
            place = (place + 1) % TABLE;
        }
        secret->needles[place] = value;
    }
}

/* How many windows of a secret are there? */
static size_t find(const uint8_t *bytes, size_t len)
{
    size_t found = 0;
    size_t i;

    for (i = 0; i + WINDOW <= len; i++) {
        found += known(hash(bytes + i));
    }
    return found;
}

static void look(void *block)
{
    if (watching && block != NULL) {
        leaks += find(block, malloc_usable_size(block));
    }
}

/* json-c 0.16 does not look at what strdup returned, and ends the process where that was nothing: within it no
 * allocation fails here. */
static bool in_json_c(void)
{
    void *frame[16];
    int count = backtrace(frame, 16);
    int i;

    for (i = 0; i < count; i++) {
        Dl_info info;

        if (dladdr(frame[i], &info) != 0 && strstr(info.dli_fname, "libjson-c") != NULL) {
            return true;
        }
    }
    return false;
}

static bool fails(void)
{
    if (!inside || stage_busy != 0) {
        return false;
    }
    allocations++;
    if (fail_at == 0 || allocations != fail_at) {
        return false;
    }
    inside = false; /* backtrace may allocate */
    failed = !in_json_c();
    inside = true;
    return failed;
}

void *malloc(size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    if (watching && block != NULL) {
        /* A moved block is a freed one. */
        void *moved = __libc_malloc(size);
        size_t old = malloc_usable_size(block);

        if (moved == NULL) {
            return NULL;
        }
        memcpy(moved, block, old < size ? old : size);
        look(block);
        __libc_free(block);
        return moved;
    }
    return __libc_realloc(block, size);
}

void free(void *block)
{
    look(block);
    __libc_free(block);
}

/* All private writable memory. */
static size_t find_everywhere(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    static char line[4096];
    size_t found = 0;

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long from, to;
        char rights[5];

        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && rights[0] == 'r' &&
            rights[1] == 'w' && rights[3] == 'p') {
            size_t here = find((const uint8_t *)from, to - from);

            if (here > 0) {
                printf("#   %zu windows in %s", here, line);
            }
            found += here;
        }
    }
    if (maps == NULL) {
        found = 1;
    } else {
        fclose(maps);
    }
    return found;
}

/* The child: makes the token and tells it veiled. */

static size_t decode(const char *text, uint8_t *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
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
    learn((const uint8_t *)text, secret->len);
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
    learn(signature, len);
    learn(reversed, len);
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
    inside = entering;
}

static struct outcome play(const struct world *world, struct user user, const char *rhost,
                           long failing_allocation)
{
    char *folder = format("%s/pam", world->dir);
    struct stage stage = {.answer = give, .context = &user, .passing = passing};
    struct outcome outcome = {0};
    pam_handle_t *pamh;
    size_t i;

    stage_enter(&stage);
    pamh = stage_start(folder, "test", "alice", rhost);
    allocations = 0;
    failed = false;
    fail_at = failing_allocation;
    outcome.authenticate = pam_authenticate(pamh, 0);
    fail_at = 0;
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

    leaks = 0;
    watching = true;
    look(text);
    watching = false;
    result(leaks >= len - WINDOW, "the search finds a token in a freed block");
    result(find_everywhere() > 0, "the search finds a token in live memory");
    explicit_bzero(text, len);
    free(text);
    result(find_everywhere() == 0, "no token is in memory before the login");
    leaks = 0;
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
    leaks = 0;
    watching = true;
    outcome = play(world, user, rhost, 0);
    watching = false;
    left = find_everywhere();
    text = format("%s (PAM_%s): %zu windows in freed blocks, %zu left in memory", what,
                  code_name(outcome.authenticate), leaks, left);
    result(outcome.authenticate == wanted && leaks == 0 && left == 0, text);
    free(text);
}

/* OpenSSL may do without some allocation (its error queue, a cache) and verify all the same: then, and only
 * then, the login may go through, with the data in place. */
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
    count = allocations;
    for (number = 1; number <= count; number++) {
        struct outcome outcome = play(world, user, "192.0.2.7", number);
        bool accepted = outcome.authenticate == PAM_SUCCESS;

        spared += !failed;
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
                  "out_of_memory", what, count, spared, refused, without_memory);
    result(good && without_memory > 0, text);
    free(text);
}

static void test_thousand(struct world *world)
{
    char *before, *after;
    size_t used_before, used_after;
    int i;
    bool good = true;

    make_token(world, NULL, 0);
    for (i = 0; i < 50; i++) {
        (void)play(world, (struct user){0}, NULL, 0);
    }
    before = stage_condition();
    used_before = mallinfo2().uordblks;
    for (i = 0; i < 1000; i++) {
        good = good && play(world, (struct user){0}, NULL, 0).authenticate == PAM_SUCCESS;
    }
    used_after = mallinfo2().uordblks;
    after = stage_condition();
    printf("#   heap in use before and after: %zu, %zu bytes\n", used_before, used_after);
    result(good && strcmp(before, after) == 0 && used_after < used_before + 1000,
           "a thousand logins leave no descriptor and no memory behind");
    free(before);
    free(after);
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
    secret = mmap(NULL, sizeof(*secret), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED) {
        return 99;
    }
    keyring_make(&keys);
    world_make(&world, &keys, argv[1], argv[2]);
    folder = format("%s/pam", world.dir);
    arguments = format("debug config=%s/auth0jwt.conf", world.dir);
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
               (struct user){.part = 499, .backslash = true, .fails_once = true}, NULL, PAM_SUCCESS);
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
    test_thousand(&world);
    world_remove(&world);
    keyring_free(&keys);
    return failures == 0 ? 0 : 1;
}
