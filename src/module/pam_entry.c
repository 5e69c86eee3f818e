/*
 * The six functions that libpam calls. Each begins a request, hands it to its phase and ends it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <security/pam_modules.h>

#include "module/phases.h"
#include "module/request.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase_authenticate(&request);
    request_end(&request);
    return code;
}

EXPORTED int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase_nothing_to_do(&request);
    request_end(&request);
    return code;
}

EXPORTED int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase_account(&request);
    request_end(&request);
    return code;
}

EXPORTED int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase_nothing_to_do(&request);
    request_end(&request);
    return code;
}

EXPORTED int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase_nothing_to_do(&request);
    request_end(&request);
    return code;
}

EXPORTED int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    struct request request;
    int code;

    request_begin(&request, pamh, flags, argc, argv);
    code = phase_change_token(&request);
    request_end(&request);
    return code;
}
