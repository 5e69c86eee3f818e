"""A real sshd and the stock ssh client, for tests and the demo.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

from hostlib import PROJECT, read, run, write

ASKPASS = os.path.join(PROJECT, "tests", "tools", "askpass")


class Sshd:
    """A real sshd on the loopback address of this root."""

    def __init__(self, folder, log, port=2222):
        self.folder = folder
        self.log = log
        self.port = port
        self.process = None
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.host_key = os.path.join(folder, "host_key")
        if not os.path.exists(self.host_key):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.host_key)
        public = " ".join(read(self.host_key + ".pub").split()[:2])
        write(os.path.join(folder, "known_hosts"), "[127.0.0.1]:%d %s\n" % (port, public))

    def version(self):
        return run("ssh", "-V").stderr.strip()

    def options(self):
        options = {
            "Port": self.port, "ListenAddress": "127.0.0.1", "HostKey": self.host_key,
            "PidFile": "none", "UsePAM": "yes", "KbdInteractiveAuthentication": "yes",
            "PasswordAuthentication": "yes", "PermitRootLogin": "prohibit-password",
            "PrintMotd": "no", "UseDNS": "no", "MaxStartups": "100", "LogLevel": "VERBOSE",
        }
        # Since 9.8 sshd makes an address wait that failed: these tests fail all the time.
        probe = os.path.join(self.folder, "probe")
        write(probe, "HostKey %s\nPerSourcePenalties no\n" % self.host_key)
        if run("/usr/sbin/sshd", "-t", "-f", probe, check=False).returncode == 0:
            options["PerSourcePenalties"] = "no"
        return options

    def start(self, **changes):
        self.stop()
        # Changes come first: of two values sshd takes the first.
        options = dict(changes)
        options.update((name, value) for name, value in self.options().items()
                       if name not in changes)
        path = os.path.join(self.folder, "sshd_config")
        write(path, "".join("%s %s\n" % item for item in options.items()))
        os.makedirs("/run/sshd", exist_ok=True)
        mark = self.log.mark()
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", path],
                                        stdin=subprocess.DEVNULL)
        if self.log.wait(mark, "^Server listening on ", 10) is None:
            raise RuntimeError("sshd did not start: sshd -t -f %s says why" % path)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Login:
    """What one run of ssh did. `lines` are the module's log lines, `log` all entries."""

    def __init__(self, status, output, errors, prompts, seconds, log):
        self.status = status
        self.output = output
        self.errors = errors
        self.prompts = prompts
        self.seconds = seconds
        self.log = log
        self.lines = [e["message"] for e in log
                      if re.match(r"pam_auth0jwt\([^)]*\): ", e["message"])]

    def decisions(self):
        return [line for line in self.lines if re.search(r": (accept|refuse) ", line)]

    def reason(self):
        found = [re.search(r" reason=(\w+)", line) for line in self.decisions()]
        found = [match[1] for match in found if match]
        return found[0] if len(found) == 1 else found or None

    def level(self):
        levels = [e["level"] for e in self.log if re.search(r": (accept|refuse) ", e["message"])]
        return levels[0] if len(levels) == 1 else levels

    def field(self, name):
        match = re.search(r' %s=("[^"]*"|\S+)' % name, "\n".join(self.decisions()))
        return match[1].strip('"') if match else None

    def said(self, text):
        """Is there such a text in the log, whoever wrote it?"""
        return any(text in entry["message"] for entry in self.log)

    def describe(self):
        return "exit %s in %.1f s, prompts %r\n  output %r\n  errors %r\n  log:\n    %s" % (
            self.status, self.seconds, self.prompts, self.output, self.errors,
            "\n    ".join("%s %s" % (e["level"], e["message"]) for e in self.log))


class Ssh:
    """The stock client. Answers come from an askpass program, keys from a file."""

    def __init__(self, sshd, log):
        self.sshd = sshd
        self.log = log
        self.key = os.path.join(sshd.folder, "user_key")
        if not os.path.exists(self.key):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)

    def authorize(self, account):
        home = os.path.expanduser("~" + account)
        write(home + "/.ssh/authorized_keys", read(self.key + ".pub"), 0o600)
        os.chmod(home + "/.ssh", 0o700)
        run("chown", "-R", account + ":", home + "/.ssh")

    def start(self, user, plan, methods="keyboard-interactive", tries=1,
              command="echo in as $USER"):
        folder = tempfile.mkdtemp(prefix="ssh.")
        prompts = os.path.join(folder, "prompts")
        write(os.path.join(folder, "plan"), json.dumps(plan), 0o600)
        environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8",
                       "SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force",
                       "ASKPASS_PLAN": os.path.join(folder, "plan"), "ASKPASS_PROMPTS": prompts,
                       "PYTHONDONTWRITEBYTECODE": "1"}
        options = {"Port": self.sshd.port, "PreferredAuthentications": methods,
                   "NumberOfPasswordPrompts": tries, "StrictHostKeyChecking": "yes",
                   "UserKnownHostsFile": os.path.join(self.sshd.folder, "known_hosts"),
                   "IdentitiesOnly": "yes", "ConnectTimeout": 10, "LogLevel": "INFO",
                   "IdentityFile": self.key if "publickey" in methods else "/dev/null",
                   "PubkeyAuthentication": "yes" if "publickey" in methods else "no"}
        argv = ["ssh", "-F", "none", "-T"]
        for item in options.items():
            argv += ["-o", "%s=%s" % item]
        mark, begin = self.log.mark(), time.monotonic()
        process = subprocess.Popen(argv + ["%s@127.0.0.1" % user, command], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        return process, folder, mark, begin

    def finish(self, started, timeout=60):
        process, folder, mark, begin = started
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            errors += "\nssh was ended after %d s" % timeout
        seconds = time.monotonic() - begin
        self.settle(mark)
        prompts_file = os.path.join(folder, "prompts")
        prompts = []
        if os.path.exists(prompts_file):
            prompts = [json.loads(line) for line in read(prompts_file).splitlines()]
        shutil.rmtree(folder)
        return Login(process.returncode, output, errors, prompts, seconds, self.log.since(mark))

    def settle(self, mark):
        """sshd's last words come a little after ssh has gone."""
        last = -1
        self.log.wait(mark, r"^(Connection closed|Disconnected|Received disconnect|"
                            r"Connection reset|pam_unix\(sshd:session\): session closed)", 1.0)
        while last != self.log.mark():
            last = self.log.mark()
            time.sleep(0.05)

    def login(self, user, answer, **more):
        """One login. answer is a text (given at each prompt) or a list of texts."""
        answers = [answer] if isinstance(answer, str) else list(answer)
        return self.finish(self.start(user, {"answers": answers}, **more))

    def login_in_parts(self, user, token, **more):
        return self.finish(self.start(user, {"token": token}, **more))
