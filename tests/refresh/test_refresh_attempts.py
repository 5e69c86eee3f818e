#!/usr/bin/python3
"""When auth0jwt-refresh asks and when not, what its child may do, and whose cache it writes.

Runs as root (then the fetching child must have become another user) and as anybody else.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from refresh_case import (  # noqa: E402
    DISCOVERY, JWKS, check, check_equal, check_in, main, mode, wait_for_request)


# ---- unknown kids, locks, stamps ---------------------------------------------------

def test_unknown_kid_cooldown(world):
    case = world.case(unknown_kid_cooldown="30")
    case.run()
    case.run("--unknown-kid")
    check_equal(case.requests()[JWKS], 2)
    check_equal(case.noted()["unknown_kid_misses"], 1)
    for _ in range(5):
        case.run("--unknown-kid", expect=3)
    check_equal(case.requests()[JWKS], 2)

    def earlier(seconds):
        case.rewrite(case.state, "auth0jwt-state", lambda document: document.update(
            last_unknown_kid_attempt=document["last_unknown_kid_attempt"] - seconds))

    earlier(31)
    case.run("--unknown-kid", expect=3)
    earlier(31)
    case.run("--unknown-kid")
    check_equal(case.requests()[JWKS], 3)
    check_equal(case.noted()["unknown_kid_misses"], 2)
    case.tenant.rotate()
    earlier(130)
    case.run("--unknown-kid")
    check_equal(case.noted()["unknown_kid_misses"], 0)
    check_in(case.tenant.current_kid(), [key["kid"] for key in case.cached()["keys"]])


def test_failed_unknown_kid_attempts_count(world):
    case = world.case()
    case.run()
    case.tenant.fault("500", path=JWKS)
    case.run("--unknown-kid", expect=1)
    case.run("--unknown-kid", expect=3)
    check_equal(case.requests()[JWKS], 2)


def test_many_unknown_kids_make_one_fetch(world):
    case = world.case()
    case.run()
    case.tenant.rotate()
    case.tenant.fault("slow", path=JWKS, seconds=0.5)
    processes = [case.start("--unknown-kid") for _ in range(12)]
    statuses = [process.wait() for process in processes]
    for process in processes:
        process.stderr.close()
    check_equal(case.requests()[JWKS], 2)
    check_in(0, statuses)
    check(set(statuses) <= {0, 3}, statuses)


def test_a_cold_cache_makes_one_fetch(world):
    case = world.case()
    case.tenant.fault("slow", path=JWKS, seconds=0.5)
    processes = [case.start() for _ in range(15)]
    statuses = [process.wait() for process in processes]
    for process in processes:
        process.stderr.close()
    check_equal(statuses, [0] * 15)
    check_equal(case.requests(), {DISCOVERY: 1, JWKS: 1})


def test_a_cold_cache_and_no_answer_make_one_fetch(world):
    case = world.case()
    case.tenant.fault("slow", path=DISCOVERY, seconds=0.5, count=1)
    case.tenant.fault("500", path=JWKS)
    processes = [case.start() for _ in range(6)]
    statuses = [process.wait() for process in processes]
    for process in processes:
        process.stderr.close()
    check_equal(statuses, [1] * 6)
    check_equal(case.requests()[JWKS], 1)


def test_lock(world):
    case = world.case(fetch_timeout="2", connect_timeout="1")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    holder = case.start()
    wait_for_request(case)
    os.kill(holder.pid, signal.SIGSTOP)
    begin = time.monotonic()
    result = case.run(expect=4)
    check(1.9 <= time.monotonic() - begin < 20)
    check_in("still running", result.stderr)
    os.kill(holder.pid, signal.SIGCONT)
    check_equal(holder.wait(), 1)
    holder.stderr.close()


def test_attempt_is_stamped_before_the_fetch(world):
    case = world.case(fetch_timeout="10")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start("--unknown-kid")
    wait_for_request(case)
    process.kill()
    check_equal(process.wait(), -signal.SIGKILL)
    process.stderr.close()
    noted = case.noted()
    check(noted["last_unknown_kid_attempt"] >= time.time() - 10)
    check_equal(noted["failures"], 1)
    check_in("did not come to its end", noted["last_error"])
    case.run("--unknown-kid", expect=3)


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_child_dies_with_its_parent(world):
    case = world.case(fetch_timeout="20")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start()
    wait_for_request(case)
    children = children_of(process.pid)
    check_equal(len(children), 1)
    process.kill()
    process.wait()
    process.stderr.close()
    end = time.monotonic() + 5
    while alive(children[0]) and time.monotonic() < end:
        time.sleep(0.02)
    check(not alive(children[0]), "the child lives on")


# ---- what the child may do ---------------------------------------------------

def connection_uids(port):
    """Owners of the client ends of connections to the port."""
    uids = set()
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                if int(words[2].rsplit(":", 1)[1], 16) == port and words[3] == "01":
                    uids.add(int(words[7]))
    return uids


def read_status(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_child_has_no_privileges(world):
    case = world.case(fetch_timeout="20")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start()
    wait_for_request(case)
    child = children_of(process.pid)[0]
    status = read_status(child)
    uids = status["Uid"].split()
    port = case.tenant.facts["port"]
    with open("/proc/%d/net/tcp" % os.getpid(), encoding="ascii") as file:
        check(file.readline())
    owners = connection_uids(port)
    with open("/proc/%d/limits" % child, encoding="ascii") as file:
        limits = file.read()
    process.kill()
    process.wait()
    process.stderr.close()
    check_equal(status["NoNewPrivs"], "1")
    check_equal(len(set(uids)), 1)
    check_equal(len(set(status["Gid"].split())), 1)
    if os.geteuid() == 0:
        check(uids[0] != "0", "the child is root")
        check(status["Gid"].split()[0] != "0", "the child has root's group")
        check_equal(status["Groups"].strip(), "")
        for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            check_equal(int(status[name], 16), 0)
        check_in(int(uids[0]), owners)
        check_equal(owners - {int(uids[0]), os.geteuid()}, set())
    check(re.search(r"Max core file size +0 +0 ", limits), limits)
    check(re.search(r"Max file size +0 +0 ", limits), limits)


def test_child_holds_nothing_open(world):
    case = world.case(fetch_timeout="20")
    case.tenant.fault("hang", path=JWKS, seconds=5)
    process = case.start()
    wait_for_request(case)
    child = children_of(process.pid)[0]
    try:
        targets = [os.readlink("/proc/%d/fd/%s" % (child, name))
                   for name in os.listdir("/proc/%d/fd" % child)]
    except PermissionError:
        # Not dumpable: for anybody but root its descriptors are out of sight, as they should be.
        check(os.geteuid() != 0)
        targets = []
    process.kill()
    process.wait()
    process.stderr.close()
    for target in targets:
        check(target == "/dev/null" or target.startswith(("socket:", "anon_inode:", "pipe:")),
              target)


# ---- usage and configuration ---------------------------------------------------

def test_usage(world):
    case = world.case()
    for arguments in (["--nonsense"], ["word"], ["--tenant"], ["--force=yes"]):
        result = case.run(*arguments, expect=2)
        check_in("usage:", result.stderr)
        check_equal(result.stdout, "")
    check_in("no [tenant other]", case.run("--tenant", "other", expect=2).stderr)
    check_in("usage:", case.run("--help").stdout)
    check(re.match(r"auth0jwt-refresh \d+\.\d+", case.run("--version").stdout))
    check_equal(case.requests(), {})


def test_bad_configuration(world):
    case = world.case(nonsense="1")
    result = case.run(expect=2)
    check_in(case.conf + ":", result.stderr)
    os.unlink(case.conf)
    check_in(case.conf, case.run(expect=2).stderr)


def test_two_tenants(world):
    case = world.case()
    with open(case.conf, "a", encoding="utf-8") as file:
        file.write("\n[tenant other]\nissuer = https://localhost:9/\naudience = https://a.example\n"
                   "authorized_parties = *\n")
    result = case.run(expect=1)
    check_in("tenant other", result.stderr)
    case.cached()
    case.run("--tenant", "main")
    case.run("--tenant", "other", expect=1)


def test_cache_of_another_user(world):
    case = world.case()
    if os.geteuid() == 0:
        os.chmod(case.folder, 0o755)

        def become():
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)

        result = case.run(expect=2, preexec_fn=become)
    else:
        case.cache = "/etc"
        case.configure()
        result = case.run(expect=2)
    check_in("belongs to another user", result.stderr)
    check_in("cache_dir", result.stderr)
    check_equal(case.requests(), {})


def test_another_user_with_a_cache_of_its_own(world):
    if os.geteuid() != 0:
        case = world.case()
        case.run()
        check_equal(os.stat(case.keys).st_uid, os.geteuid())
        return
    case = world.case()
    os.chown(case.cache, 65534, 65534)

    def become():
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)

    case.run(preexec_fn=become)
    check_equal(os.stat(case.keys).st_uid, 65534)
    check_equal(mode(case.keys), 0o644)
    # To root it is now a folder of somebody else's.
    check_in("does not belong to root", case.run(expect=2).stderr)


def test_missing_cache_folder(world):
    case = world.case()
    os.rmdir(case.cache)
    if os.geteuid() == 0:
        case.run(preexec_fn=lambda: os.umask(0o777))
        check_equal(mode(case.cache), 0o755)
        case.cached()
    else:
        check_in("make it", case.run(expect=2).stderr)


def test_unsafe_cache(world):
    case = world.case()
    os.chmod(case.cache, 0o777)
    check_in(case.cache, case.run(expect=2).stderr)
    os.chmod(case.cache, 0o755)
    os.symlink("/etc/passwd", case.keys)
    check_in(case.keys, case.run(expect=2).stderr)
    os.unlink(case.keys)
    lock = os.path.join(case.cache, "main.lock")
    os.unlink(lock)
    os.symlink(os.path.join(case.folder, "target"), lock)
    check_in("main.lock", case.run(expect=2).stderr)
    check(not os.path.exists(os.path.join(case.folder, "target")))
    check_equal(case.requests(), {})


def test_readers_see_whole_files(world):
    """Read while it is replaced over and over: always one set or the other, never a part."""
    case = world.case()
    case.run()
    stop = threading.Event()
    failures = []
    reads = [0]

    def reader():
        while not stop.is_set():
            try:
                case.cached()
                reads[0] += 1
            except (AssertionError, ValueError, OSError) as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=reader) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        case.run("--force")
    stop.set()
    for thread in threads:
        thread.join()
    check(not failures, failures[:1])
    check(reads[0] > 20, reads)


if __name__ == "__main__":
    sys.exit(main(globals()))
