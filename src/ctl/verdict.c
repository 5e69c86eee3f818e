/*
 * The verdict as text and as JSON. Foreign text is quoted or escaped: what stands in a token must
 * not reach the terminal that it is explained on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/verdict.h"

#include <stdio.h>

#include "ctl/json_out.h"
#include "ctl/output.h"
#include "host/config.h"
#include "jwt/alg.h"
#include "jwt/json.h"

enum { PERMISSIONS_SHOWN = 40 };

enum result { RESULT_OK, RESULT_FAILED, RESULT_NOT_REACHED, RESULT_NOT_ASKED };

static const struct {
    const char *name;
    enum colour colour;
} results[] = {
    [RESULT_OK] = {"ok", COLOUR_GOOD},
    [RESULT_FAILED] = {"failed", COLOUR_BAD},
    [RESULT_NOT_REACHED] = {"not reached", COLOUR_FAINT},
    [RESULT_NOT_ASKED] = {"not asked", COLOUR_FAINT},
};

/* Was the check left out, because nobody asked or because the configuration does not? Every reason
 * stands here and there is no default, so that the compiler asks about a new one. */
static bool not_asked(const struct verdict *verdict, enum reason check)
{
    const struct service *service = verdict->request->service;
    const struct tenant *tenant = verdict->decision->tenant;

    switch (check) {
    case REASON_TOO_OLD:
        return service == NULL || (service->max_token_age == TOKEN_AGE_OFF &&
                                   service->min_token_life == TOKEN_AGE_OFF);
    case REASON_WRONG_PARTY:
        return tenant != NULL && strings_contain(&tenant->authorized_parties, bytes_of("*"));
    case REASON_ALREADY_USED:
        return service == NULL || !service->one_time;
    case REASON_ACCOUNT_NOT_MAPPED:
    case REASON_ACCOUNT_REFUSED:
        return verdict->request->user == NULL;
    case REASON_MISSING_PERMISSION:
        return service == NULL;
    case REASON_INTERNAL:
    case REASON_ACCEPTED:
    case REASON_CONFIG_ERROR:
    case REASON_NO_TOKEN:
    case REASON_TOO_LARGE:
    case REASON_NOT_A_TOKEN:
    case REASON_ENCRYPTED:
    case REASON_TRUNCATED:
    case REASON_MALFORMED:
    case REASON_UNSUPPORTED_CRIT:
    case REASON_WRONG_ISSUER:
    case REASON_UNSUPPORTED_ALG:
    case REASON_WRONG_TYPE:
    case REASON_KEYS_UNAVAILABLE:
    case REASON_KEY_NOT_FOUND:
    case REASON_BAD_KEY:
    case REASON_BAD_SIGNATURE:
    case REASON_ID_TOKEN:
    case REASON_MISSING_CLAIM:
    case REASON_BAD_CLAIM:
    case REASON_WRONG_AUDIENCE:
    case REASON_EXPIRED:
    case REASON_NOT_YET_VALID:
    case REASON_SENDER_CONSTRAINED:
    case REASON_DELEGATED:
    case REASON_WRONG_ORGANIZATION:
    case REASON_REVOKED:
    case REASON_OUT_OF_MEMORY:
    case REASON_COUNT:
        break;
    }
    return false;
}

/* The checks stand in the order of the reasons, so the verdict's own parts those that passed from
 * those that were not made. Without memory, or by a fault of ours, nothing is known of any. */
static enum result result_of(const struct verdict *verdict, enum reason check)
{
    enum reason reason = verdict->decision->reason;

    if (check != reason && not_asked(verdict, check)) {
        return RESULT_NOT_ASKED;
    }
    if (reason == REASON_INTERNAL || reason == REASON_OUT_OF_MEMORY) {
        return RESULT_NOT_REACHED;
    }
    if (check == reason) {
        return RESULT_FAILED;
    }
    return reason == REASON_ACCEPTED || check < reason ? RESULT_OK : RESULT_NOT_REACHED;
}

/* The claims, once the signature was found good; else NULL. */
static const struct claims *known_claims(const struct verdict *verdict)
{
    if (verdict->login != NULL) {
        return &verdict->login->token->claims;
    }
    return verdict->decision->signature_good && verdict->decision->facts.json != NULL
               ? &verdict->decision->facts
               : NULL;
}

static bool known_date(const struct claims *claims, const char *name, double *out)
{
    const struct json *value = NULL;

    return claims != NULL && json_member(claims->json, name, &value) && json_number(value, out);
}

/* The account that the token was found to be good for. */
static const char *known_account(const struct verdict *verdict)
{
    enum reason reason = verdict->decision->reason;

    return reason == REASON_ACCEPTED || reason == REASON_MISSING_PERMISSION ? verdict->request->user
                                                                            : NULL;
}

/* --- for programs --- */

static void json_permissions(struct json_out *out, const struct claims *claims)
{
    struct bytes permission;
    size_t i;

    if (claims == NULL) {
        json_out_null(out, "permissions");
        return;
    }
    json_out_open(out, "permissions", '[');
    for (i = 0; claims_permission(claims, i, &permission); i++) {
        json_out_bytes(out, NULL, permission);
    }
    json_out_close(out, ']');
}

static void json_date(struct json_out *out, const char *name, const struct claims *claims,
                      const char *claim)
{
    double date;

    if (known_date(claims, claim, &date)) {
        json_out_number(out, name, date);
    } else {
        json_out_null(out, name);
    }
}

static void json_checks(struct json_out *out, const struct verdict *verdict)
{
    int check;

    json_out_open(out, "checks", '[');
    for (check = 0; check < REASON_COUNT; check++) {
        if (reason_check((enum reason)check)[0] != '\0') {
            json_out_open(out, NULL, '{');
            json_out_string(out, "name", reason_check((enum reason)check));
            json_out_string(out, "result", results[result_of(verdict, (enum reason)check)].name);
            json_out_close(out, '}');
        }
    }
    json_out_close(out, ']');
}

void verdict_print_json(const struct verdict *verdict)
{
    const struct decision *decision = verdict->decision;
    const struct claims *claims = known_claims(verdict);
    struct json_out out = {stdout, false};
    bool accepted = decision->reason == REASON_ACCEPTED;

    json_out_open(&out, NULL, '{');
    json_out_string(&out, "verdict", accepted ? "accept" : "reject");
    json_out_string(&out, "reason", reason_name(decision->reason));
    json_out_string(&out, "detail", decision->detail.len > 0 ? decision->detail.at : NULL);
    json_out_string(&out, "tenant", decision->tenant != NULL ? decision->tenant->name : NULL);
    json_out_string(&out, "kid", decision->kid);
    json_out_string(&out, "alg", decision->alg != ALG_UNKNOWN ? alg_name(decision->alg) : NULL);
    json_out_string(&out, "id", decision->id[0] != '\0' ? decision->id : NULL);
    json_out_bytes(&out, "subject", claims != NULL ? claims->sub : (struct bytes){NULL, 0});
    json_out_string(&out, "account", known_account(verdict));
    json_permissions(&out, claims);
    json_out_null(&out, "groups"); /* the groups map is not read by this version */
    json_date(&out, "issued_at", claims, "iat");
    json_date(&out, "expires_at", claims, "exp");
    json_checks(&out, verdict);
    json_out_close(&out, '}');
    putchar('\n');
}

/* --- for people --- */

static void print_foreign(const char *label, struct bytes foreign)
{
    struct text text = {0};

    if (foreign.ptr != NULL) {
        output_foreign(&text, foreign);
        output_row(label, text.at);
    }
}

static void print_key(const struct decision *decision)
{
    struct text text = {0};

    if (decision->kid == NULL && decision->alg == ALG_UNKNOWN) {
        return;
    }
    if (decision->kid != NULL) {
        output_foreign(&text, bytes_of(decision->kid));
    }
    if (decision->alg != ALG_UNKNOWN) {
        text_add(&text, "%s%s", text.len > 0 ? ", " : "", alg_name(decision->alg));
    }
    if (decision->keys != KEYS_NONE) {
        text_add(&text, ", from a key set that is %s", key_freshness_name(decision->keys));
        if (decision->keys_age >= 0) {
            text_add(&text, ", ");
            text_add_duration(&text, (double)decision->keys_age);
            text_add(&text, " old");
        }
    }
    output_row("Key", text.at);
}

static void print_permissions(const struct claims *claims)
{
    struct bytes permission;
    size_t i;

    for (i = 0; i < PERMISSIONS_SHOWN && claims_permission(claims, i, &permission); i++) {
        print_foreign(i == 0 ? "Permissions" : "", permission);
    }
    if (i == 0) {
        output_row("Permissions", "none");
    } else if (claims_permission(claims, i, &permission)) {
        output_row("", "and more");
    }
}

static void print_date(const char *label, const struct claims *claims, const char *claim,
                       int64_t now)
{
    struct text text = {0};
    double date;

    if (known_date(claims, claim, &date)) {
        output_time(&text, date, now);
        output_row(label, text.at);
    }
}

static void print_facts(const struct verdict *verdict)
{
    const struct decision *decision = verdict->decision;
    const struct claims *claims = known_claims(verdict);
    const char *account = known_account(verdict);

    if (decision->tenant != NULL) {
        output_row("Tenant", decision->tenant->name);
    }
    print_key(decision);
    if (decision->id[0] != '\0') {
        output_row("Token id", decision->id);
    }
    if (claims != NULL) {
        print_foreign("Subject", claims->sub);
        print_foreign("Application", claims_party(claims));
        print_permissions(claims);
        print_date("Issued", claims, "iat", verdict->request->now);
        print_date("Expires", claims, "exp", verdict->request->now);
    }
    if (account != NULL) {
        print_foreign("Account", bytes_of(account));
    }
}

void verdict_print(const struct verdict *verdict)
{
    const struct decision *decision = verdict->decision;
    bool accepted = decision->reason == REASON_ACCEPTED;
    bool colour = output_colour();
    int check;

    for (check = 0; check < REASON_COUNT; check++) {
        if (reason_check((enum reason)check)[0] != '\0') {
            enum result result = result_of(verdict, (enum reason)check);

            printf("  %-24s ", reason_check((enum reason)check));
            output_coloured(colour, results[result].colour, results[result].name);
            putchar('\n');
        }
    }
    putchar('\n');
    printf("%-12s ", "Verdict");
    output_coloured(colour, accepted ? COLOUR_GOOD : COLOUR_BAD, accepted ? "accept" : "reject");
    printf("%s%s\n", accepted ? "" : ": ", accepted ? "" : reason_name(decision->reason));
    if (decision->detail.len > 0) {
        output_row("Detail", decision->detail.at);
    }
    print_facts(verdict);
}
