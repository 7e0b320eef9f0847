# SPDX-License-Identifier: BSD-2-Clause
"""Guests that misbehave beside a guest that must go on."""

import re

import pytest
import results
from conftest import guest_section, linux_section

pytestmark = pytest.mark.boot

SHELL = r"guest:\S* ?# "


def check_linux_lives(machine):
    machine.console("linux")
    machine.send("\recho alive-$((40 + 2))\r")
    machine.expect("alive-42", timeout=60)


def test_triple_fault_beside_a_living_guest(boot):
    machine = boot(linux_section("linux") + guest_section("triple", "triple", more="restart = never"),
                   "--smp", "2")
    machine.expect(r"triple: crashed", timeout=60)
    machine.expect(SHELL, timeout=120)
    assert re.search(r"triple +stopped .*crashed", machine.must("vm list"))
    check_linux_lives(machine)
    machine.must("vm start triple")
    machine.expect(r"triple: crashed", timeout=60)
    check_linux_lives(machine)


def test_isolation_beside_a_living_guest(boot):
    machine = boot(linux_section("linux") +
                   guest_section("evil", "isolation", more="autostart = no\nrestart = never"),
                   "--smp", "2")
    machine.expect(SHELL, timeout=120)
    machine.must("vm start evil")
    machine.expect(r"evil: exit code 0", timeout=90)
    machine.console("evil")
    machine.expect(r"DONE \d+ \d+")
    results.check(machine.text(), "isolation", results.QEMU)
    check_linux_lives(machine)


@pytest.mark.parametrize("policy, starts", [("never", 1), ("on-failure", 2), ("always", 2)])
def test_restart_after_a_crash(boot, policy, starts):
    machine = boot(guest_section("triple", "triple", more=f"restart = {policy}"), "--smp", "1",
                   "--memory", "512M")
    for _ in range(starts):
        machine.expect("about to triple-fault", timeout=60)
        machine.expect("triple: crashed")
    if policy == "never":
        assert re.search(r"triple +stopped .*starts 1 ", machine.must("vm list"))
    else:
        machine.shell("vm kill triple")


def test_success_is_not_restarted_on_failure_only(boot):
    machine = boot(guest_section("good", "smp", more="restart = on-failure"), "--smp", "1",
                   "--memory", "512M")
    machine.expect("good: exit code 0", timeout=120)
    assert re.search(r"good +stopped .*starts 1 ", machine.must("vm list"))
