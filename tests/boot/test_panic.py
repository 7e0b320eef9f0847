# SPDX-License-Identifier: BSD-2-Clause
"""The end of the hypervisor: its report, its output devices, and that all CPUs stand still."""

import re
import socket
import subprocess

import pytest
import screen
from bochs import BochsMachine
from conftest import guest_section
from machine import BUILD, ESCAPE, PROMPT, ROOT, Module, make_iso

pytestmark = pytest.mark.boot

IDLE = "# no guest\n"
RFLAGS_IF = 1 << 9
STOP_SECONDS = 30
GDB_GS_BASE = 25  # its index in QEMU's description of the registers


def panic(machine, command="panic"):
    """Types the command at the prompt. Returns the whole report."""
    machine.send(ESCAPE)
    machine.expect(re.escape(PROMPT))
    machine.send(command + "\r")
    return machine.expect(r"(?s)panic: cpu\d.*panic: [^\r\n]*: (halted|the machine is reset in \d s)",
                          timeout=STOP_SECONDS).group(0).replace("\r", "")


def write_register(debugger, register, value):
    """Writes GS_BASE of CPU 1 through QEMU's debugger socket. The machine then goes on."""
    commands = {"qXfer:features:read:target.xml:0,8": "[lm].*",  # without it QEMU allows no writes
                "Hg2": "OK",
                f"P{register:x}={value.to_bytes(8, 'little').hex()}": "OK",
                "D": "OK"}
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(STOP_SECONDS)
        line.connect(str(debugger))
        for command, wanted in commands.items():
            line.sendall(f"+${command}#{sum(command.encode()) & 0xff:02x}".encode())
            answer = ""
            while not re.search(rf"\${wanted}#..$", answer):  # QEMU may first report a stop
                piece = line.recv(64).decode()
                assert piece, f"QEMU has gone, after {command}: {answer}"
                answer += piece


def trace(report):
    """The functions of the trace, innermost first."""
    return re.findall(r"#\d+ +[0-9a-f]{16} ([\w.]+)\+0x[0-9a-f]+$", report, re.MULTILINE)


def functions():
    """The names of the image's functions."""
    listed = subprocess.run(["nm", BUILD / "ashlar.elf"], capture_output=True, text=True, check=True)
    return set(re.findall(r"^[0-9a-f]+ [tT] (\S+)$", listed.stdout, re.MULTILINE))


def check_report(report, cause, cpus):
    assert re.search(rf"panic: cpu0: {cause}$", report, re.MULTILINE), report
    assert "panic: cpu0 ran shell, thread 0" in report
    assert f"panic: {cpus - 1} of {cpus - 1} other CPUs stopped" in report
    assert len(re.findall(r"\b(?:r[a-z0-9]{2}|r[89] |cr[0234]|[cs]s ) [0-9a-f]{16}\b", report)) == 24
    assert set(trace(report)) <= functions(), trace(report)
    assert all(len(line) <= 79 for line in report.splitlines()), "lines fit a small screen"


def test_report_and_stop_beside_a_busy_guest(boot):
    """Three CPUs execute a guest's instructions that never exit by themselves."""
    machine = boot(guest_section("busy", "travel", cpus=3, more="affinity = 1-3"),
                   "--smp", "4", "--memory", "512M")
    machine.expect("TRAVEL waits", timeout=120)
    machine.send("x")
    machine.expect("TRAVEL begins", timeout=60)
    report = panic(machine)
    check_report(report, "asked for at the console", cpus=4)
    calls = [trace(report).index(name) for name in ("panic", "commands_machine_panic", "shell_thread")]
    assert calls == sorted(calls)
    registers = machine.hmp("info registers -a")
    assert re.findall(r"HLT=(\d)", registers) == ["1"] * 4
    assert not [f for f in re.findall(r"\bRFL=([0-9a-f]+)", registers) if int(f, 16) & RFLAGS_IF]


def test_panic_reboot_resets_the_machine(boot):
    machine = boot(IDLE, "--smp", "2", "--memory", "512M", cmdline="panic=reboot")
    machine.expect("boot: done", timeout=60)
    assert "the machine is reset in 5 s" in panic(machine)
    machine.wait_exit(timeout=STOP_SECONDS)  # QEMU ends at a reset


def test_stack_overflow_is_named(boot):
    """If the frame of a page fault has no stack, a double fault comes on its own stack."""
    machine = boot(IDLE, "--smp", "2", "--memory", "512M")
    machine.expect("boot: done", timeout=60)
    report = panic(machine, "panic overflow")
    check_report(report, r"#DF double fault \(8\), error 0x0: stack overflow", cpus=2)
    assert trace(report)[0] == "overflow_stack"
    assert re.search(r"^.* \d\d+ times$", report, re.MULTILINE)
    assert trace(report)[-1] == "shell_thread", "the repeated calls do not hide who began"


def test_a_cpu_that_has_lost_its_gs(boot, tmp_path):
    """As within a world switch: the CPU finds itself by its APIC ID and prints its report."""
    debugger = tmp_path / "debugger"
    machine = boot(IDLE, "--smp", "2", "--memory", "512M",
                   qemu=("-gdb", f"unix:{debugger},server=on,wait=off"))
    machine.expect("boot: done", timeout=60)
    write_register(debugger, GDB_GS_BASE, 0)
    machine.send(f"{ESCAPE}cpu offline 1\r")  # this wakes CPU 1
    report = machine.expect(r"(?s)panic: cpu1: #PF.*: halted", timeout=STOP_SECONDS).group(0)
    assert "panic: 1 of 1 other CPUs stopped" in report
    assert "cr2 0000000000000000" in report


def test_panic_on_a_text_screen(boot):
    """All of the report without the boot's lines fits into 25 rows."""
    menu = ("serial --unit=0\nset timeout=0\nmenuentry a {\nmultiboot2 /boot/ashlar.elf\n"
            "module2 /boot/guests.conf config\nset gfxpayload=text\n}\n")
    machine = boot(IDLE, "--vga", "--smp", "2", "--memory", "512M", grub_cfg=menu)
    machine.expect("boot: done", timeout=60)
    panic(machine)
    text = screen.wait(machine, screen.cells, r"panic: asked for at the console: halted$")
    check_report(text, "asked for at the console", cpus=2)


def test_report_under_the_other_vendors_hardware(tmp_path):
    """In Bochs: the CPU of a guest is stopped at its next exit."""
    config = tmp_path / "guests.conf"
    config.write_text(guest_section("canary", "canary", more="affinity = 1"))
    iso = make_iso(tmp_path, [Module(config, "config"),
                              Module(BUILD / "guest/canary.elf", "canary")])
    with BochsMachine.boot_iso("test_panic_bochs", iso, "--cpus", "2",
                               model="corei7_skylake_x") as machine:
        machine.expect("CANARY ready", timeout=120)
        report = panic(machine)
        check_report(report, "asked for at the console", cpus=2)
        assert trace(report)[:2] == ["panic", "commands_machine_panic"]
