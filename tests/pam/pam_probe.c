/*
 * The neighbour in the stack, for tests of the module: as `before` it hands PAM_AUTHTOK over as an
 * earlier module would, as `after` it looks at what is left there, and in the account phase it
 * shows that the module before it answered PAM_IGNORE. The functions it calls are the test
 * program's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
/* Whatever the flags say: the loaded module, or libpam, must find what is here. */
#pragma GCC visibility push(default)

#include <security/pam_modules.h>
#include <string.h>

#include "probe.h"

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    const void *authtok = NULL;

    (void)flags;
    if (argc == 1 && strcmp(argv[0], "before") == 0) {
        if (probe_first_pass() != NULL) {
            (void)pam_set_item(pamh, PAM_AUTHTOK, probe_first_pass());
        }
        return PAM_IGNORE;
    }
    (void)pam_get_item(pamh, PAM_AUTHTOK, &authtok);
    probe_after(authtok);
    return PAM_IGNORE;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    return PAM_IGNORE;
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh;
    (void)flags;
    (void)argc;
    (void)argv;
    probe_account();
    return PAM_IGNORE;
}
