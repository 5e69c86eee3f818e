/*
 * Reading https URLs. A strict subset of RFC 3986: what is not read here is refused, so that no
 * later reader can see another host in the same text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/https_url.h"

static const char scheme[] = "https://";

static bool is_alphanumeric(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* Letters, digits, hyphens and dots; no empty label, none that begins or ends with a hyphen. */
static bool is_host(struct bytes host)
{
    size_t i;

    if (host.len == 0 || host.len > 253) {
        return false;
    }
    for (i = 0; i < host.len; i++) {
        bool edge = i == 0 || i + 1 == host.len || host.ptr[i - 1] == '.' || host.ptr[i + 1] == '.';

        if (!is_alphanumeric(host.ptr[i]) && (edge || (host.ptr[i] != '-' && host.ptr[i] != '.'))) {
            return false;
        }
    }
    return true;
}

/* 1 to 65535 in decimal, without leading zeros; 0 for all else. */
static unsigned read_port(struct bytes text)
{
    unsigned port = 0;
    size_t i;

    if (text.len == 0 || text.len > 5 || text.ptr[0] == '0') {
        return 0;
    }
    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 0;
        }
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    return port <= 65535 ? port : 0;
}

/* Printable ASCII that RFC 3986 lets stand in a URL. */
static bool is_url_text(struct bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];

        if (byte <= 0x20 || byte >= 0x7f || strchr("\"<>\\^`{|}", byte) != NULL) {
            return false;
        }
    }
    return true;
}

const char *https_url_parse(struct bytes text, struct https_url *out)
{
    struct https_url url = {{NULL, 0}, 443, false, {NULL, 0}};
    struct bytes authority;
    size_t colon;

    *out = url;
    if (!bytes_begin_with(text, scheme)) {
        return "does not begin with https://: write the URL as https://host/path";
    }
    if (!is_url_text(text)) {
        return "has a character that no URL may have: write it as %XX, or remove it";
    }
    if (bytes_find(text, '?') != text.len || bytes_find(text, '#') != text.len) {
        return "has a query or a fragment: remove everything from the ? or # on";
    }
    authority = bytes_from(text, sizeof(scheme) - 1);
    url.path = bytes_from(authority, bytes_find(authority, '/'));
    authority = bytes_first(authority, bytes_find(authority, '/'));
    if (bytes_find(authority, '@') != authority.len) {
        return "has a user in front of the host: remove it";
    }
    colon = bytes_find(authority, ':');
    url.host = bytes_first(authority, colon);
    url.port_written = colon != authority.len;
    if (!is_host(url.host)) {
        return "has no proper host name: write https://host/path";
    }
    if (url.port_written) {
        url.port = read_port(bytes_from(authority, colon + 1));
    }
    if (url.port == 0) {
        return "has a port that is no number from 1 to 65535: correct or remove it";
    }
    *out = url;
    return NULL;
}

bool https_url_same_host(const struct https_url *a, const struct https_url *b)
{
    char name[254] = "";

    if (b->host.len >= sizeof(name)) {
        return false;
    }
    if (b->host.len > 0) {
        memcpy(name, b->host.ptr, b->host.len);
    }
    return bytes_equal_string_nocase(a->host, name);
}

bool https_url_same_place(const struct https_url *a, const struct https_url *b)
{
    return a->port == b->port && https_url_same_host(a, b);
}

bool https_url_of_auth0(const struct https_url *url)
{
    static const char suffix[] = ".auth0.com";
    size_t len = sizeof(suffix) - 1;

    return url->host.len > len &&
           bytes_equal_string_nocase(bytes_from(url->host, url->host.len - len), suffix);
}

bool https_url_of_auth0_api(const struct https_url *url)
{
    static const char *const paths[] = {"/api/v2", "/userinfo", "/mfa", "/me"};
    struct bytes path = url->path;
    size_t i;

    while (path.len > 0 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (bytes_equal_string(path, paths[i])) {
            return true;
        }
    }
    return false;
}

static bool is_plain(struct bytes url)
{
    size_t i;

    for (i = 0; i < url.len; i++) {
        if (url.ptr[i] <= 0x20 || url.ptr[i] >= 0x7f || url.ptr[i] == '\\' || url.ptr[i] == '#') {
            return false;
        }
    }
    return url.len > 0 && url.len <= HTTPS_URL_MAX;
}

bool https_url_at_issuer(struct bytes text, const char *issuer)
{
    struct https_url theirs;
    struct https_url ours;

    return is_plain(text) &&
           https_url_parse(bytes_first(text, bytes_find(text, '?')), &theirs) == NULL &&
           https_url_parse(bytes_of(issuer), &ours) == NULL && https_url_same_place(&theirs, &ours);
}
