/*
 * The fetching child gives up everything before it touches libcurl, and a reply is believed only
 * whole. The calls that give up privileges, and libcurl's first one, are wrapped (-Wl,--wrap): the
 * former fail or lie on demand, the latter reports what the process is at that moment.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/monotonic.h"
#include "refresh/confine.h"
#include "refresh/fetch.h"
#include "host/https_url.h"
#include "refresh/judge.h"

enum { CHILD_FD = 3 };

/* What a wrapped call does in the child. */
enum fault { HONEST = 0, FAILS, LIES };

static struct {
    enum fault setgroups;
    enum fault setresgid;
    enum fault setresuid;
    enum fault no_new_privs;
    enum fault dumpable;
    enum fault setrlimit;
    bool hang;
} faults;

int __real_setgroups(size_t count, const gid_t *list);
int __wrap_setgroups(size_t count, const gid_t *list);
int __real_setresgid(gid_t a, gid_t b, gid_t c);
int __wrap_setresgid(gid_t a, gid_t b, gid_t c);
int __real_setresuid(uid_t a, uid_t b, uid_t c);
int __wrap_setresuid(uid_t a, uid_t b, uid_t c);
int __real_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int __real_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
CURLcode __wrap_curl_global_init(long flags);

#define FAKE(fault, call)                                                                          \
    switch (fault) {                                                                               \
    case FAILS:                                                                                    \
        errno = EPERM;                                                                             \
        return -1;                                                                                 \
    case LIES:                                                                                     \
        return 0;                                                                                  \
    case HONEST:                                                                                   \
    default:                                                                                       \
        return call;                                                                               \
    }

int __wrap_setgroups(size_t count, const gid_t *list)
{
    FAKE(faults.setgroups, __real_setgroups(count, list))
}

int __wrap_setresgid(gid_t a, gid_t b, gid_t c)
{
    FAKE(faults.setresgid, __real_setresgid(a, b, c))
}

int __wrap_setresuid(uid_t a, uid_t b, uid_t c)
{
    FAKE(faults.setresuid, __real_setresuid(a, b, c))
}

int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    FAKE(faults.setrlimit, __real_setrlimit(resource, limit))
}

int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    enum fault fault = option == PR_SET_NO_NEW_PRIVS ? faults.no_new_privs
                       : option == PR_SET_DUMPABLE   ? faults.dumpable
                                                     : HONEST;

    FAKE(fault, __real_prctl(option, a, b, c, d))
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    int fd;

    for (fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

/* The first thing of libcurl that the child calls. Says what it is by now, and ends. */
CURLcode __wrap_curl_global_init(long flags)
{
    struct fetch_reply reply;
    struct rlimit core = {1, 1};
    struct rlimit size = {1, 1};
    uid_t uid[3];
    gid_t gid[3];

    (void)flags;
    if (faults.hang) {
        pause();
    }
    memset(&reply, 0, sizeof(reply));
    getresuid(&uid[0], &uid[1], &uid[2]);
    getresgid(&gid[0], &gid[1], &gid[2]);
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_FSIZE, &size);
    snprintf(reply.message, sizeof(reply.message),
             "curl with uid %u %u %u gid %u %u %u groups %d nnp %d dumpable %d core %d fsize %d "
             "fds %zu alarm %d",
             uid[0], uid[1], uid[2], gid[0], gid[1], gid[2], getgroups(0, NULL),
             prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL),
             prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL), (int)core.rlim_max, (int)size.rlim_max,
             open_descriptors(), alarm(5) > 0);
    frame_send_reply(CHILD_FD, &reply);
    _exit(0);
}

/* What became of one fetch, in `why`. */
static void fetch(int64_t timeout, struct text *why)
{
    struct fetcher fetcher = {.fd = -1};
    struct fetch_reply reply;

    assert_true(fetcher_start(&fetcher, (struct bytes){NULL, 0}, 1, timeout, why));
    assert_false(fetcher_get(&fetcher, "https://tenant.example/", &reply, why));
    fetcher_stop(&fetcher);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static int reset(void **state)
{
    (void)state;
    memset(&faults, 0, sizeof(faults));
    return 0;
}

static void all_is_given_up_before_libcurl(void **state)
{
    struct confinement plan;
    struct text why = {0};
    char expected[512];
    int extra = open("/etc/passwd", O_RDONLY);
    bool root = geteuid() == 0;

    (void)state;
    assert_true(extra >= 0);
    assert_true(confine_plan(&plan, &why));
    assert_int_equal(plan.drop, root);
    if (root) {
        assert_int_not_equal(plan.uid, 0);
        assert_int_not_equal(plan.gid, 0);
    }
    fetch(5, &why);
    close(extra);
    snprintf(expected, sizeof(expected),
             "curl with uid %u %u %u gid %u %u %u groups %d nnp 1 "
             "dumpable 0 core 0 fsize 0 fds 4 alarm 1",
             root ? plan.uid : getuid(), root ? plan.uid : geteuid(), root ? plan.uid : geteuid(),
             root ? plan.gid : getgid(), root ? plan.gid : getegid(), root ? plan.gid : getegid(),
             root ? 0 : getgroups(0, NULL));
    assert_non_null(strstr(why.at, expected));
}

/* A step that fails, or says that it worked and did nothing: libcurl is never reached. */
static void every_step_is_checked(void **state)
{
    static const struct {
        size_t offset;
        enum fault fault;
        bool root_only;
        const char *why;
    } rows[] = {
        {offsetof(__typeof__(faults), setgroups), FAILS, true, "setgroups"},
        {offsetof(__typeof__(faults), setgroups), LIES, true, "groups are still there"},
        {offsetof(__typeof__(faults), setresgid), FAILS, true, "setresgid"},
        {offsetof(__typeof__(faults), setresgid), LIES, true, "group id is still there"},
        {offsetof(__typeof__(faults), setresuid), FAILS, true, "setresuid"},
        {offsetof(__typeof__(faults), setresuid), LIES, true, "user id is still there"},
        {offsetof(__typeof__(faults), no_new_privs), FAILS, false, "PR_SET_NO_NEW_PRIVS"},
        {offsetof(__typeof__(faults), no_new_privs), LIES, false, "PR_SET_NO_NEW_PRIVS"},
        {offsetof(__typeof__(faults), dumpable), FAILS, false, "PR_SET_DUMPABLE"},
        {offsetof(__typeof__(faults), setrlimit), FAILS, false, "RLIMIT_CORE"},
    };
    const gid_t groups[] = {1, 2};
    size_t i;

    (void)state;
    if (geteuid() == 0) {
        assert_int_equal(__real_setgroups(2, groups), 0);
    }
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text why = {0};
        bool expected = !rows[i].root_only || geteuid() == 0;

        memset(&faults, 0, sizeof(faults));
        *(enum fault *)(void *)((char *)&faults + rows[i].offset) = rows[i].fault;
        fetch(5, &why);
        memset(&faults, 0, sizeof(faults));
        if (expected) {
            assert_non_null(strstr(why.at, "not asked"));
            assert_non_null(strstr(why.at, "privileges cannot be given up"));
            assert_non_null(strstr(why.at, rows[i].why));
            assert_null(strstr(why.at, "curl with"));
        } else {
            assert_non_null(strstr(why.at, "curl with"));
        }
    }
    if (geteuid() == 0) {
        assert_int_equal(__real_setgroups(0, NULL), 0);
    }
}

static void a_child_that_hangs_is_ended(void **state)
{
    int64_t before = monotonic_ms();
    struct text why = {0};

    (void)state;
    faults.hang = true;
    fetch(1, &why);
    assert_in_range(monotonic_ms() - before, 1000, 5000);
    assert_non_null(strstr(why.at, "no answer in time"));
}

/* Sends `length` bytes and closes; is that a reply? */
static bool is_reply(const uint8_t *data, size_t length, struct fetch_reply *out)
{
    int ends[2];
    bool good;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(send(ends[0], data, length, MSG_NOSIGNAL), length);
    close(ends[0]);
    good = frame_receive_reply(ends[1], monotonic_ms() + 5000, out);
    close(ends[1]);
    return good;
}

/* A good reply as it goes over the wire. */
static size_t good_frame(uint8_t *out, size_t size)
{
    static uint8_t content[] = "{\"keys\":[]}";
    struct fetch_reply reply;
    ssize_t length;
    int ends[2];

    memset(&reply, 0, sizeof(reply));
    reply.status = FETCH_OK;
    reply.http = 200;
    reply.date_skew = -3;
    strcpy(reply.etag, "\"tag\"");
    reply.body = (struct blob){content, sizeof(content) - 1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(frame_send_reply(ends[0], &reply));
    length = recv(ends[1], out, size, 0);
    assert_true(length > 0 && (size_t)length < size);
    close(ends[0]);
    close(ends[1]);
    return (size_t)length;
}

static void a_reply_is_believed_only_whole(void **state)
{
    uint8_t frame[4096];
    size_t length = good_frame(frame, sizeof(frame));
    struct fetch_reply reply;
    size_t i;

    (void)state;
    assert_true(is_reply(frame, length, &reply));
    assert_int_equal(reply.http, 200);
    assert_int_equal(reply.date_skew, -3);
    assert_string_equal(reply.etag, "\"tag\"");
    assert_true(bytes_equal_string(bytes_of_blob(&reply.body), "{\"keys\":[]}"));
    blob_free(&reply.body);
    for (i = 0; i < length; i++) {
        frame[i] ^= 0x10;
        assert_false(is_reply(frame, length, &reply));
        assert_null(reply.body.ptr);
        frame[i] ^= 0x10;
        assert_false(is_reply(frame, i, &reply));
        assert_null(reply.body.ptr);
    }
}

static void silence_ends_at_the_deadline(void **state)
{
    int64_t before = monotonic_ms();
    struct fetch_reply reply;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(send(ends[0], "A0", 2, 0), 2);
    assert_false(frame_receive_reply(ends[1], before + 200, &reply));
    assert_in_range(monotonic_ms() - before, 200, 5000);
    close(ends[0]);
    close(ends[1]);
}

static void requests_go_through(void **state)
{
    struct fetch_request sent = {.url = "https://tenant.example/x", .connect_ms = 7, .total_ms = 8};
    struct fetch_request got;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(frame_send_request(ends[0], &sent));
    assert_true(frame_receive_request(ends[1], &got));
    assert_string_equal(got.url, sent.url);
    assert_int_equal(got.connect_ms, 7);
    assert_int_equal(got.total_ms, 8);
    close(ends[0]);
    assert_false(frame_receive_request(ends[1], &got));
    close(ends[1]);
}

static void discovery_urls(void **state)
{
    static const char *const rows[][2] = {
        {"https://a.example/", "https://a.example/.well-known/openid-configuration"},
        {"https://a.example", "https://a.example/.well-known/openid-configuration"},
        {"https://a.example/b/", "https://a.example/b/.well-known/openid-configuration"},
        {"https://a.example:8443/b", "https://a.example:8443/b/.well-known/openid-configuration"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *url = discovery_url(rows[i][0]);

        assert_string_equal(url, rows[i][1]);
        free(url);
    }
}

static void hosts_of_key_sets(void **state)
{
    static const struct {
        const char *url;
        const char *issuer;
        bool same;
    } rows[] = {
        {"https://a.example/k", "https://a.example/", true},
        {"https://a.example", "https://a.example/", true},
        {"https://A.Example/k", "https://a.example/", true},
        {"https://a.example:443/k", "https://a.example/", true},
        {"https://a.example/k?p=1", "https://a.example:443/x/", true},
        {"https://a.example:8443/k", "https://a.example:8443/", true},
        {"https://a.example:8443/k", "https://a.example/", false},
        {"https://a.example/k", "https://a.example:8443/", false},
        {"http://a.example/k", "https://a.example/", false},
        {"HTTPS://a.example/k", "https://a.example/", false},
        {"https://b.example/k", "https://a.example/", false},
        {"https://a.example.b.example/k", "https://a.example/", false},
        {"https://a.example@b.example/k", "https://a.example/", false},
        {"https://b.example?@a.example/k", "https://a.example/", false},
        {"https://a.example#/k", "https://a.example/", false},
        {"https://a.example\\@b.example/k", "https://a.example/", false},
        {"https://a.example:/k", "https://a.example/", false},
        {"https://a.example:0443/k", "https://a.example/", false},
        {"https://a.example:65979/k", "https://a.example/", false},
        {"https:///k", "https://a.example/", false},
        {"https://", "https://a.example/", false},
        {"", "https://a.example/", false},
        {"//a.example/k", "https://a.example/", false},
        {"https://a.example/k k", "https://a.example/", false},
        {"https://a.example/\n", "https://a.example/", false},
        {"https://a.example/\x7f", "https://a.example/", false},
        {" https://a.example/", "https://a.example/", false},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(https_url_at_issuer(bytes_of(rows[i].url), rows[i].issuer), rows[i].same);
    }
}

static struct jwks *keys(const char *text)
{
    struct jwks *jwks = NULL;

    assert_int_equal(jwks_parse(bytes_of(text), &jwks), REASON_ACCEPTED);
    return jwks;
}

static void new_kids(void **state)
{
    struct jwks *ab = keys("{\"keys\":[{\"kid\":\"a\"},{\"kid\":\"b\"}]}");
    struct jwks *b = keys("{\"keys\":[{\"kid\":\"b\"},{}]}");
    struct jwks *none = keys("{\"keys\":[]}");

    (void)state;
    assert_false(keys_bring_new_kid(ab, ab));
    assert_false(keys_bring_new_kid(ab, b));
    assert_true(keys_bring_new_kid(b, ab));
    assert_true(keys_bring_new_kid(NULL, b));
    assert_true(keys_bring_new_kid(none, b));
    assert_false(keys_bring_new_kid(NULL, none));
    jwks_free(&ab);
    jwks_free(&b);
    jwks_free(&none);
}

#define CASE(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_is_given_up_before_libcurl),
        CASE(every_step_is_checked),
        CASE(a_child_that_hangs_is_ended),
        CASE(a_reply_is_believed_only_whole),
        CASE(silence_ends_at_the_deadline),
        CASE(requests_go_through),
        CASE(discovery_urls),
        CASE(hosts_of_key_sets),
        CASE(new_kids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
