/*
 * Whoever holds no good token cannot tell whether a user exists: what the module asks and says is
 * the same for a user who exists and gets the answers as typed, and for one who does not and gets
 * sshd's substitute of the same length.
 *
 *     twins MODULE PROBE
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "world.h"

/* Answers the prompts one after another with pieces of a text, or always with the whole text. */
struct user {
    const struct world *world;
    const char *text;
    size_t part; /* bytes in an answer; 0: all of it, each time */
    size_t given;
    bool substitute; /* as sshd does for a user who does not exist */
};

static char *give(void *context, int style, const char *prompt, int *code)
{
    struct user *user = context;
    size_t left = strlen(user->text) - user->given;
    size_t count = user->part == 0 || left < user->part ? left : user->part;
    char *answer, *fill;

    (void)prompt;
    (void)code;
    if (style != PAM_PROMPT_ECHO_OFF) {
        return NULL;
    }
    answer = strndup(user->text + user->given, count);
    if (answer == NULL) {
        exit(99);
    }
    if (user->part != 0) {
        user->given += count;
    }
    if (user->substitute) {
        free(answer);
        fill = format("${fake:%zu}", count);
        answer = world_fill(user->world, fill);
        free(fill);
    }
    return answer;
}

/* All that the module asked and said. */
static char *transcript(const struct world *world, const char *name, struct user user,
                        const char *rhost, int *code)
{
    char *folder = format("%s/pam", world->files.path);
    struct stage stage = {.answer = give, .context = &user};
    char *out = format("%s", "");
    pam_handle_t *pamh;
    size_t i;

    user.world = world;
    stage_enter(&stage);
    pamh = stage_start(folder, "test", name, rhost);
    *code = pam_authenticate(pamh, PAM_DISALLOW_NULL_AUTHTOK);
    pam_end(pamh, *code);
    for (i = 0; i < stage.said.count; i++) {
        char *longer = format("%s%s\n", out, stage.said.at[i]);

        free(out);
        out = longer;
    }
    stage_leave(&stage);
    free(folder);
    return out;
}

static int compare(const struct world *world, const char *what, const char *text, size_t part)
{
    static const char *const others[] = {"nobody-here", "root"};
    struct user known = {.text = text, .part = part};
    struct user unknown = {.text = text, .part = part, .substitute = true};
    int code, other_code;
    char *said = transcript(world, "alice", known, "192.0.2.7", &code);
    int failed = code == PAM_SUCCESS || said[0] == '\0';
    size_t i;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char *other = transcript(world, others[i], unknown, "192.0.2.7", &other_code);

        if (strcmp(said, other) != 0 || other_code == PAM_SUCCESS) {
            printf("#   alice (PAM_%s):\n%s#   %s (PAM_%s):\n%s", code_name(code), said, others[i],
                   code_name(other_code), other);
            failed = 1;
        }
        free(other);
    }
    printf("%s %s, %zu bytes, %s\n", failed == 0 ? "ok" : "not ok", what, strlen(text),
           part == 0 ? "in one" : "in parts of 500");
    free(said);
    return failed;
}

static int compare_both(const struct world *world, const char *what, const char *text)
{
    return compare(world, what, text, 0) + compare(world, what, text, 500);
}

int main(int argc, char **argv)
{
    static const size_t lengths[] = {0,     1,     8,     43,    254,   255,   256,  257,  342,
                                     499,   500,   501,   510,   511,   512,   750,  999,  1000,
                                     1022,  1023,  1024,  1025,  1500,  2000,  4094, 4095, 4096,
                                     16000, 16384, 16385, 31999, 32000, 32001, 40000};
    static const char *const units[] = {"A", "p!", "eyJ", "."};
    static const char *const recipes[] = {
        "signature = broken",       "iss = \"https://evil.test/\"", "header.alg = \"none\"",
        "header.kid = \"unknown\"", "header.typ = \"dpop+jwt\"",    "header.crit = [\"x\"]"};
    struct keyring keys;
    struct world world;
    char *folder, *arguments;
    int failed = 0;
    size_t i, j;

    if (argc != 3) {
        fprintf(stderr, "usage: twins MODULE PROBE\n");
        return 2;
    }
    keyring_make(&keys);
    world_make(&world, &keys, argv[1], argv[2]);
    folder = format("%s/pam", world.files.path);
    arguments = format("config=%s/auth0jwt.conf", world.files.path);
    stage_service(folder, "test", argv[1], argv[2], arguments);
    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (j = 0; j < sizeof(units) / sizeof(units[0]); j++) {
            char *text = malloc(lengths[i] + 1);
            size_t k;

            if (text == NULL) {
                return 99;
            }
            for (k = 0; k < lengths[i]; k++) {
                text[k] = units[j][k % strlen(units[j])];
            }
            text[k] = '\0';
            failed += compare_both(&world, units[j], text);
            free(text);
        }
    }
    for (i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
        char *lines[] = {format("%s", recipes[i]), format("%s", "length = 1000")};
        char *name = format("forged%zu", i);

        for (j = 1; j <= 2; j++) {
            world_token(&world, name, lines, j);
            failed += compare_both(&world, recipes[i], world.token[world.token_count - 1].text);
        }
        free(lines[0]);
        free(lines[1]);
        free(name);
    }
    world_remove(&world);
    keyring_free(&keys);
    free(folder);
    free(arguments);
    printf("# %d failed\n", failed);
    return failed == 0 ? 0 : 1;
}
