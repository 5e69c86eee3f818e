/*
 * The conversation of module/prompt.c, with a pam_prompt of the test's: what is asked, when it
 * ends, and what becomes of the answers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/prompt.h"

enum { ASKED_MAX = 80 };

/* The user of this test. An answer that begins with "!" fails the conversation, a NULL one is
 * empty; after the last one the same answer comes again and again where `repeat`, else nothing may
 * be asked. */
static struct {
    const char *const *answer;
    size_t answers;
    int repeat;
    char asked[ASKED_MAX][512];
    size_t count;
} user;

/* A handle that nothing looks into. */
static pam_handle_t *handle(void)
{
    return (pam_handle_t *)(void *)&user;
}

int pam_prompt(pam_handle_t *pamh, int style, char **response, const char *fmt, ...)
{
    const char *answer;
    va_list args;

    assert_ptr_equal(pamh, handle());
    assert_int_equal(style, PAM_PROMPT_ECHO_OFF);
    assert_true(user.count < ASKED_MAX);
    assert_true(user.repeat || user.count < user.answers);
    va_start(args, fmt);
    assert_true(vsnprintf(user.asked[user.count], sizeof(user.asked[0]), fmt, args) <
                (int)sizeof(user.asked[0]));
    va_end(args);
    answer = user.answer[user.count < user.answers ? user.count : user.answers - 1];
    user.count++;
    *response = NULL;
    if (answer == NULL) {
        return PAM_SUCCESS;
    }
    if (strcmp(answer, "!") == 0) {
        return PAM_CONV_ERR;
    }
    if (strcmp(answer, "!abort") == 0) {
        return PAM_ABORT;
    }
    if (strcmp(answer, "!memory") == 0) {
        return PAM_BUF_ERR;
    }
    *response = strdup(answer);
    assert_non_null(*response);
    return PAM_SUCCESS;
}

static enum reason talk(bool remote, size_t max, const char *const *answers, size_t count,
                        struct answer *out)
{
    struct prompt_terms terms = {"Access token: ", remote, max};

    user.answer = answers;
    user.answers = count;
    user.count = 0;
    return prompt_token(handle(), &terms, out);
}

#define TALK(remote, answers, out)                                                                 \
    talk(remote, 16384, answers, sizeof(answers) / sizeof((answers)[0]), out)

static void assert_text(struct bytes span, const char *text)
{
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.ptr, text, span.len);
}

/* `count` bytes: eyJ, then the letter, at the end `last`. */
static char *piece(size_t count, char letter, char last)
{
    char *out = malloc(count + 1);

    assert_non_null(out);
    memset(out, letter, count);
    memcpy(out, "eyJ", count < 3 ? count : 3);
    out[count - 1] = last;
    out[count] = '\0';
    return out;
}

static void test_one_answer(void **state)
{
    static const char *const answers[] = {"eyJhbGciOi.eyJpc3Mi.c2ln"};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(true, answers, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 1);
    assert_string_equal(user.asked[0], "Access token: ");
    assert_text(answer.typed, answers[0]);
    assert_text(answer.token, answers[0]);
    assert_int_equal(answer.length, strlen(answers[0]));
    assert_int_equal(answer.typed.ptr[answer.typed.len], '\0');
    answer_free(&answer);
    assert_null(answer.store.ptr);
    answer_free(&answer);
}

static void test_white_space_and_scheme(void **state)
{
    static const char *const answers[] = {" \tBearer  eyJhbGci.eyJ.c2ln\r\n"};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(false, answers, &answer), REASON_ACCEPTED);
    assert_text(answer.typed, answers[0]);
    assert_text(answer.token, "eyJhbGci.eyJ.c2ln");
    assert_int_equal(answer.length, strlen(answers[0]));
    answer_free(&answer);
}

static void test_empty(void **state)
{
    static const char *const empty[] = {""};
    static const char *const null[] = {NULL};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(true, empty, &answer), REASON_NO_TOKEN);
    assert_false(answer.failed);
    assert_int_equal(answer.typed.len, 0);
    answer_free(&answer);
    assert_int_equal(TALK(false, null, &answer), REASON_NO_TOKEN);
    assert_false(answer.failed);
    answer_free(&answer);
}

static void test_white_space_alone_is_an_answer(void **state)
{
    static const char *const answers[] = {"   "};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(true, answers, &answer), REASON_ACCEPTED);
    assert_text(answer.typed, "   ");
    assert_int_equal(answer.token.len, 0);
    answer_free(&answer);
}

static void test_remote_goes_on_at_500(void **state)
{
    size_t length;

    (void)state;
    for (length = 498; length <= 502; length++) {
        char *first = piece(length, 'a', 'z');
        const char *answers[] = {first, "last"};
        struct answer answer;
        size_t parts = length == 500 ? 2 : 1;

        assert_int_equal(talk(true, 16384, answers, parts, &answer), REASON_ACCEPTED);
        assert_int_equal(user.count, parts);
        assert_int_equal(answer.length, length + (parts == 2 ? 4 : 0));
        assert_int_equal(answer.token.len, answer.length);
        answer_free(&answer);
        free(first);
    }
}

static void test_remote_backslash_is_dropped_and_asks_nothing(void **state)
{
    char *first = piece(500, 'a', '\\');
    char *short_one = piece(100, 'a', '\\');
    const char *two[] = {first, "tail\\"};
    const char *one[] = {short_one};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(true, two, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 2);
    assert_string_equal(user.asked[1], "Access token (part 2): ");
    assert_int_equal(answer.token.len, 499 + 5); /* the last answer keeps its own */
    assert_memory_equal(answer.token.ptr + 499, "tail\\", 5);
    assert_int_equal(answer.typed.len, 505);
    assert_int_equal(answer.length, 505);
    answer_free(&answer);
    assert_int_equal(TALK(true, one, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 1);
    assert_int_equal(answer.token.len, 100);
    answer_free(&answer);
    free(first);
    free(short_one);
}

static void test_remote_depends_on_the_last_length_alone(void **state)
{
    char *token = piece(500, 'a', 'z');
    char fake[501];
    const char *known[] = {token, token, token, "end"};
    const char *unknown[] = {fake, fake, fake, "\b\n\r"};
    struct answer answer;

    (void)state;
    memset(fake, 0x7f, 500);
    fake[500] = '\0';
    assert_int_equal(TALK(true, known, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 4);
    assert_int_equal(answer.token.len, 1503);
    answer_free(&answer);
    assert_int_equal(TALK(true, unknown, &answer), REASON_ACCEPTED);
    assert_int_equal(answer.length, 1503);
    assert_int_equal(user.count, 4);
    answer_free(&answer);
    free(token);
}

static void test_remote_all_equal(void **state)
{
    char *same = piece(500, 'a', 'z');
    const char *answers[] = {same};
    struct answer answer;

    (void)state;
    user.repeat = 1;
    assert_int_equal(talk(true, 1024, answers, 1, &answer), REASON_ACCEPTED);
    user.repeat = 0;
    assert_int_equal(user.count, PROMPT_PARTS_MAX);
    assert_string_equal(user.asked[63], "Access token (part 64): ");
    assert_text(answer.token, same);
    assert_text(answer.typed, same);
    assert_int_equal(answer.typed.ptr[500], '\0');
    assert_int_equal(answer.length, 64 * 500);
    answer_free(&answer);
    free(same);
}

static void test_remote_all_equal_but_one(void **state)
{
    char *same = piece(500, 'a', 'z');
    char *other = piece(500, 'b', 'z');
    const char *answers[PROMPT_PARTS_MAX];
    struct answer answer;
    size_t i;

    (void)state;
    for (i = 0; i < PROMPT_PARTS_MAX; i++) {
        answers[i] = i == 40 ? other : same;
    }
    assert_int_equal(TALK(true, answers, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, PROMPT_PARTS_MAX);
    assert_true(answer.token.len > 16384);
    assert_int_equal(answer.length, 64 * 500);
    answer_free(&answer);
    assert_int_equal(talk(true, 64 * 500, answers, PROMPT_PARTS_MAX, &answer), REASON_ACCEPTED);
    assert_int_equal(answer.token.len, 64 * 500);
    answer_free(&answer);
    free(same);
    free(other);
}

static void test_local_goes_on_after_a_backslash(void **state)
{
    static const char *const answers[] = {"eyJhbGci\\", "OiJSUzI1NiJ9.\\", "eyJ.c2ln"};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(false, answers, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 3);
    assert_string_equal(user.asked[2], "Access token (part 3): ");
    assert_text(answer.token, "eyJhbGciOiJSUzI1NiJ9.eyJ.c2ln");
    assert_text(answer.typed, "eyJhbGci\\OiJSUzI1NiJ9.\\eyJ.c2ln");
    answer_free(&answer);
}

static void test_local_password_with_a_backslash(void **state)
{
    static const char *const password[] = {"correct horse\\"};
    static const char *const other[] = {"eyJ horse\\"};
    static const char *const later[] = {"eyJhbGci\\", "not a token\\"};
    struct answer answer;
    char *long_one = piece(500, 'a', 'z');
    const char *no_backslash[] = {long_one};

    (void)state;
    assert_int_equal(TALK(false, password, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 1);
    assert_text(answer.typed, password[0]);
    answer_free(&answer);
    assert_int_equal(TALK(false, other, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 1);
    answer_free(&answer);
    assert_int_equal(TALK(false, later, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 2);
    answer_free(&answer);
    assert_int_equal(TALK(false, no_backslash, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 1);
    answer_free(&answer);
    free(long_one);
}

static void test_local_repeated_answer_ends(void **state)
{
    static const char *const answers[] = {"eyJhbGci\\"};
    struct answer answer;

    (void)state;
    user.repeat = 1;
    assert_int_equal(TALK(false, answers, &answer), REASON_ACCEPTED);
    user.repeat = 0;
    assert_int_equal(user.count, 2);
    assert_text(answer.typed, "eyJhbGci\\");
    assert_int_equal(answer.length, 9);
    answer_free(&answer);
}

static void test_local_empty_answer_ends(void **state)
{
    static const char *const answers[] = {"eyJhbGci\\", ""};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(false, answers, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 2);
    assert_text(answer.token, "eyJhbGci");
    answer_free(&answer);
}

static void test_local_ends_at_64_and_when_full(void **state)
{
    char *part[PROMPT_PARTS_MAX];
    struct answer answer;
    size_t i;

    (void)state;
    for (i = 0; i < PROMPT_PARTS_MAX; i++) {
        part[i] = piece(500, i % 2 == 0 ? 'a' : 'b', '\\');
    }
    assert_int_equal(talk(false, 64 * 500, (const char *const *)part, PROMPT_PARTS_MAX, &answer),
                     REASON_ACCEPTED);
    assert_int_equal(user.count, PROMPT_PARTS_MAX);
    assert_int_equal(answer.token.len, 63 * 499 + 500);
    answer_free(&answer);
    assert_int_equal(talk(false, 1024, (const char *const *)part, PROMPT_PARTS_MAX, &answer),
                     REASON_ACCEPTED);
    assert_int_equal(user.count, 3);
    assert_true(answer.token.len > 1024);
    answer_free(&answer);
    for (i = 0; i < PROMPT_PARTS_MAX; i++) {
        free(part[i]);
    }
}

static void test_too_long_stays_too_long(void **state)
{
    char *long_one = malloc(300001);
    const char *answers[] = {long_one};
    struct answer answer;

    (void)state;
    assert_non_null(long_one);
    memset(long_one, ' ', 300000);
    long_one[300000] = '\0';
    assert_int_equal(talk(true, 1024, answers, 1, &answer), REASON_ACCEPTED);
    assert_true(answer.token.len > 1024); /* white space that found no room is not dropped */
    assert_true(answer.store.len < 2048);
    assert_int_equal(answer.length, 300000);
    answer_free(&answer);
    free(long_one);
}

static void test_failed_conversation(void **state)
{
    static const char *const remote[] = {"!"};
    static const char *const twice[] = {"!", "!"};
    static const char *const later[] = {"eyJhbGci\\", "!", "!"};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(true, remote, &answer), REASON_NO_TOKEN);
    assert_true(answer.failed);
    assert_int_equal(user.count, 1);
    answer_free(&answer);
    assert_int_equal(TALK(false, twice, &answer), REASON_NO_TOKEN);
    assert_true(answer.failed);
    assert_int_equal(user.count, 2);
    answer_free(&answer);
    assert_int_equal(TALK(false, later, &answer), REASON_NO_TOKEN);
    assert_true(answer.failed);
    assert_int_equal(answer.typed.len, 0);
    answer_free(&answer);
}

static void test_other_failures_have_no_second_chance(void **state)
{
    static const char *const aborted[] = {"!abort"};
    static const char *const no_memory[] = {"!memory"};
    struct answer answer;

    (void)state;
    assert_int_equal(TALK(false, aborted, &answer), REASON_NO_TOKEN);
    assert_true(answer.failed);
    answer_free(&answer);
    assert_int_equal(TALK(false, no_memory, &answer), REASON_OUT_OF_MEMORY);
    assert_false(answer.failed);
    answer_free(&answer);
}

static void test_one_more_chance(void **state)
{
    static const char *const answers[] = {"eyJhbGci\\", "!", "Oi.eyJ.c2ln"};
    struct answer answer;
    size_t len;

    (void)state;
    assert_int_equal(TALK(false, answers, &answer), REASON_ACCEPTED);
    assert_int_equal(user.count, 3);
    assert_string_equal(user.asked[1], "Access token (part 2): ");
    len = strlen(user.asked[2]);
    assert_non_null(strstr(user.asked[2], "in parts"));
    assert_string_equal(user.asked[2] + len - 23, "Access token (part 2): ");
    assert_text(answer.token, "eyJhbGciOi.eyJ.c2ln");
    answer_free(&answer);
}

static void test_prompt_without_colon(void **state)
{
    struct prompt_terms terms = {"Token%s>", true, 1024};
    char *first = piece(500, 'a', 'z');
    const char *answers[] = {first, "x"};
    struct answer answer;

    (void)state;
    user.answer = answers;
    user.answers = 2;
    user.count = 0;
    assert_int_equal(prompt_token(handle(), &terms, &answer), REASON_ACCEPTED);
    assert_string_equal(user.asked[0], "Token%s>");
    assert_string_equal(user.asked[1], "Token%s> (part 2): ");
    answer_free(&answer);
    free(first);
}

static void test_answer_of_text(void **state)
{
    struct answer answer;

    (void)state;
    assert_int_equal(answer_of_text(NULL, &answer), REASON_NO_TOKEN);
    answer_free(&answer);
    assert_int_equal(answer_of_text("", &answer), REASON_NO_TOKEN);
    answer_free(&answer);
    assert_int_equal(answer_of_text("Bearer eyJ.eyJ.c2ln ", &answer), REASON_ACCEPTED);
    assert_text(answer.token, "eyJ.eyJ.c2ln");
    assert_text(answer.typed, "Bearer eyJ.eyJ.c2ln ");
    assert_int_equal(answer.length, 20);
    answer_free(&answer);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_answer),
        cmocka_unit_test(test_white_space_and_scheme),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_white_space_alone_is_an_answer),
        cmocka_unit_test(test_remote_goes_on_at_500),
        cmocka_unit_test(test_remote_backslash_is_dropped_and_asks_nothing),
        cmocka_unit_test(test_remote_depends_on_the_last_length_alone),
        cmocka_unit_test(test_remote_all_equal),
        cmocka_unit_test(test_remote_all_equal_but_one),
        cmocka_unit_test(test_local_goes_on_after_a_backslash),
        cmocka_unit_test(test_local_password_with_a_backslash),
        cmocka_unit_test(test_local_repeated_answer_ends),
        cmocka_unit_test(test_local_empty_answer_ends),
        cmocka_unit_test(test_local_ends_at_64_and_when_full),
        cmocka_unit_test(test_too_long_stays_too_long),
        cmocka_unit_test(test_failed_conversation),
        cmocka_unit_test(test_other_failures_have_no_second_chance),
        cmocka_unit_test(test_one_more_chance),
        cmocka_unit_test(test_prompt_without_colon),
        cmocka_unit_test(test_answer_of_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
