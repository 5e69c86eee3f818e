/*
 * A PAM module that answers what its arguments say, for tests of stacks: `auth=7 account=25 name=x`
 * answers 7 to pam_authenticate and 25 to pam_acct_mgmt, and PAM_SUCCESS where nothing is said.
 * Each call is noted in the PAM environment, `FIXED_x_auth=1`, so that a test can see who was
 * asked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

/* The value of `key=` among the arguments, or NULL. */
static const char *argument_find(int argc, const char **argv, const char *key)
{
    size_t len = strlen(key);

    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], key, len) == 0 && argv[i][len] == '=')
            return argv[i] + len + 1;
    }
    return NULL;
}

static int answer(pam_handle_t *pamh, int argc, const char **argv, const char *phase)
{
    const char *name = argument_find(argc, argv, "name");
    const char *text = argument_find(argc, argv, phase);
    char mark[128];
    char *end = NULL;
    long code;
    int len = snprintf(mark, sizeof mark, "FIXED_%s_%s=1", name != NULL ? name : "module", phase);

    if (len < 0 || (size_t)len >= sizeof mark || pam_putenv(pamh, mark) != PAM_SUCCESS)
        return PAM_ABORT;
    if (text == NULL)
        return PAM_SUCCESS;
    errno = 0;
    code = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || code < INT_MIN || code > INT_MAX)
        return PAM_ABORT;
    return (int)code;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    return answer(pamh, argc, argv, "auth");
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    return answer(pamh, argc, argv, "setcred");
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    return answer(pamh, argc, argv, "account");
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    return answer(pamh, argc, argv, "open");
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    return answer(pamh, argc, argv, "close");
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)flags;
    return answer(pamh, argc, argv, "password");
}
