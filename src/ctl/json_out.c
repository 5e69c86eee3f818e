/*
 * A JSON writer that needs to know one thing: whether a comma is due.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/json_out.h"

#include "jwt/json.h"

static void begin(struct json_out *out, const char *name)
{
    if (out->follows) {
        fputc(',', out->to);
    }
    if (name != NULL) {
        json_write_string(out->to, bytes_of(name));
        fputc(':', out->to);
    }
    out->follows = true;
}

void json_out_open(struct json_out *out, const char *name, char bracket)
{
    begin(out, name);
    fputc(bracket, out->to);
    out->follows = false;
}

void json_out_close(struct json_out *out, char bracket)
{
    fputc(bracket, out->to);
    out->follows = true;
}

void json_out_null(struct json_out *out, const char *name)
{
    begin(out, name);
    fputs("null", out->to);
}

void json_out_bool(struct json_out *out, const char *name, bool value)
{
    begin(out, name);
    fputs(value ? "true" : "false", out->to);
}

void json_out_integer(struct json_out *out, const char *name, int64_t value)
{
    begin(out, name);
    fprintf(out->to, "%lld", (long long)value);
}

void json_out_number(struct json_out *out, const char *name, double value)
{
    bool whole = value >= -9e15 && value <= 9e15 && value == (double)(int64_t)value;

    begin(out, name);
    fprintf(out->to, "%.*f", whole ? 0 : 6, value);
}

void json_out_bytes(struct json_out *out, const char *name, struct bytes value)
{
    if (value.ptr == NULL) {
        json_out_null(out, name);
        return;
    }
    begin(out, name);
    json_write_string(out->to, value);
}

void json_out_string(struct json_out *out, const char *name, const char *value)
{
    json_out_bytes(out, name, bytes_of(value));
}
