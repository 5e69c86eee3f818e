/*
 * One child serves a whole refresh, discovery and keys, over one connection. It is killed in any
 * case: nothing that it could still do is wanted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "refresh/fetch.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/descriptors.h"
#include "host/monotonic.h"
#include "refresh/confine.h"
#include "refresh/https.h"

/* The child's own deadline comes first; the grace is for a child that hangs. */
enum { GRACE_MS = 300, CHILD_FD = 3 };

static void run_child(int fd, struct bytes ca, const struct confinement *plan)
    __attribute__((noreturn));
static void run_child(int fd, struct bytes ca, const struct confinement *plan)
{
    struct fetch_reply reply;
    struct text why = {0};

    memset(&reply, 0, sizeof(reply));
    if (descriptors_keep(fd, CHILD_FD)) {
        fd = CHILD_FD;
        if (confine_enter(plan, &why)) {
            /* Only from here on may a library reach the network. */
            https_serve(fd, ca);
            _exit(0);
        }
    }
    reply.status = FETCH_NOT_CONFINED;
    memcpy(reply.message, why.at, strnlen(why.at, sizeof(reply.message) - 1));
    frame_send_reply(fd, &reply);
    _exit(1);
}

bool fetcher_start(struct fetcher *fetcher, struct bytes ca, int64_t connect_timeout,
                   int64_t fetch_timeout, struct text *why)
{
    struct confinement plan;
    int ends[2];

    *fetcher = (struct fetcher){.fd = -1};
    if (!confine_plan(&plan, why)) {
        return false;
    }
    plan.alarm = (unsigned)fetch_timeout + 2;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        text_set(why, "no socket pair: %m");
        return false;
    }
    fetcher->child = fork();
    if (fetcher->child == 0) {
        run_child(ends[1], ca, &plan);
    }
    close(ends[1]);
    if (fetcher->child < 0) {
        text_set(why, "no process: %m");
        close(ends[0]);
        *fetcher = (struct fetcher){.fd = -1};
        return false;
    }
    fetcher->fd = ends[0];
    fetcher->deadline = monotonic_ms() + fetch_timeout * 1000;
    fetcher->connect_ms = (uint32_t)(connect_timeout * 1000);
    return true;
}

/* The child's own words, without anything that could reach a terminal or start a line. */
static void add_message(struct text *why, const char *message)
{
    char clean[FRAME_TEXT_MAX];
    size_t i;

    for (i = 0; i < sizeof(clean) - 1 && message[i] != '\0'; i++) {
        clean[i] = message[i];
        if (clean[i] < 0x20 || clean[i] > 0x7e) {
            clean[i] = '?';
        }
    }
    clean[i] = '\0';
    if (i > 0) {
        text_add(why, " (%s)", clean);
    }
}

static const char *describe(enum fetch_status status)
{
    static const char *const texts[FETCH_STATUS_COUNT] = {
        [FETCH_BROKEN] = "the request failed",
        [FETCH_OK] = "",
        [FETCH_NOT_CONFINED] = "not asked",
        [FETCH_TIMEOUT] = "no answer in time",
        [FETCH_NO_HOST] = "the host name cannot be resolved",
        [FETCH_NO_CONNECTION] = "no connection",
        [FETCH_TLS] = "the server is not trusted",
        [FETCH_TOO_LARGE] = "the answer is larger than 262144 bytes",
        [FETCH_CUT] = "the answer broke off",
    };

    return texts[status];
}

static bool judge_status(const char *url, const struct fetch_reply *reply, struct text *why)
{
    if (reply->status != FETCH_OK) {
        text_set(why, "%s: %s", url, describe(reply->status));
        if (reply->status != FETCH_TOO_LARGE) {
            add_message(why, reply->message);
        }
        return false;
    }
    if (reply->http == 200) {
        return true;
    }
    if (reply->http >= 300 && reply->http < 400) {
        text_set(why,
                 "%s: answer is a redirect (status %u), which is not followed: configure the "
                 "address that it leads to",
                 url, reply->http);
    } else if (reply->http == 429) {
        text_set(why, "%s: the server asks for fewer requests (status 429)", url);
    } else {
        text_set(why, "%s: answer has status %u, not 200", url, reply->http);
    }
    return false;
}

bool fetcher_get(struct fetcher *fetcher, const char *url, struct fetch_reply *reply,
                 struct text *why)
{
    int64_t left = fetcher->deadline - monotonic_ms();
    struct fetch_request request;
    bool received;

    memset(reply, 0, sizeof(*reply));
    memset(&request, 0, sizeof(request));
    if (strlen(url) >= sizeof(request.url)) {
        text_set(why, "%.200s...: the address is too long", url);
        return false;
    }
    if (left <= 0) {
        text_set(why, "%s: not asked: fetch_timeout was used up before", url);
        return false;
    }
    memcpy(request.url, url, strlen(url));
    request.connect_ms = fetcher->connect_ms;
    request.total_ms = (uint32_t)left;
    /* A child that could not confine itself says so and ends, so a request that cannot be sent is
     * no news. */
    (void)frame_send_request(fetcher->fd, &request);
    received = frame_receive_reply(fetcher->fd, fetcher->deadline + GRACE_MS, reply);
    if (!received) {
        text_set(why, "%s: %s", url,
                 monotonic_ms() >= fetcher->deadline
                     ? "no answer in time"
                     : "the fetching process ended without an answer");
        return false;
    }
    if (!judge_status(url, reply, why)) {
        blob_free(&reply->body);
        return false;
    }
    return true;
}

void fetcher_stop(struct fetcher *fetcher)
{
    if (fetcher->child > 0) {
        close(fetcher->fd);
        kill(fetcher->child, SIGKILL);
        while (waitpid(fetcher->child, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    *fetcher = (struct fetcher){.fd = -1};
}
