#!/usr/bin/python3
"""Runs the stacks of pam.d-examples on the real libpam, nearly every module replaced by
pam_fixed.so: for each code that pam_auth0jwt could answer, only the codes named below may lead to
a success or to the next module. Needs no root; CC builds pam_fixed.so, or PAM_FIXED names a built
one.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = SOURCE / "pam.d-examples"

CODES = """
    SUCCESS OPEN_ERR SYMBOL_ERR SERVICE_ERR SYSTEM_ERR BUF_ERR PERM_DENIED AUTH_ERR
    CRED_INSUFFICIENT AUTHINFO_UNAVAIL USER_UNKNOWN MAXTRIES NEW_AUTHTOK_REQD ACCT_EXPIRED
    SESSION_ERR CRED_UNAVAIL CRED_EXPIRED CRED_ERR NO_MODULE_DATA CONV_ERR AUTHTOK_ERR
    AUTHTOK_RECOVERY_ERR AUTHTOK_LOCK_BUSY AUTHTOK_DISABLE_AGING TRY_AGAIN IGNORE ABORT
    AUTHTOK_EXPIRED MODULE_UNKNOWN BAD_ITEM CONV_AGAIN INCOMPLETE
""".split()
CODE = {name: number for number, name in enumerate(CODES)}
SUCCESS = 0
ANY_CODE = [*range(len(CODES)), -1, len(CODES), 1000]

# What the shipped stacks promise. `passes`: these codes of pam_auth0jwt are a success of their own.
# `next`: with these the answer of pam_unix is the answer of the stack.
STACKS = {
    "sshd": {
        "auth": {"passes": {"SUCCESS"}, "next": set()},
        "account": {"passes": set(), "next": {"SUCCESS", "IGNORE"}},
        "password": {"passes": {"SUCCESS"}, "next": set()},
    },
    "sshd-mixed": {
        "auth": {"passes": {"SUCCESS"}, "next": {"AUTH_ERR", "USER_UNKNOWN"}},
        "account": {"passes": set(), "next": {"SUCCESS", "IGNORE"}},
    },
}

# Debian's own files, as pam-auth-update writes them.
COMMON = {
    "common-auth": """auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
""",
    "common-account": """account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so
account requisite pam_deny.so
account required pam_permit.so
""",
    "common-session": """session [default=1] pam_permit.so
session requisite pam_deny.so
session required pam_permit.so
session required pam_unix.so
session optional pam_systemd.so
""",
    "common-password": """password [success=1 default=ignore] pam_unix.so obscure yescrypt
password requisite pam_deny.so
password required pam_permit.so
""",
}

# Stacks that a hurried administrator might write: the test must see what is wrong with them.
OPEN_STACKS = {
    "sufficient": ("auth", """
auth sufficient pam_auth0jwt.so
auth required pam_unix.so try_first_pass
"""),
    "optional": ("auth", """
auth optional pam_auth0jwt.so
auth required pam_permit.so
"""),
    "outage-opens": ("auth", """
auth [success=done auth_err=ignore user_unknown=ignore authinfo_unavail=ignore default=die] \
    pam_auth0jwt.so
auth required pam_unix.so
"""),
    "account-sufficient": ("account", """
account sufficient pam_auth0jwt.so
@include common-account
"""),
}

LINE = re.compile(r"(-?(?:auth|account|session|password))\s+(\[[^]]*\]|\S+)\s+(\S+)(.*)")
WORDS = {"required", "requisite", "sufficient", "optional", "include", "substack"}
ACTION = re.compile(r"(ignore|bad|die|ok|done|reset|[1-9]\d*)\Z")


class Failure(Exception):
    """One wrong thing, in words."""


# --- libpam -----------------------------------------------------------------------------------

LIBPAM = ctypes.CDLL("libpam.so.0")
CONVERSE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
                            ctypes.c_void_p)
DELAY = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p)
PAM_FAIL_DELAY = 10
PAM_ESTABLISH_CRED = 2


class Conversation(ctypes.Structure):
    _fields_ = [("converse", CONVERSE), ("data", ctypes.c_void_p)]


LIBPAM.pam_getenv.restype = ctypes.c_char_p
for function in ("pam_authenticate", "pam_acct_mgmt", "pam_setcred", "pam_open_session",
                 "pam_close_session", "pam_chauthtok", "pam_end"):
    getattr(LIBPAM, function).argtypes = [ctypes.c_void_p, ctypes.c_int]
LIBPAM.pam_getenv.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
LIBPAM.pam_set_item.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]


class Handle:
    """One PAM transaction. Delays are noted, not slept."""

    def __init__(self, folder, service):
        self.handle = ctypes.c_void_p()
        self.delays = []
        self.converse = CONVERSE(lambda *_: CODE["CONV_ERR"])
        self.delay = DELAY(lambda status, usec, _: self.delays.append((status, usec)))
        self.conversation = Conversation(self.converse, None)
        code = LIBPAM.pam_start_confdir(service.encode(), b"root", ctypes.byref(self.conversation),
                                        str(folder).encode(), ctypes.byref(self.handle))
        if code != SUCCESS:
            raise Failure(f"pam_start_confdir({service}) answered {code}")
        LIBPAM.pam_set_item(self.handle, PAM_FAIL_DELAY, ctypes.cast(self.delay, ctypes.c_void_p))
        self.last = SUCCESS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        LIBPAM.pam_end(self.handle, self.last)

    def call(self, function, flags=0):
        self.last = getattr(LIBPAM, function)(self.handle, flags)
        return self.last

    def asked(self, name, phase):
        return LIBPAM.pam_getenv(self.handle, f"FIXED_{name}_{phase}".encode()) is not None


PHASES = {"auth": "pam_authenticate", "account": "pam_acct_mgmt", "password": "pam_chauthtok"}


# --- stacks -----------------------------------------------------------------------------------

def stack_parse(text, where):
    """Each line as (type, control, module, arguments) or ("@include", name)."""
    lines = []
    for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        include = re.fullmatch(r"@include\s+(\S+)", line)
        if include:
            if include[1] not in COMMON:
                raise Failure(f"{where}:{number}: no such file to include: {include[1]}")
            lines.append(("@include", include[1]))
            continue
        match = LINE.fullmatch(line)
        if not match:
            raise Failure(f"{where}:{number}: not a line of a PAM stack: {line}")
        kind, control, module, arguments = match.groups()
        if control.startswith("["):
            for pair in control[1:-1].split():
                value, _, action = pair.partition("=")
                if value != "default" and value.upper() not in CODE or not ACTION.match(action):
                    raise Failure(f"{where}:{number}: unknown control {pair}")
        elif control not in WORDS:
            raise Failure(f"{where}:{number}: unknown control {control}")
        if not re.fullmatch(r"pam_[a-z0-9_]+\.so", module):
            raise Failure(f"{where}:{number}: not the bare name of a module: {module}")
        lines.append((kind, control, module, arguments.strip()))
    return lines


def stack_write(folder, service, lines, answers, fixed, real):
    """The stack with pam_fixed.so in the place of all modules but `real` ones."""
    with open(folder / service, "w", encoding="ascii") as out:
        for line in lines:
            if line[0] == "@include":
                # Expanded here, so that what is included is replaced as well.
                stack_lines = stack_parse(COMMON[line[1]], line[1])
                stack_write(folder, line[1], stack_lines, answers, fixed, real)
                out.write(f"@include {folder / line[1]}\n")
                continue
            kind, control, module, arguments = line
            name = pathlib.Path(module).name[len("pam_"):-len(".so")]
            if name in real:
                out.write(f"{kind} {control} {module} {arguments}\n")
                continue
            codes = answers.get(name, answers["*"]).items()
            code = " ".join(f"{phase}={number}" for phase, number in codes)
            out.write(f"{kind} {control} {fixed} name={name} {code}\n")


REAL = {"permit", "deny", "faildelay"}
CALLS = ("auth", "account", "setcred", "open", "close", "password")
BYSTANDERS = {
    "silent": {phase: CODE["IGNORE"] for phase in CALLS},
    "content": {phase: SUCCESS for phase in CALLS},
}
UNIX = ("SUCCESS", "AUTH_ERR", "IGNORE", "USER_UNKNOWN", "ACCT_EXPIRED", "PERM_DENIED")


class Run:
    """Counts what was asserted, and says what went wrong."""

    def __init__(self, folder, fixed):
        self.folder, self.fixed, self.count, self.failures = folder, fixed, 0, []

    def assert_that(self, truth, words):
        self.count += 1
        if not truth:
            self.failures.append(words)

    def start(self, service, lines, answers):
        stack_write(self.folder, service, lines, answers, self.fixed, REAL)
        return Handle(self.folder, service)

    def judge(self, service, lines, phase, promise):
        """Every code of the module, with every kind of module behind it."""
        for code in ANY_CODE:
            name = CODES[code] if 0 <= code < len(CODES) else str(code)
            for unix in UNIX:
                for kind in BYSTANDERS:
                    self.judge_one(service, lines, phase, promise, (code, name, unix, kind))

    def judge_one(self, service, lines, phase, promise, case):
        code, name, unix, kind = case
        answers = {"auth0jwt": {phase: code}, "unix": {phase: CODE[unix]}, "*": BYSTANDERS[kind]}
        words = f"{service} {phase}: pam_auth0jwt {name}, pam_unix {unix}, others {kind}"
        with self.start(service, lines, answers) as handle:
            result = handle.call(PHASES[phase])
            asked = handle.asked("unix", phase)
            self.assert_that(handle.asked("auth0jwt", phase), f"{words}: was not asked")
        goes_on = name in promise["next"]
        wanted = name in promise["passes"] or (goes_on and unix == "SUCCESS")
        self.assert_that((result == SUCCESS) == wanted, f"{words}: the stack answered {result}")
        # libpam goes on after a code that does not exist, with the failure noted.
        if 0 <= code < len(CODES):
            self.assert_that(asked == goes_on, f"{words}: pam_unix asked: {asked}")

    def judge_missing(self, service, lines, phase):
        """A module that is not installed, or cannot be loaded, refuses."""
        gone = str(self.folder / "pam_gone.so")
        lines = [(*line[:2], gone, "") if line[-2] == "pam_auth0jwt.so" else line for line in lines]
        answers = {"unix": {phase: SUCCESS}, "*": BYSTANDERS["content"]}
        stack_write(self.folder, service, lines, answers, self.fixed, REAL | {"gone"})
        with Handle(self.folder, service) as handle:
            result = handle.call(PHASES[phase])
            self.assert_that(result != SUCCESS and not handle.asked("unix", phase),
                             f"{service} {phase}: without the module the stack answered {result}")

    def judge_delay(self, service, lines):
        """A refused token and a wrong password, or an unknown user's answer, are delayed alike."""
        for name in ("PERM_DENIED", "AUTH_ERR", "AUTHINFO_UNAVAIL", "USER_UNKNOWN"):
            answers = {"auth0jwt": {"auth": CODE[name]}, "unix": {"auth": CODE["AUTH_ERR"]},
                       "*": BYSTANDERS["silent"]}
            with self.start(service, lines, answers) as handle:
                handle.call("pam_authenticate")
                self.assert_that(
                    len(handle.delays) == 1 and handle.delays[0][0] != SUCCESS
                    and 1000000 <= handle.delays[0][1] <= 3000000,
                    f"{service} auth: {name} is not delayed by 1 to 3 s: {handle.delays}")

    def succeed(self, service, lines, module, calls):
        """These calls on one handle, while pam_unix is content: all succeed."""
        answers = {"auth0jwt": module, "unix": {}, "*": BYSTANDERS["silent"]}
        with self.start(service, lines, answers) as handle:
            for function in calls:
                flags = PAM_ESTABLISH_CRED if function == "pam_setcred" else 0
                result = handle.call(function, flags)
                self.assert_that(result == SUCCESS,
                                 f"{service}: module {module}: {function} answered {result}")

    def judge_logins(self, service, lines):
        """A login from its beginning to its end: by token, by public key, by local password."""
        session = ("pam_acct_mgmt", "pam_setcred", "pam_open_session", "pam_setcred",
                   "pam_close_session")
        self.succeed(service, lines, {}, ("pam_authenticate", *session))
        self.succeed(service, lines, {"account": CODE["IGNORE"]}, session)
        if "AUTH_ERR" in STACKS[service]["auth"]["next"]:
            self.succeed(service, lines, {"auth": CODE["AUTH_ERR"], "account": CODE["IGNORE"]},
                         ("pam_authenticate", *session))
        answers = {"auth0jwt": {"setcred": CODE["CRED_ERR"]}, "unix": {}, "*": BYSTANDERS["silent"]}
        with self.start(service, lines, answers) as handle:
            self.assert_that(handle.call("pam_authenticate") == SUCCESS, f"{service}: token login")
            self.assert_that(handle.call("pam_setcred", PAM_ESTABLISH_CRED) != SUCCESS,
                             f"{service}: setcred goes on without what the module wanted to give")


def fixed_build(folder):
    if os.environ.get("PAM_FIXED"):
        return pathlib.Path(os.environ["PAM_FIXED"]).resolve()
    fixed = folder / "pam_fixed.so"
    source = SOURCE / "tests" / "tools" / "pam_fixed.c"
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                    "-fPIC", "-shared", "-o", str(fixed), str(source), "-lpam"], check=True)
    return fixed


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fixed = fixed_build(folder)
        shipped = sorted(path.name for path in EXAMPLES.iterdir() if path.is_file())
        if shipped != sorted(STACKS):
            print(f"not ok - every example has a promise here: {shipped}")
            failed += 1
        for service, promises in STACKS.items():
            run = Run(folder, fixed)
            try:
                lines = stack_parse((EXAMPLES / service).read_text(encoding="ascii"), service)
                for phase, promise in promises.items():
                    run.judge(service, lines, phase, promise)
                    run.judge_missing(service, lines, phase)
                run.judge_delay(service, lines)
                run.judge_logins(service, lines)
            except Failure as failure:
                run.failures.append(str(failure))
            print(f"{'not ok' if run.failures else 'ok'} - {service}: {run.count} assertions")
            for words in run.failures[:20]:
                print(f"    {words}")
            failed += bool(run.failures)
        for service, (phase, text) in OPEN_STACKS.items():
            run = Run(folder, fixed)
            run.judge(service, stack_parse(text, service), phase, STACKS["sshd-mixed"][phase])
            seen = "ok" if run.failures else "not ok"
            print(f"{seen} - the test sees what is wrong with the stack {service}")
            failed += not run.failures
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
