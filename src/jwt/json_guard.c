/*
 * The JSON guard: RFC 8259 as a flat scan over tokens, no recursion, no allocation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "jwt/json_guard.h"

/* json-c collects a token in 32 bytes that grow, and does not see where they could not; no number
 * needs more. */
enum { NUMBER_MAX = 31 };

/* A scan position: what is left of the text, and how long the strings behind it are. */
struct scan {
    struct bytes rest;
    size_t text;
};

static void skip(struct scan *scan, size_t count)
{
    scan->rest = bytes_from(scan->rest, count);
}

static bool at(const struct scan *scan, size_t offset, uint8_t low, uint8_t high)
{
    return offset < scan->rest.len && scan->rest.ptr[offset] >= low &&
           scan->rest.ptr[offset] <= high;
}

static bool tail(struct bytes text, size_t index, uint8_t low, uint8_t high)
{
    return index < text.len && text.ptr[index] >= low && text.ptr[index] <= high;
}

size_t utf8_sequence(struct bytes text)
{
    uint8_t lead = text.len == 0 ? 0xff : text.ptr[0];

    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return tail(text, 1, 0x80, 0xbf) ? 2 : 0;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        /* E0 80..9F would be overlong, ED A0..BF a surrogate. */
        uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
        uint8_t high = lead == 0xed ? 0x9f : 0xbf;

        return tail(text, 1, low, high) && tail(text, 2, 0x80, 0xbf) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        /* F0 80..8F would be overlong, F4 90..BF above U+10FFFF. */
        uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
        uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;

        return tail(text, 1, low, high) && tail(text, 2, 0x80, 0xbf) && tail(text, 3, 0x80, 0xbf)
                   ? 4
                   : 0;
    }
    return 0;
}

/* The four hex digits at the offset; false where they are none. */
static bool hex4(const struct scan *scan, size_t offset, unsigned *out)
{
    size_t i;

    *out = 0;
    for (i = offset; i < offset + 4; i++) {
        unsigned digit;

        if (at(scan, i, '0', '9')) {
            digit = scan->rest.ptr[i] - (unsigned)'0';
        } else if (at(scan, i, 'a', 'f')) {
            digit = scan->rest.ptr[i] - (unsigned)'a' + 10;
        } else if (at(scan, i, 'A', 'F')) {
            digit = scan->rest.ptr[i] - (unsigned)'A' + 10;
        } else {
            return false;
        }
        *out = *out << 4 | digit;
    }
    return true;
}

/* After a backslash and a u: a character other than NUL, a surrogate only together with its other
 * half. */
static bool unicode_escape(struct scan *scan)
{
    unsigned unit;
    unsigned low;

    if (!hex4(scan, 2, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return false;
    }
    if (unit < 0xd800 || unit > 0xdbff) {
        skip(scan, 6);
        scan->text += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
        return true;
    }
    if (!at(scan, 6, '\\', '\\') || !at(scan, 7, 'u', 'u') || !hex4(scan, 8, &low) ||
        low < 0xdc00 || low > 0xdfff) {
        return false;
    }
    /* json-c 0.16 takes the joined character for a lone half where its low 16 bits are one, and
     * makes U+FFFD of it: two texts would become one. Written as UTF-8 these characters are read as
     * they are. */
    if (((((unit & 0x3ff) << 10 | (low & 0x3ff)) + 0x10000) & 0xf800) == 0xd800) {
        return false;
    }
    skip(scan, 12);
    scan->text += 4;
    return true;
}

static bool escape(struct scan *scan)
{
    static const char single[] = "\"\\/bfnrt";

    if (scan->rest.len < 2) {
        return false;
    }
    if (scan->rest.ptr[1] == 'u') {
        return unicode_escape(scan);
    }
    /* The final NUL of the list is no escape. */
    if (memchr(single, scan->rest.ptr[1], sizeof(single) - 1) == NULL) {
        return false;
    }
    skip(scan, 2);
    scan->text++;
    return true;
}

/* How many bytes at the start are ASCII characters that stand for themselves: nearly all of every
 * string. */
static size_t plain_run(struct bytes text)
{
    size_t i = 0;

    while (i < text.len && text.ptr[i] >= 0x20 && text.ptr[i] < 0x80 && text.ptr[i] != '"' &&
           text.ptr[i] != '\\') {
        i++;
    }
    return i;
}

static bool string(struct scan *scan)
{
    skip(scan, 1);
    while (scan->rest.len > 0) {
        uint8_t byte;
        size_t sequence;

        sequence = plain_run(scan->rest);
        skip(scan, sequence);
        scan->text += sequence;
        if (scan->rest.len == 0) {
            break;
        }
        byte = scan->rest.ptr[0];
        if (byte == '"') {
            skip(scan, 1);
            return true;
        }
        if (byte == '\\') {
            if (!escape(scan)) {
                return false;
            }
            continue;
        }
        sequence = byte < 0x20 ? 0 : utf8_sequence(scan->rest);
        if (sequence == 0) {
            return false;
        }
        skip(scan, sequence);
        scan->text += sequence;
    }
    return false;
}

static bool digits(struct scan *scan)
{
    if (!at(scan, 0, '0', '9')) {
        return false;
    }
    while (at(scan, 0, '0', '9')) {
        skip(scan, 1);
    }
    return true;
}

static bool number(struct scan *scan)
{
    size_t before = scan->rest.len;

    if (at(scan, 0, '-', '-')) {
        skip(scan, 1);
    }
    if (at(scan, 0, '0', '0')) {
        skip(scan, 1);
    } else if (!digits(scan)) {
        return false;
    }
    if (at(scan, 0, '.', '.')) {
        skip(scan, 1);
        if (!digits(scan)) {
            return false;
        }
    }
    if (at(scan, 0, 'e', 'e') || at(scan, 0, 'E', 'E')) {
        skip(scan, 1);
        if (at(scan, 0, '+', '+') || at(scan, 0, '-', '-')) {
            skip(scan, 1);
        }
        if (!digits(scan)) {
            return false;
        }
    }
    return before - scan->rest.len <= NUMBER_MAX;
}

static bool word(struct scan *scan, const char *expected)
{
    if (!bytes_begin_with(scan->rest, expected)) {
        return false;
    }
    skip(scan, strlen(expected));
    return true;
}

/* One value that is no container. */
static bool scalar(struct scan *scan)
{
    switch (scan->rest.ptr[0]) {
    case '"':
        return string(scan);
    case 't':
        return word(scan, "true");
    case 'f':
        return word(scan, "false");
    case 'n':
        return word(scan, "null");
    default:
        return number(scan);
    }
}

/* What may come next. */
enum expect {
    EXPECT_VALUE = 0,
    EXPECT_VALUE_OR_END, /* after [ */
    EXPECT_NAME,
    EXPECT_NAME_OR_END, /* after { */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING
};

/* Where in the structure the scan is. */
struct structure {
    enum expect expect;
    size_t depth;
    uint64_t objects; /* bit n: is the container at depth n an object? */
};

static bool in_object(const struct structure *structure)
{
    return structure->depth > 0 && (structure->objects >> (structure->depth - 1) & 1) != 0;
}

static bool expects_value(const struct structure *structure)
{
    return structure->expect == EXPECT_VALUE || structure->expect == EXPECT_VALUE_OR_END;
}

static void value_ended(struct structure *structure)
{
    structure->expect = structure->depth == 0 ? EXPECT_NOTHING : EXPECT_COMMA_OR_END;
}

static bool open_container(struct structure *structure, bool object, size_t max_depth)
{
    uint64_t bit = (uint64_t)1 << structure->depth;

    if (!expects_value(structure) || structure->depth == max_depth) {
        return false;
    }
    structure->objects = object ? structure->objects | bit : structure->objects & ~bit;
    structure->depth++;
    structure->expect = object ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;
    return true;
}

static bool close_container(struct structure *structure, bool object)
{
    enum expect empty = object ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;

    if (structure->depth == 0 || in_object(structure) != object ||
        (structure->expect != empty && structure->expect != EXPECT_COMMA_OR_END)) {
        return false;
    }
    structure->depth--;
    value_ended(structure);
    return true;
}

static bool punctuation(struct structure *structure, uint8_t byte)
{
    enum expect before = byte == ':' ? EXPECT_COLON : EXPECT_COMMA_OR_END;

    if (structure->expect != before) {
        return false;
    }
    structure->expect = byte == ',' && in_object(structure) ? EXPECT_NAME : EXPECT_VALUE;
    return true;
}

/* A scalar, or the name of a member; none stands alone. */
static bool name_or_scalar(struct scan *scan, struct structure *structure)
{
    if (structure->expect == EXPECT_NAME || structure->expect == EXPECT_NAME_OR_END) {
        structure->expect = EXPECT_COLON;
        return scan->rest.ptr[0] == '"' && string(scan);
    }
    if (!expects_value(structure) || structure->depth == 0 || !scalar(scan)) {
        return false;
    }
    value_ended(structure);
    return true;
}

/* One token, or white space. */
static bool step(struct scan *scan, struct structure *structure, size_t max_depth,
                 struct json_tally *tally)
{
    uint8_t byte = scan->rest.ptr[0];

    switch (byte) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        break;
    case ',':
    case ':':
        tally->members += byte == ':';
        if (!punctuation(structure, byte)) {
            return false;
        }
        break;
    case '{':
    case '[':
        tally->values++;
        tally->containers++;
        if (!open_container(structure, byte == '{', max_depth)) {
            return false;
        }
        break;
    case '}':
    case ']':
        if (!close_container(structure, byte == '}')) {
            return false;
        }
        break;
    default:
        tally->values += expects_value(structure);
        return name_or_scalar(scan, structure);
    }
    skip(scan, 1);
    return true;
}

bool json_guard(struct bytes text, size_t max_depth, size_t max_values, struct json_tally *tally)
{
    struct structure structure = {EXPECT_VALUE, 0, 0};
    struct scan scan = {text, 0};

    *tally = (struct json_tally){0};
    while (scan.rest.len > 0) {
        if (!step(&scan, &structure, max_depth, tally) || tally->values > max_values) {
            return false;
        }
    }
    tally->text = scan.text;
    return structure.expect == EXPECT_NOTHING;
}
