/*
 * A JSON writer that needs to know one thing: whether a comma is due. It writes ASCII only: what a
 * token holds beyond that may be a control character (U+0080 to U+009F) or turn a line around
 * (U+202E), and somebody may look at it on a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ctl/json_out.h"

#include <stdlib.h>

#include "jwt/json.h"

/* Writes the first character of valid UTF-8, escaped where it is not ASCII; returns the rest. */
static const char *write_character(FILE *to, const char *text)
{
    unsigned long lead = (unsigned char)*text;
    size_t more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    unsigned long point = more == 0 ? lead : lead & (0x3fUL >> more);

    for (text++; more > 0 && *text != '\0'; more--, text++) {
        point = point << 6 | ((unsigned char)*text & 0x3fUL);
    }
    if (point < 0x7f) {
        putc((int)point, to);
    } else if (point < 0x10000) {
        fprintf(to, "\\u%04lx", point);
    } else {
        fprintf(to, "\\u%04lx\\u%04lx", 0xd800 + ((point - 0x10000) >> 10),
                0xdc00 + ((point - 0x10000) & 0x3ff));
    }
    return text;
}

static void write_string(FILE *to, struct bytes content)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    const char *at;
    bool whole;

    if (memory != NULL) {
        json_write_string(memory, content);
    }
    whole = memory != NULL && ferror(memory) == 0;
    if (memory == NULL || fclose(memory) != 0 || !whole) {
        fputs("null", to); /* without memory nothing is known */
        free(text);
        return;
    }
    for (at = text; *at != '\0';) {
        at = write_character(to, at);
    }
    free(text);
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
