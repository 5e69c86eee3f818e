/*
 * The six functions that libpam calls. Each begins a request, hands it to its phase and ends it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <security/pam_modules.h>

#include "module/phases.h"
#include "module/request.h"

#define EXPORTED __attribute__((visibility("default")))

static int run(pam_handle_t *pamh, int flags, int argc, const char **argv,
               int (*phase)(struct request *request))
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase(&request);
    request_end(&request);
    return code;
}

EXPORTED int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return run(pamh, flags, argc, argv, phase_authenticate);
}

EXPORTED int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return run(pamh, flags, argc, argv, phase_nothing_to_do);
}

EXPORTED int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return run(pamh, flags, argc, argv, phase_account);
}

EXPORTED int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return run(pamh, flags, argc, argv, phase_nothing_to_do);
}

EXPORTED int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return run(pamh, flags, argc, argv, phase_nothing_to_do);
}

EXPORTED int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    return run(pamh, flags, argc, argv, phase_change_token);
}
