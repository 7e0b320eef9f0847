# SPDX-License-Identifier: BSD-2-Clause
"""A machine in QEMU, controlled through its serial line and its monitor."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pexpect
import pexpect.fdpexpect

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
ESCAPE = "\x1d"  # Ctrl-], the hypervisor's key
PROMPT = "ashlar> "
TAIL_LINES = 40
TRIPLE_FAULT = r"\] [\w-]+: crashed: triple fault"
# Every timeout is multiplied by this, because an idle machine is faster than a busy one.
PATIENCE = float(os.environ.get("PATIENCE", "3"))


class Module:
    """One module2 line: a file and its words. The first word is the module's name."""

    def __init__(self, path, words):
        self.path, self.words = Path(path), words


def make_iso(directory, modules=(), cmdline="", grub_cfg=None, image=None):
    """Makes an ISO with the hypervisor and these modules. Returns its path."""
    iso = Path(directory) / "test.iso"
    command = [ROOT / "tools/make-iso", "--serial", "--cmdline", cmdline]
    if grub_cfg:
        menu = Path(directory) / "grub.cfg"
        menu.write_text(grub_cfg)
        command += ["--grub-cfg", menu]
    for module in modules:
        command += ["--module", module.path, module.words]
    subprocess.run([*command, iso, image or BUILD / "ashlar.elf"], check=True)
    return iso


class Machine:
    """
    boot_iso or boot_kernel starts it, the end of its 'with' block ends it.
    BUILD/logs/NAME.log is the log of its serial line, and NAME.log.old the log of
    the machine before it.
    """

    def __init__(self, name, command):
        self.name = name
        self.directory = Path(tempfile.mkdtemp(prefix="ashlar-"))
        self.log = BUILD / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.old"))
        self.in_shell = False
        self.unwanted = []  # patterns that end an expect at once
        self.process = subprocess.Popen(
            command(self._chardev(), self._monitor_option()),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.line = None
        self.socket = self._connect("serial")
        self.line = pexpect.fdpexpect.fdspawn(
            self.socket, encoding="utf-8", codec_errors="replace")
        # QEMU's own log has a byte twice if the socket was full at first.
        self.line.logfile_read = open(self.log, "w", encoding="utf-8", newline="")
        self.monitor = None

    @classmethod
    def boot_iso(cls, name, iso, *options, qemu=()):
        """Boots like `make run`. options: those of tools/qemu."""
        return cls(name, lambda chardev, monitor: [
            ROOT / "tools/qemu", "--accel", "tcg", "--serial", chardev, *options, iso, "--",
            *monitor, "-no-reboot", *qemu])

    @classmethod
    def boot_kernel(cls, name, kernel, *more, smp=1, memory="256M", cpu="EPYC,check=off"):
        """Boots a multiboot 1 or PVH image bare, without a hypervisor."""
        return cls(name, lambda chardev, monitor: [
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", cpu, "-smp", str(smp),
            "-m", memory, "-nodefaults", "-display", "none", "-no-reboot", "-kernel", kernel,
            "-chardev", chardev.replace(",", ",id=terminal,", 1), "-serial", "chardev:terminal",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *more, *monitor])

    def _chardev(self):
        return f"socket,path={self.directory}/serial,server=on,wait=on"

    def _monitor_option(self):
        return ["-monitor", f"unix:{self.directory}/monitor,server=on,wait=off"]

    def _connect(self, which, seconds=20):
        """Connects to a socket of QEMU's, which appears some time after QEMU's start."""
        end = time.monotonic() + seconds
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(f"{self.directory}/{which}")
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                if self.process.poll() is not None or time.monotonic() > end:
                    self.fail("QEMU did not start: " + self._stderr())
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.socket.close()
        self.line.logfile_read.close()
        if self.monitor:
            self.monitor.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _stderr(self):
        self.process.kill()
        return self.process.stderr.read().decode(errors="replace")

    def fail(self, why):
        """Ends the test with the last lines of the serial log."""
        if self.line and self._drain(1):  # the line is closed; QEMU may still write a core dump
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        tail = "\n".join(text.splitlines()[-TAIL_LINES:])
        status = self.process.poll()
        if status is not None:
            why += f"; QEMU has ended, {status}: {self._stderr()}"
        raise AssertionError(f"{self.name}: {why}\n--- end of {self.log}:\n{tail}")

    def expect(self, *patterns, timeout=60):
        """Waits for one of the regular expressions. Returns its match."""
        unwanted = [] if "crashed" in "".join(patterns) else self.unwanted
        try:
            found = self.line.expect([*patterns, *unwanted], timeout=timeout * PATIENCE)
            if found == len(patterns):
                self.fail(f"{self.line.match.group(0)}, before {' or '.join(map(repr, patterns))}")
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            self.fail(f"waited {timeout * PATIENCE} s for {' or '.join(map(repr, patterns))}"
                      f" ({type(error).__name__})")
        return self.line.match

    def _drain(self, seconds):
        """Reads the machine's output for so long. True if the machine has ended."""
        return self.line.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=seconds) == 1

    def expect_text(self, pattern, since=0, timeout=60):
        """Waits for the pattern in text() from an offset on. Returns its match."""
        end = time.monotonic() + timeout * PATIENCE
        while True:
            ended = self._drain(0.1)
            match = re.compile(pattern, re.MULTILINE).search(self.text(), since)
            if match:
                return match
            if ended or time.monotonic() > end:
                self.fail(f"{'has ended' if ended else 'waited'} without {pattern!r}")

    def send(self, text):
        self.line.send(text)

    def send_bytes(self, data):
        self.socket.sendall(data)

    def shell(self, command, timeout=20):
        """Runs a command at the hypervisor's prompt. Returns (ok, its output or its error)."""
        if not self.in_shell:
            self.send(ESCAPE)
            self.expect(re.escape(PROMPT))
            self.in_shell = True
        self.send(command + "\r")
        self.expect(re.escape(command) + r"\r\n", timeout=timeout)
        return self.verdict(timeout)

    def verdict(self, timeout=20):
        """Waits for the end of a typed command. Returns (ok, its output or its error)."""
        # If a line of the log interrupts the command, the prompt stands before the verdict.
        match = self.expect(r"(?ms)\A(.*?)^(?:ashlar> )?(ok|error: [^\r\n]*)\r?\n", timeout=timeout)
        output, verdict = match.group(1), match.group(2)
        return (True, output) if verdict == "ok" else (False, verdict[len("error: "):])

    def must(self, command, timeout=20):
        """Runs a command that must succeed. Returns its output."""
        ok, text = self.shell(command, timeout)
        if not ok:
            self.fail(f"'{command}' says: {text}")
        return text

    def refuses(self, command, words):
        """Runs a command that must fail. words: a pattern of its error."""
        ok, text = self.shell(command)
        if ok or not re.search(words, text):
            self.fail(f"'{command}' says: {text}")

    def json(self, command, ok=True):
        """Runs a command with --json. Returns its object. ok: must the command succeed?"""
        if not self.in_shell:
            self.must("version")
        self.send(f"{command} --json\r")
        self.expect(re.escape(command) + r" --json\r\n")
        match = self.expect(r"(?m)^(\{[^\r\n]*\})\r\n(ok|error: [^\r\n]*)\r\n", timeout=20)
        if (match.group(2) == "ok") != ok:
            self.fail(f"'{command}' says: {match.group(2)}")
        return json.loads(match.group(1))

    def console(self, vm):
        """Gives a guest the keyboard. The guest's output may stand before the verdict."""
        if not self.in_shell:
            self.send(ESCAPE)
            self.expect(re.escape(PROMPT))
        self.send(f"console {vm}\r")
        self.expect(rf"console {vm}\r\n")
        match = self.expect(r"ok\r?\n", r"error: [^\r\n]*\r?\n", timeout=20)
        if match.group(0).startswith("error"):
            self.fail(f"'console {vm}' says: {match.group(0)}")
        self.in_shell = False

    def hmp(self, command):
        """Runs a command of QEMU's monitor. Returns its output."""
        if not self.monitor:
            self.monitor = self._connect("monitor")
            self.monitor.settimeout(60)
            self._read_monitor()
        self.monitor.sendall(command.encode() + b"\n")
        return self._read_monitor().split("\n", 1)[1]

    def _read_monitor(self):
        prompt, data = b"(qemu) ", bytearray()
        while not data.endswith(prompt):
            piece = self.monitor.recv(1 << 16)
            if not piece:
                self.fail("QEMU ended while asked by its monitor")
            data += piece
        return data[:-len(prompt)].decode(errors="replace").replace("\r", "")

    def wait_exit(self, timeout=60):
        """Reads until QEMU ends by itself. Returns its exit status."""
        self.line.expect(pexpect.EOF, timeout=timeout * PATIENCE)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.fail(f"still runs after {timeout} s")

    def text(self):
        """The output of the serial line that an expect has read."""
        return self.log.read_text(errors="replace").replace("\r", "")
