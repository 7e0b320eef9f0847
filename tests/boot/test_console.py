# SPDX-License-Identifier: BSD-2-Clause
"""The operator's view: the shell, refusals, memory, ports."""

import random
import re

import pytest
from conftest import guest_section
from machine import ESCAPE, PROMPT, ROOT

pytestmark = pytest.mark.boot


def test_escape_reaches_the_shell_of_a_guest_that_reads_nothing(boot):
    """The test first types more than the guest's UART and the line's FIFO hold."""
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


def test_what_is_not_there_is_refused_by_name(boot):
    lines = {"accelerate": "apic = accelerate", "privileged": "privileged = yes"}
    machine = boot("".join(guest_section(word, "smp", more=line) for word, line in lines.items())
                   + guest_section("good", "smp"), "--smp", "1", "--memory", "512M")
    machine.expect("good: exit code 0", timeout=120)
    for word in lines:
        assert re.search(rf"error: {word}: .*{word}", machine.text()), word


EXIT_DEVICE = ("-device", "isa-debug-exit,iobase=0x500,iosize=1")


def test_host_port_passed_through(boot):
    """The write ends QEMU itself, with a status of the guest's choice."""
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
    first = {"name": "cpu0", "apic_id": 0, "state": "online", "vcpus": 1}
    assert machine.json("cpu list") == {"cpus": [first]}
    assert machine.json("vm list")["vms"][0]["state"] == "running"
    assert machine.json("vm start held", ok=False) == {"error": "held: it is running"}
    assert machine.shell("vm lst")[1] == "no command 'vm lst'; did you mean 'vm list'?"
    assert machine.shell("console")[1] == "usage: console VM"
    assert machine.shell("console nobody")[1].startswith("no guest is named 'nobody'")
    assert "usage: vm kill VM" in machine.must("help vm kill")
    names = [row["command"] for row in machine.json("help")["commands"]]
    assert names == sorted(names)
    described = (ROOT / "docs/console.md").read_text()
    assert [name for name in names if f"| `{name}" not in described] == []
    for name in names:
        assert machine.json(f"help {name}")["command"] == name


def test_editing_history_and_completion(boot):
    machine = boot(guest_section("held", "canary") + guest_section("other", "canary"), "--smp", "1",
                   "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    machine.must("version")
    left, up, home = "\x1b[D", "\x1b[A", "\x1b[H"
    machine.send(f"vm lst{left}{left}i\r")
    assert machine.verdict()[0]
    machine.send(f"vm klil{left}\x7f\x7f\x05\x15{up}\r")
    assert "other" in machine.verdict()[1]
    machine.send(f"m l{home}v\x05i\t\r")
    assert machine.verdict()[0]
    machine.send("vm kill h\t\r")
    assert machine.verdict()[0]
    machine.expect("held: killed")
    machine.send("vm start \t")
    machine.expect(r"held +other")
    machine.send("h\t\r")
    assert machine.verdict()[0]


def test_garbage_typed_at_the_prompt(boot):
    machine = boot(guest_section("held", "canary"), "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=60)
    machine.must("version")
    noise = random.Random(1)
    for _ in range(20):
        data = bytes(noise.randrange(256) for _ in range(200)) + b"\x1b[" * 20 + b"x" * 300
        machine.send_bytes(data.replace(b"\x1d", b"") + b"\x03\x15\r")
    machine.send("\x15\r\x15version --json\r")
    machine.expect(r'(?m)^\{"version":[^\r\n]*\}\r\nok\r\n')
    assert "running" in machine.must("vm list")


def test_guests_lines_with_their_names(boot):
    machine = boot(guest_section("one", "echo") + guest_section("two", "echo"), "--smp", "2",
                   "--memory", "512M")
    machine.expect("ECHO ready", timeout=60)
    machine.console("two")
    machine.expect("ECHO ready", timeout=60)
    machine.must("console mix on")
    machine.must("vm kill two")
    machine.expect("two: killed")
    machine.must("vm start two")
    machine.console("one")
    machine.expect(r"\r\n\[two\] ECHO ready\r\n")
    machine.send("abc\r")
    machine.expect("ECHO 3 bytes, sum 294")


def test_escape_twice_is_for_the_guest(boot):
    machine = boot(guest_section("one", "echo"), "--smp", "1", "--memory", "512M")
    machine.expect("ECHO ready", timeout=60)
    machine.send(ESCAPE)
    machine.expect(re.escape(PROMPT))
    machine.send(ESCAPE + "ab\r")
    machine.expect(f"ECHO 3 bytes, sum {0x1d + ord('a') + ord('b')}")


def test_what_a_dead_guest_said(boot):
    machine = boot(guest_section("early", "smp"), "--smp", "1", "--memory", "512M")
    machine.expect("early: exit code 0", timeout=60)
    assert re.search(r"(?m)^DONE \d+ 0", machine.must("vm log early"))
    assert machine.json("vm log early")["lines"][-1]["text"].startswith("DONE")


def test_a_guest_that_prints_without_end(boot):
    """The guest's output is shown, the shell answers, and another guest's output appears."""
    machine = boot(guest_section("calm", "echo") + guest_section("loud", "flood"), "--smp", "1",
                   "--memory", "512M")
    machine.expect("ECHO ready", timeout=60)
    machine.console("loud")
    numbers = [int(machine.expect(r"flood (\d+)\r\n").group(1)) for _ in range(1000)]
    assert numbers == list(range(numbers[0], numbers[0] + 1000))
    for _ in range(3):
        assert "loud" in machine.must("vm list")
        machine.console("calm")
        machine.send("abc\r")
        machine.expect("ECHO 3 bytes, sum 294", timeout=60)
        machine.must("console mix on")
        machine.expect(r"\[loud\] flood")
        machine.must("vm list")
        machine.must("console mix off")
    machine.must("vm log loud")  # up to the end at the time of the command
    machine.must("vm kill loud")
    machine.expect("loud: killed")


@pytest.mark.parametrize("firmware", [(), ("--uefi",)], ids=["bios", "uefi"])
def test_pasted_text_arrives(boot, firmware):
    machine = boot(guest_section("one", "echo"), "--smp", "1", "--memory", "512M", *firmware)
    machine.expect("ECHO ready", timeout=60)
    text = "0123456789" * 800
    machine.send(text + "\r")
    machine.expect(f"ECHO {len(text)} bytes, sum {sum(map(ord, text))}", timeout=60)
    machine.must("version")
    for length in (100, 250):
        machine.send("x" * length + "\x15version\r" * 3)
        for _ in range(3):
            assert machine.verdict()[0]
    assert "polled" not in machine.text()


def test_a_flood_does_not_slow_the_shell(boot):
    """Measures in instructions: under -icount the TSC counts them exactly."""
    machine = boot(guest_section("calm", "canary") + guest_section("loud", "flood", more="autostart = no"),
                   "--icount", "--smp", "1", "--memory", "512M")
    machine.expect("CANARY ready", timeout=300)

    def median():
        ticks = []
        for _ in range(5):
            machine.must("vm list")
            ticks.append(machine.json("timing")["ticks"])
        return sorted(ticks)[2]

    machine.must("version")
    usual = median()
    machine.must("vm start loud")
    machine.expect("loud: started", timeout=300)
    machine.must("console mix on")
    machine.expect(r"\[loud\] flood \d+", timeout=300)
    beside = median()
    print(f"vm list: {usual} instructions, beside a flood {beside}")
    assert beside <= 2 * usual
