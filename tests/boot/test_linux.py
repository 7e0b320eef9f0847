# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernel, unmodified, as the guest."""

import os
import re
import time

import pytest
from backends import BACKENDS
from conftest import INITRD, KERNEL, linux_section
from machine import Module

pytestmark = pytest.mark.boot

FACTS = "console=ttyS0 quiet ashlar.test=facts"
# Messages that Linux calls errors, but that are normal without PCI and on a busy host.
KNOWN_ERRORS = ("No config space access function found", "clocksource",
                "RETBleed")  # true of the CPU that Bochs models
BOCHS_SECONDS = 300
SHELL = r"guest:\S* ?# "


def check_facts(text, cpus):
    """The report of the guest's init about its machine."""
    facts = dict(re.findall(r"^(\w+): (.*)$", text, re.MULTILINE))
    assert facts["cpus"] == str(cpus)
    assert facts["online"] == ("0" if cpus == 1 else f"0-{cpus - 1}")
    assert facts["clockevent"].startswith("lapic")
    assert re.search(r"^interrupts: +4: .*IO-APIC.*ttyS0", text, re.MULTILINE)
    for line in re.findall(r"^error: <.*$", text, re.MULTILINE):
        assert any(known in line for known in KNOWN_ERRORS), line


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
@pytest.mark.parametrize("cpus", [1, 2])
def test_linux(boot, record_property, cpus, firmware):
    record_property("matrix", [f"linux, {cpus} vCPUs", "qemu-svm"])
    options = ["--uefi"] if firmware == "uefi" else []
    machine = boot(linux_section("linux", cpus, cmdline=FACTS), "--smp", "2", *options)
    machine.expect(rf"ashlar-guest: up, {cpus} cpus", timeout=120)
    machine.expect("ashlar-guest: test ends, status 0", timeout=60)
    machine.expect("linux: powered off", timeout=30)
    check_facts(machine.text(), cpus)


@pytest.mark.bochs
@pytest.mark.parametrize("backend, cpus", [("bochs-vmx-tigerlake", 1), ("bochs-vmx-skylake", 2)])
def test_linux_on_vmx(boot, record_property, backend, cpus):
    record_property("matrix", [f"linux, {cpus} vCPUs", backend])
    machine = boot(linux_section("linux", cpus, cmdline=FACTS), "--cpus", str(cpus),
                   "--memory", "512", model=BACKENDS[backend].model)
    machine.expect(rf"ashlar-guest: up, {cpus} cpus", timeout=BOCHS_SECONDS)
    machine.expect("ashlar-guest: test ends, status 0", timeout=BOCHS_SECONDS)
    machine.expect("linux: powered off", timeout=60)
    check_facts(machine.text(), cpus)


# Simulated seconds of the test below. For an hour: STRESS_SECONDS=3600 tests/run -m boot -k stress
STRESS_SECONDS = int(os.environ.get("STRESS_SECONDS", "5"))


@pytest.mark.parametrize("mode, word", [("xapic", "nox2apic"), ("x2apic", "")])
def test_stress_of_interrupts(boot, mode, word):
    """More vCPUs than CPUs. The guest waits for every interrupt, and counts those between CPUs."""
    words = f"{FACTS.replace('facts', f'stress+{STRESS_SECONDS}')} tsc=reliable {word}"
    # Without CPU 0: QEMU's other threads write into its world switches (docs/errata.md).
    machine = boot(linux_section("linux", 8, cmdline=words, more="affinity = 1-4"), "--smp", "5")
    machine.expect("ashlar-guest: up, 8 cpus", timeout=120)
    assert {apic["mode"] for apic in machine.json("apic linux")["apics"]} == {mode}
    machine.console("linux")
    said = ""
    while "cpus" not in said:  # a line per second, as long as no interrupt is lost
        said = machine.expect(r"stress: (\d+ barriers|\d+ cpus)[^\r]*\r").group(0)
    numbers = [int(n) for n in re.findall(r"\d+", said)]
    _, sent, answered, barriers, received, sleeps, timer = numbers
    assert sent == answered > 0
    assert received >= barriers * 0.9, "a CPU that runs something else now and then gets none"
    assert timer >= sleeps * 0.5
    machine.expect("ashlar-guest: test ends, status 0", timeout=60)
    machine.expect("linux: powered off", timeout=30)


def test_default_without_config(boot):
    modules = [Module(KERNEL, f"vmlinuz {FACTS}"), Module(INITRD, "initrd.img")]
    machine = boot(None, "--smp", "2", "--memory", "1G", modules=modules)
    machine.expect("ashlar-guest: up, 2 cpus", timeout=120)
    machine.expect("ashlar-guest: test ends, status 0", timeout=60)
    machine.expect("powered off", timeout=30)


def test_plain_menuentry_on_a_stick(boot):
    """Boots by a grub.cfg like an installed machine's: one entry with two kinds of line."""
    menu = (
        'set timeout=0\n'
        'menuentry "Ashlar" {\n'
        '\tmultiboot2 /boot/ashlar.elf console=com1\n'
        f'\tmodule2 /boot/vmlinuz vmlinuz {FACTS}\n'
        '\tmodule2 /boot/initrd.img initrd.img\n'
        '}\n')
    modules = [Module(KERNEL, "vmlinuz"), Module(INITRD, "initrd.img")]
    machine = boot(None, "--disk", "--smp", "1", "--memory", "1G", grub_cfg=menu, modules=modules)
    machine.expect("ashlar-guest: test ends, status 0", timeout=120)


@pytest.mark.fast
def test_interactive_shell(boot):
    """The output of `make run`: a prompt, job control, the hypervisor's prompt, and back."""
    machine = boot(linux_section("linux", 2))
    machine.expect(SHELL, timeout=120)
    machine.send("echo $((6 * 7))\r")
    machine.expect(r"\n42\r")
    machine.expect(SHELL)
    machine.send("sleep 1000\r")
    machine.expect(r"sleep 1000\r")
    time.sleep(1)  # the shell echoes the line before it starts the command
    machine.send("\x03")
    machine.expect(SHELL, timeout=20)
    assert re.search(r"linux +running +2 vCPUs", machine.must("vm list"))
    machine.console("linux")
    machine.send("nproc\r")
    machine.expect(r"\n2\r")
    machine.send("poweroff -f\r")
    machine.expect("linux: powered off", timeout=30)
    machine.shell("poweroff")
    assert machine.wait_exit(20) == 0


def test_guest_reboots(boot):
    machine = boot(linux_section("linux"), "--smp", "1")
    machine.expect(SHELL, timeout=120)
    machine.send("reboot -f\r")
    machine.expect("linux: reset", timeout=30)
    machine.expect("ashlar-guest: up, 1 cpus", timeout=120)


def test_two_guests_at_once(boot):
    machine = boot(linux_section("one", 2) + linux_section("two", 2), "--smp", "2")
    machine.expect(SHELL, timeout=120)
    for name in ("one", "two"):
        machine.console(name)
        machine.send("\r")
        machine.expect(SHELL, timeout=120)
        machine.send(f"echo this-is-$((0))-{name}\r")
        machine.expect(f"this-is-0-{name}")
    machine.must("vm kill one")
    machine.expect("one: killed")
    machine.console("two")
    machine.send("echo still-$((1))-here\r")
    machine.expect("still-1-here")
