# SPDX-License-Identifier: BSD-2-Clause
"""tools/ashlarctl with a simulated console on a pseudo-terminal."""

import json
import os
import pty
import subprocess
import threading
import tty

import pytest
from machine import ROOT

TOOL = ROOT / "tools/ashlarctl"
LOG = b"[   12.345678] web: started: 2 vCPUs, 512 MiB\r\n"


class FakeConsole(threading.Thread):
    """Echoes a line and gives the prepared answer. Each answer is given once."""

    def __init__(self, answers):
        super().__init__(daemon=True)
        self.answers, self.typed = list(answers), b""
        self.escaped = False
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.path, self.theirs = os.ttyname(theirs), theirs
        self.start()

    def run(self):
        while byte := os.read(self.ours, 1):
            self.typed += byte
            twice, self.escaped = self.escaped and byte == b"\x1d", byte == b"\x1d"
            if twice:
                self.escaped = False  # a key for the guest
            elif byte == b"\x1d":
                os.write(self.ours, b"\r\nashlar> ")
            elif byte == b"\r":
                os.write(self.ours, b"\r\n" + (self.answers.pop(0) if self.answers else b"ok\r\n"))
            else:
                os.write(self.ours, byte)


def call(line, *words, text="", seconds=20):
    return subprocess.run([TOOL, "-s", line, *words], input=text, capture_output=True, text=True,
                          timeout=seconds)


@pytest.mark.unit
def test_output_and_status():
    console = FakeConsole([b"a b\r\nc\r\nok\r\nashlar> ", b"error: no command 'vn'\r\nashlar> "])
    done = call(console.path, "vm", "list")
    assert (done.returncode, done.stdout) == (0, "a b\nc\n")
    done = call(console.path, "vn", "list")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "error: no command 'vn'\n")
    assert console.typed == b"\x1dvm list\r\x1dvn list\r"


@pytest.mark.unit
def test_lines_of_the_log_are_no_output():
    """A log line within the output, and one before the verdict, with the prompt after it."""
    console = FakeConsole([b"one\r\n" + LOG + b"two\r\n" + LOG + b"ashlar> ok\r\nashlar> "])
    assert call(console.path, "mem").stdout == "one\ntwo\n"


@pytest.mark.unit
@pytest.mark.parametrize("words", [[], ["--help"], ["-s"], ["-s", "/nowhere", "mem"],
                                   ["-s", "tcp:nowhere", "mem"], ["-s", "/dev/null,x", "mem"],
                                   ["mem"], ["-s", "/dev/null"]])
def test_wrong_use(words):
    done = subprocess.run([TOOL, *words], capture_output=True, text=True, timeout=20, env={})
    assert (done.returncode != 0) == (words != ["--help"])
    assert "Traceback" not in done.stderr and (done.stdout or done.stderr)


@pytest.mark.unit
def test_wait():
    def listing(state):
        return json.dumps({"vms": [{"name": "web", "state": state}]}).encode() + b"\r\nok\r\n"

    console = FakeConsole([listing("starting"), listing("running")])
    assert call(console.path, "wait", "web", "--for", "start").returncode == 0
    console = FakeConsole([listing("running")] * 99)
    done = call(console.path, "wait", "web", "--for", "exit", "--timeout", "1")
    assert done.returncode == 3
    console = FakeConsole([b"ok\r\nbooting\r\nlogin: "])
    assert call(console.path, "wait", "web", "--for", "text=log.n:").returncode == 0
    assert call(console.path, "wait", "web", "--for", "nothing").returncode != 0


@pytest.mark.unit
def test_someone_has_just_left_the_guest():
    console = FakeConsole([b"a\r\nok\r\nashlar> "])
    console.escaped = True
    assert call(console.path, "vm", "list").stdout == "a\n"
    assert console.typed == b"\x1d\x1dvm list\r"


@pytest.mark.unit
def test_a_guest_may_print_a_verdict():
    lines = [{"text": "ok"}, {"text": "[    1.000000] Linux"}, {"text": "error: no"}]
    console = FakeConsole([json.dumps({"lines": lines}).encode() + b"\r\nok\r\nashlar> "] * 2)
    assert call(console.path, "vm", "log", "web").stdout == "ok\n[    1.000000] Linux\nerror: no\n"
    assert call(console.path, "log").stdout.startswith("ok\n[")
    assert console.typed == b"\x1dvm log web --json\r\x1dlog --json\r"


@pytest.mark.unit
@pytest.mark.parametrize("words", [["--for", "text=("], ["--for", "exit", "--timeout", "soon"]])
def test_wait_for_nonsense(words):
    console = FakeConsole([b"ok\r\n"])
    done = call(console.path, "wait", "web", *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr


@pytest.mark.unit
def test_console():
    console = FakeConsole([b"ok\r\nsaid before\r\n", b"file\r\n"])
    done = call(console.path, "console", "web", text="ls\r\x1d")
    assert done.returncode == 0 and "said before" in done.stdout
    assert console.typed.startswith(b"\x1dconsole web\rls\r\x1d")
