# SPDX-License-Identifier: BSD-2-Clause
"""What the operator relies on: the shell, refusals, memory, ports."""

import re

import pytest
from conftest import guest_section

pytestmark = pytest.mark.boot


def test_escape_reaches_the_shell_of_a_guest_that_reads_nothing(boot):
    """More than its UART and the line's own FIFO hold is typed first."""
    machine = boot(guest_section("deaf", "canary"), "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    machine.send("abcdefghijklmnopqrstuvwxyz" * 4)
    assert "deaf" in machine.must("vm list")
    machine.must("vm kill deaf")
    machine.expect("deaf: killed")


def test_shell_lives_when_a_guest_with_more_vcpus_than_cpus_ends(boot):
    machine = boot(guest_section("many", "smp", cpus=4), "--smp", "1", "--memory", "512M")
    machine.expect("many: exit code 0", timeout=120)
    assert re.search(r"many +stopped .*exit code 0", machine.must("vm list"))
    machine.must("vm start many")
    machine.expect("many: exit code 0", timeout=120)


def test_memory_comes_back_from_starts_and_kills(boot):
    machine = boot(guest_section("held", "canary"), "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)

    def free():
        machine.must("vm kill held")
        machine.expect("held: killed")
        return int(re.search(r"free +(\d+) KiB", machine.must("mem")).group(1))

    first = free()
    for _ in range(5):
        machine.must("vm start held")
        last = free()
    assert last == first


@pytest.mark.parametrize("line, word", [
    ("memtype = mtrr", "mtrr"), ("lazy = zero", "lazy"), ("apic = accelerate", "accelerate"),
    ("privileged = yes", "privileged")])
def test_what_is_not_there_is_refused_by_name(boot, line, word):
    machine = boot(guest_section("early", "smp", more=line) + guest_section("good", "smp"),
                   "--smp", "1", "--memory", "512M")
    machine.expect("good: exit code 0", timeout=120)
    assert re.search(rf"error: early: .*{word}", machine.text())


EXIT_DEVICE = ("-device", "isa-debug-exit,iobase=0x500,iosize=1")


def test_host_port_passed_through(boot):
    """The write ends QEMU itself, with a status that the guest has chosen."""
    machine = boot(guest_section("door", "doorway", more="ports = 0x500"), "--smp", "1",
                   "--memory", "512M", qemu=EXIT_DEVICE)
    assert machine.wait_exit() == ord("A") << 1 | 1


def test_host_port_not_passed_through(boot):
    machine = boot(guest_section("door", "doorway"), "--smp", "1", "--memory", "512M",
                   qemu=EXIT_DEVICE)
    machine.expect("door: exit code 0", timeout=60)


def test_every_command_speaks_to_people_and_to_programs(boot):
    machine = boot(guest_section("held", "canary"), "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    assert re.search(r"(?m)^cpu0 +APIC ID 0 +online", machine.must("cpu list"))
    assert machine.json("cpu list") == {"cpus": [{"name": "cpu0", "apic_id": 0, "state": "online"}]}
    assert machine.json("vm list")["vms"][0]["state"] == "running"
    assert machine.json("vm start held", ok=False) == {"error": "held: it is running"}
    assert machine.shell("vm lst")[1] == "no command 'vm lst'; did you mean 'vm list'?"
    assert machine.shell("console")[1] == "usage: console VM"
    assert machine.shell("console nobody")[1].startswith("no guest is named 'nobody'")
    assert "usage: vm kill VM" in machine.must("help vm kill")
    names = [row["command"] for row in machine.json("help")["commands"]]
    assert names == sorted(names)
    for name in names:
        assert machine.json(f"help {name}")["command"] == name
