# SPDX-License-Identifier: BSD-2-Clause
"""
An operator's session with three guests. docs/console.md shows a record of it, and
today's output must be the same except for numbers. RECORD=1 writes a new record.
"""

import os
import re

import pytest
from conftest import guest_section
from machine import ESCAPE, PROMPT, ROOT

pytestmark = pytest.mark.boot

DOCUMENT = ROOT / "docs/console.md"
BLOCK = re.compile(r"(?s)(## A session.*?```\n)(.*?)(```\n)")

# The typed command, and the line to wait for before the next command.
SESSION = [
    ("vm list", None),
    ("console left", None),
    ("vm kill left", r"left: killed"),
    ("vm start left", r"left: started"),
    ("vm start job", r"job: exit code 0"),
    ("vm list", None),
    ("exits job", None),
    ("mem", None),
    ("cpu offline 1", r"cpu1: offline"),
    ("cpu list", None),
    ("cpu online 1", r"cpu1: online"),
    ("cpu list", None),
    ("vm kil right", None),
]


def shape(text):
    """The text without the parts that differ between runs: numbers, columns, lines of the log."""
    lines = (re.sub(r" +", " ", re.sub(r"\d+", "N", line)).strip() for line in text.splitlines())
    return [line for line in lines if line not in ("", PROMPT.strip()) and not line.startswith("[")]


def record(machine):
    machine.must("version")
    machine.expect(re.escape(PROMPT))
    for command, awaited in SESSION:
        before = len(machine.text())
        machine.send(command + "\r")
        machine.expect_text(r"^(ok|error: .*)$", before)
        if command.startswith("console"):
            machine.send(ESCAPE)
        if awaited:
            machine.expect_text(awaited, before)
        machine.expect_text(rf"^{PROMPT}\Z", before)
    text = machine.text()
    return text[text.index(PROMPT + SESSION[0][0]):].removesuffix(PROMPT)


def test_session_of_the_manual(boot):
    config = (guest_section("left", "canary", memory="16M") +
              guest_section("right", "canary", memory="16M") +
              guest_section("job", "smp", cpus=2, memory="16M", more="autostart = no"))
    machine = boot(config, "--smp", "2", "--memory", "512M")
    machine.expect_text("right: started")
    session = record(machine)
    document = DOCUMENT.read_text()
    if os.environ.get("RECORD"):
        document = BLOCK.sub(lambda block: block.group(1) + session + block.group(3), document)
        DOCUMENT.write_text(document)
    assert shape(session) == shape(BLOCK.search(document).group(2))
