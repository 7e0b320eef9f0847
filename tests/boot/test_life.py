# SPDX-License-Identifier: BSD-2-Clause
"""The lives of guests: starts, ends, pauses, restarts, and the records of ended guests."""

import re
import time

import pytest
from conftest import guest_section, linux_section

pytestmark = pytest.mark.boot

SHELL = r"guest:\S* ?# "
CYCLES = 100


def facts(text):
    """'key   value' lines as a dictionary."""
    return dict(re.findall(r"^(\w+) +(\S.*?)\r?$", text, re.MULTILINE))


def state(machine, name):
    return re.search(rf"^{name} +(\w+) ", machine.must("vm list"), re.MULTILINE).group(1)


def test_the_shell_answers_while_a_large_guest_comes_and_goes(boot):
    """The guest's memory is zeroed at its start and again at its end."""
    machine = boot(guest_section("small", "canary") +
                   guest_section("large", "canary", memory="2560M", more="autostart = no"),
                   "--smp", "1", "--memory", "3G")
    machine.expect("CANARY ready", timeout=60)
    machine.must("vm start large")
    assert state(machine, "large") == "starting"
    machine.console("small")
    assert state(machine, "large") == "starting"
    machine.expect("large: started", timeout=120)
    machine.must("vm kill large")
    assert state(machine, "large") in ("running", "stopping")
    assert state(machine, "large") == "stopping"
    machine.expect("large: killed", timeout=120)
    assert state(machine, "small") == "running"


def test_a_start_can_be_given_up(boot):
    machine = boot(guest_section("large", "canary", memory="2560M", more="autostart = no"),
                   "--smp", "1", "--memory", "3G")
    machine.expect("no guest runs", timeout=60)
    before = machine.must("mem")
    machine.must("vm start large")
    machine.must("vm kill large")
    machine.expect("large: killed before it ran", timeout=120)
    assert facts(machine.must("mem"))["large"] == facts(before)["large"]
    machine.must("vm start large")
    machine.expect("large: started", timeout=120)


# The ways to end a guest again and again: the typed command, and the line that shows the end.
ENDS = {
    "kill": ("canary", ("vm start it", "vm kill it"), "it: killed"),
    "exit": ("doorway", ("vm start it",), "it: exit code 0"),
    "crash": ("triple", ("vm start it",), "it: crashed"),
    "reset": ("canary", ("vm reset it",), "it: started"),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_hundred_lives_leave_nothing_behind(boot, how):
    """From the second life on, every owner's memory is the same to the KiB."""
    guest, commands, over = ENDS[how]
    machine = boot(guest_section("it", guest, cpus=2, memory="8M", more="autostart = no"),
                   "--smp", "2", "--memory", "512M")
    machine.expect("no guest runs", timeout=60)
    if how == "reset":
        machine.must("vm start it")
        machine.expect("it: started")
    seen = []
    for _ in range(CYCLES):
        for command in commands:
            machine.must(command)
            if command == "vm start it" and command != commands[-1]:
                machine.expect("it: started")
        machine.expect(over)
        seen.append(machine.must("mem"))
    assert len(set(seen[1:])) == 1, f"{seen[1]}\n{seen[-1]}"


def test_the_hypervisor_keeps_to_its_budget(boot):
    """The hypervisor needs less than 1 MiB for itself, and 64 KiB per vCPU."""
    machine = boot(guest_section("held", "canary", cpus=2, memory="64M"), "--smp", "4",
                   "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    taken = int(re.search(r"^hypervisor +(\d+) KiB", machine.must("mem"), re.MULTILINE).group(1))
    assert taken < 1024 + 2 * 64


def test_stop_presses_the_power_button(boot):
    machine = boot(guest_section("polite", "button", more="restart = always"), "--smp", "1",
                   "--memory", "512M")
    machine.expect("waits for the button", timeout=60)
    machine.must("vm stop polite 100")
    machine.expect("polite: powered off", timeout=60)
    assert facts(machine.must("vm show polite"))["state"] == "stopped"
    assert "restarts_in_s" not in machine.must("vm show polite")


def test_who_does_not_follow_the_button_is_killed(boot):
    machine = boot(guest_section("rude", "canary"), "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    machine.must("vm stop rude 1")
    machine.expect("rude: has not powered off in time", timeout=30)
    machine.expect("rude: killed", timeout=30)


def test_restarts_back_off(boot):
    machine = boot(guest_section("triple", "triple", more="restart = always"), "--smp", "1",
                   "--memory", "512M")
    for seconds in (1, 2, 4):
        machine.expect(f"triple: starts again in {seconds} s", timeout=60)
    shown = facts(machine.must("vm show triple"))
    assert int(shown["restarts_in_s"]) <= 4 and shown["starts"] == "4"
    machine.must("vm kill triple")
    assert "restarts_in_s" not in machine.must("vm show triple")
    time.sleep(5)
    assert facts(machine.must("vm show triple"))["starts"] == "4"


def test_what_is_seen_of_a_dead_guest(boot):
    """The guest's registers are those at the triple fault: the guest has emptied its IDT before."""
    machine = boot(guest_section("triple", "triple", more="restart = never"), "--smp", "1",
                   "--memory", "512M")
    machine.expect("triple: crashed", timeout=60)
    shown = facts(machine.must("vm show triple"))
    assert shown["end"] == "crashed: triple fault" and shown["kernel_kind"].startswith("multiboot")
    registers = machine.must("vcpu regs triple 0")
    assert re.search(r"^idtr .*base +0x0 .*limit +0x0 ", registers, re.MULTILINE)
    assert int(facts(registers)["rip"], 16) >= 1 << 20
    assert int(facts(registers)["cr0"], 16) & 0x80000001 == 0x80000001
    assert facts(machine.must("vcpu where triple 0"))["rip"] == facts(registers)["rip"]
    assert re.search(r"^exception +\d+", machine.must("exits triple"), re.MULTILINE)


def test_a_running_vcpu_is_seen_and_not_disturbed(boot):
    machine = boot(linux_section("linux", 2), "--smp", "2")
    machine.expect(SHELL, timeout=120)
    machine.send("i=0; while true; do i=$((i+1)); echo n=$i.; done >/dev/null & sleep 1; echo go\r")
    machine.expect(r"\ngo\r")
    for _ in range(20):
        for vcpu in "01":
            registers = facts(machine.must(f"vcpu regs linux {vcpu}"))
            assert int(registers["cr3"], 16) != 0 and int(registers["efer"], 16) & 0x500 == 0x500
    assert machine.shell("vcpu regs linux 2")[0] is False
    machine.console("linux")
    machine.send("kill %1; echo alive-$((40 + 2))\r")
    machine.expect("alive-42")
    machine.must("vm list")
    assert re.match(r"an interrupt|nothing", facts(machine.must("vcpu where linux 1"))["waits_for"])


def uptime(machine):
    """The guest's clock, and ours."""
    machine.console("linux")
    machine.send("\rcat /proc/uptime\r")
    said = float(machine.expect(r"\n(\d+\.\d+) \d+\.\d+\r").group(1))
    return said, time.monotonic()


def test_a_pause_stops_the_guest_and_its_time(boot):
    # A clock that counts only when it is read, like the PM timer's, would hide the pause.
    machine = boot(linux_section("linux", 2, cmdline="console=ttyS0 quiet tsc=reliable"),
                   "--smp", "2")
    machine.expect(SHELL, timeout=120)
    guest, ours = uptime(machine)
    machine.must("vm pause linux")
    assert state(machine, "linux") == "paused"
    time.sleep(1)
    exits = machine.must("exits linux")
    time.sleep(30)
    assert machine.must("exits linux") == exits
    assert machine.shell("vm pause linux")[0] is False
    assert facts(machine.must("vcpu where linux 0"))["waits_for"] == "'vm resume'"
    machine.must("vm resume linux")
    guest_now, ours_now = uptime(machine)
    assert guest_now - guest < ours_now - ours - 25
    assert not re.search(r"stall|lockup|unstable", machine.text())
    machine.must("vm pause linux")
    machine.must("vm kill linux")
    machine.expect("linux: killed")


def test_neighbours_are_not_disturbed(boot):
    """A guest counts and keeps a checksum, while others start, crash and end beside it."""
    machine = boot(linux_section("linux", 2) +
                   guest_section("held", "canary", cpus=2, more="autostart = no") +
                   guest_section("triple", "triple", more="autostart = no"), "--smp", "2")
    machine.expect(SHELL, timeout=120)
    machine.send("dd if=/dev/urandom of=/data bs=1M count=32 2>/dev/null; md5sum </data\r")
    machine.expect(r"\n([0-9a-f]{32}) ")
    machine.send("n=0; while true; do n=$((n+1)); echo count $n $(md5sum </data); done\r")
    machine.expect(r"count 1 ")
    for _ in range(8):
        machine.must("vm start held")
        machine.expect("held: started")
        machine.must("vm start triple")
        machine.expect("triple: crashed")
        machine.must("vm reset held")
        machine.expect("held: started")
        machine.must("vm kill held")
        machine.expect("held: killed")
    machine.console("linux")
    machine.expect(r"count \d+ \S+")
    machine.expect(r"count \d+ \S+")
    counted = re.findall(r"^count (\d+) ([0-9a-f]{32})", machine.text(), re.MULTILINE)
    assert len({checksum for _, checksum in counted}) == 1
