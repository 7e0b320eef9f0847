# SPDX-License-Identifier: BSD-2-Clause
"""tools/ashlarctl with a real console."""

import json
import subprocess

import pytest
from conftest import guest_section
from machine import ROOT

pytestmark = pytest.mark.boot


def call(line, *words):
    return subprocess.run([ROOT / "tools/ashlarctl", "-s", line, *words], capture_output=True,
                          text=True, timeout=180)


def test_a_whole_machine(boot):
    machine = boot(guest_section("held", "canary"), "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    machine.socket.close()
    line = f"unix:{machine.directory}/serial"
    vms = json.loads(call(line, "vm", "list", "--json").stdout)["vms"]
    assert [(vm["name"], vm["state"]) for vm in vms] == [("held", "running")]
    assert call(line, "vm", "start", "held").returncode == 1
    assert call(line, "vm", "reset", "held").returncode == 0
    assert call(line, "wait", "held", "--for", "text=CANARY ready").returncode == 0
    assert call(line, "vm", "kill", "held").returncode == 0
    assert call(line, "wait", "held", "--for", "exit").returncode == 0
    assert "killed" in call(line, "vm", "show", "held").stdout
