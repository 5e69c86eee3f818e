/*
 * A JSON writer that needs to know one thing: whether a comma is due. It writes ASCII only: what a
 * token holds beyond that may be a control character (U+0080 to U+009F) or turn a line around
 * (U+202E), and somebody may look at it on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/json_out.h"

#include "jwt/json_guard.h"

/* The code point of one valid UTF-8 sequence of that length. */
static unsigned long code_point(struct bytes text, size_t length)
{
    unsigned long point = length == 1 ? text.ptr[0] : text.ptr[0] & (0x7fUL >> length);
    size_t i;

    for (i = 1; i < length; i++) {
        point = point << 6 | (text.ptr[i] & 0x3fUL);
    }
    return point;
}

static void write_character(FILE *to, unsigned long point)
{
    if (point == '"' || point == '\\') {
        fprintf(to, "\\%c", (int)point);
    } else if (point >= 0x20 && point < 0x7f) {
        putc((int)point, to);
    } else if (point < 0x10000) {
        fprintf(to, "\\u%04lx", point);
    } else {
        fprintf(to, "\\u%04lx\\u%04lx", 0xd800 + ((point - 0x10000) >> 10),
                0xdc00 + ((point - 0x10000) & 0x3ff));
    }
}

/* A byte that is no UTF-8, as a command line may hold, becomes U+FFFD. */
static void write_string(FILE *to, struct bytes text)
{
    putc('"', to);
    while (text.len > 0) {
        size_t length = utf8_sequence(text);

        write_character(to, length == 0 ? 0xfffd : code_point(text, length));
        text = bytes_from(text, length == 0 ? 1 : length);
    }
    putc('"', to);
}

static void begin(struct json_out *out, const char *name)
{
    if (out->follows) {
        fputc(',', out->to);
    }
    if (name != NULL) {
        fprintf(out->to, "\"%s\"", name); /* ours: plain letters */
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
    write_string(out->to, value);
}

void json_out_string(struct json_out *out, const char *name, const char *value)
{
    json_out_bytes(out, name, bytes_of(value));
}
