# SPDX-License-Identifier: BSD-2-Clause
"""CPUs that differ, or cannot run guests: the messages, and the system without these CPUs."""

import re
import time

import pytest
from conftest import both_vendors, guest_section, linux_section

pytestmark = pytest.mark.boot


def start(boot, cmdline="", cpus=4, cpu="EPYC,+svm,+npt"):
    return boot(guest_section("smp", "smp", cpus=2), "--smp", str(cpus), "--accel", "tcg",
                cmdline=cmdline, qemu=("-cpu", cpu))


def states(machine):
    listed = machine.must("cpu list", timeout=60)
    return [re.search(rf"^cpu{n} .*?(online|offline|parked|dead)", listed, re.MULTILINE).group(1)
            for n in range(len(re.findall(r"^cpu\d+ ", listed, re.MULTILINE)))]


@pytest.mark.parametrize("number, field, words", [
    (3, "IA32_MTRR_DEF_TYPE", "0x406 differs from cpu0 0xc06 (missing: MTRRs on)"),
    (1, "CPUID.7.0.EBX", "(missing: CLFLUSHOPT)"),
    (2, "TSC_KHZ", "differs from cpu0"),
    (1, "VM_CR", "0x2 differs from cpu0 0x0 (extra: R_INIT)"),
])
def test_a_cpu_that_differs_is_parked(boot, number, field, words):
    machine = start(boot, f"test-mismatch={number}:{field}")
    machine.expect(re.escape(f"cpu{number}: parked: {field}") + ".*" + re.escape(words),
                   timeout=60)
    machine.expect("DONE 12 0", timeout=120)
    assert states(machine) == ["parked" if n == number else "online" for n in range(4)]


@pytest.mark.parametrize("number, field, words", [
    (2, "IA32_MTRR_DEF_TYPE", "cpu0's is set here too"),
    (1, "CPUID.7.0.EBX", "(missing: CLFLUSHOPT): guests get what both have"),
    (3, "XCR0", "(missing: AVX): guests get what both have"),
    (1, "MAXPHYADDR", "39 differs from cpu0 40: the smaller counts"),
])
def test_cpus_work_on_what_they_have_in_common(boot, number, field, words):
    machine = start(boot, f"test-mismatch={number}:{field} cpu-mismatch=common")
    machine.expect(re.escape(f"cpu{number}: {field}") + ".*" + re.escape(words), timeout=60)
    machine.expect("DONE 12 0", timeout=120)
    assert states(machine) == ["online"] * 4


def test_nothing_in_common_parks_all_the_same(boot):
    machine = start(boot, "test-mismatch=1:CPUID.0.EBX cpu-mismatch=common")
    machine.expect(r"cpu1: parked: CPUID\.0\.EBX 0x\w+ differs from cpu0 0x68747541", timeout=60)
    machine.expect("DONE 12 0", timeout=120)


@pytest.mark.parametrize("cpu, words", [
    ("EPYC,-svm", r"neither VMX \(.*\) nor SVM"),
    ("EPYC,+svm,-npt", r"no nested paging \(CPUID 8000_000A EDX bit 0 is clear\)"),
])
def test_a_machine_that_cannot_run_guests_still_talks(boot, cpu, words):
    machine = start(boot, cpus=2, cpu=cpu)
    machine.expect(words, timeout=60)
    machine.expect("smp: this machine cannot run guests", timeout=60)
    assert states(machine) == ["online"] * 2


SHELL = r"guest:\S* ?# "
EFER_SVME = 1 << 12


def has_svm_on(machine, number):
    """QEMU's own view of a CPU."""
    machine.hmp(f"cpu {number}")
    efer = re.search(r"EFER=([0-9a-f]+)", machine.hmp("info registers")).group(1)
    return bool(int(efer, 16) & EFER_SVME)


def ask_guest(machine, number, command, pattern):
    """Runs one command on one of the guest's vCPUs. Returns the match of its answer."""
    machine.console("linux")
    machine.send("\r")
    machine.expect(SHELL)
    machine.send(f"taskset {1 << number:x} {command}\r")
    match = machine.expect(pattern, timeout=30)
    machine.expect(SHELL)
    return match


def check_guest(machine, since):
    """Checks that both vCPUs answer and that the guest's time goes on. Returns its uptime."""
    for vcpu in range(2):
        ask_guest(machine, vcpu, "echo $((6 * 7))", r"\n42\r")
        uptime = float(ask_guest(machine, vcpu, "cat /proc/uptime", r"\n(\d+\.\d+) ").group(1))
        assert uptime > since
        since = uptime
    return since


def test_a_guest_runs_on_while_its_cpus_come_and_go(boot):
    machine = boot(linux_section("linux", 2), "--smp", "3", "--accel", "tcg")
    machine.expect(SHELL, timeout=120)
    uptime = check_guest(machine, 0)
    for number in (0, 1, 2, 0, 2, 1):
        machine.must(f"cpu offline {number}")
        assert states(machine) == ["offline" if n == number else "online" for n in range(3)]
        assert [has_svm_on(machine, n) for n in range(3)] == [n != number for n in range(3)]
        uptime = check_guest(machine, uptime)
        machine.must(f"cpu online {number}")
        assert states(machine) == ["online"] * 3
        assert has_svm_on(machine, number)
    ask_guest(machine, 1, "sh -c 'sleep 1; echo slept'", r"\nslept\r")
    check_guest(machine, uptime + 1)


def test_a_paused_guest_moves_and_stays_paused(boot):
    machine = boot(linux_section("linux", 2), "--smp", "2", "--accel", "tcg")
    machine.expect(SHELL, timeout=120)
    uptime = check_guest(machine, 0)
    machine.must("vm pause linux")
    begun = time.monotonic()
    for number in (0, 1):
        machine.must(f"cpu offline {number}")
        assert re.search("linux +paused", machine.must("vm list"))
        machine.must(f"cpu online {number}")
    exits = machine.must("exits linux")
    time.sleep(10)
    assert machine.must("exits linux") == exits
    paused = time.monotonic() - begun
    machine.must("vm resume linux")
    assert check_guest(machine, uptime) < uptime + time.monotonic() - begun - 0.8 * paused


@both_vendors
def test_registers_travel_with_a_vcpu(boot, options, model):
    """Three vCPUs on two CPUs are moved before they start, and while they run side by side."""
    machine = boot(guest_section("guest", "travel", cpus=3), *options, model=model)
    machine.expect("TRAVEL waits", timeout=60)
    for number in (0, 1):  # two of the three wait for their startup IPI
        machine.must(f"cpu offline {number}")
        machine.must(f"cpu online {number}")
    machine.console("guest")
    machine.send("s")
    machine.expect("TRAVEL begins")
    for number in (0, 1, 0, 1, 0):
        machine.must(f"cpu offline {number}")
        machine.must(f"cpu online {number}")
    machine.console("guest")
    machine.send("e")
    machine.expect(r"DONE 22 0\b")


def test_what_cannot_go_offline_says_why(boot):
    config = (guest_section("bound", "canary", more="affinity = 1-2")
              + guest_section("late", "smp", cpus=2, more="autostart = no"))
    machine = boot(config, "--smp", "4", "--accel", "tcg", cmdline="test-mismatch=3:VM_CR")
    machine.expect("CANARY ready", timeout=60)

    for number in ("4", "x", "-1", "4294967296"):
        machine.refuses(f"cpu offline {number}", f"no CPU '{number}'")
        machine.refuses(f"cpu online {number}", f"no CPU '{number}'")
    machine.refuses("cpu offline", "usage")
    machine.refuses("cpu online 0", "cpu0 is online")
    for command in ("cpu offline 3", "cpu online 3"):
        machine.refuses(command, r"cpu3 is parked: VM_CR 0x2 differs from cpu0 0x0 \(extra: R_INIT\)")
    machine.must("cpu offline 1")
    machine.refuses("cpu offline 1", "cpu1 is offline")
    machine.refuses("cpu offline 2", "vCPU 0 of bound may run on no other CPU.*widen its affinity")
    machine.must("cpu offline 0")
    machine.refuses("cpu offline 2", "cpu2 is the last CPU that is online")
    assert states(machine) == ["offline", "offline", "online", "parked"]
    shown = machine.must("cpu show 2")
    assert re.search(r"(?m)^state +online\r?$", shown) and re.search("vCPU 0 +bound", shown)
    assert re.search(r"(?m)^why +VM_CR 0x2 differs", machine.must("cpu show cpu3"))
    assert re.search(r"(?m)^virtualization +off\r?$", machine.must("cpu show 0"))
    machine.must("vm start late")
    machine.expect("late: exit code 0", timeout=60)
    machine.must("cpu online 1")
    machine.must("cpu offline 2")
    assert states(machine) == ["offline", "online", "offline", "parked"]
    assert [has_svm_on(machine, n) for n in range(4)] == [False, True, False, False]


@pytest.mark.parametrize("mode, field, words", [
    ("park", "TSC_KHZ", "differs from cpu0"),
    ("common", "CPUID.7.0.EBX", "missing: CLFLUSHOPT.*, and guests were promised it"),
])
def test_a_cpu_that_comes_back_different_is_parked(boot, mode, field, words):
    machine = start(boot, f"test-mismatch=1:{field},later cpu-mismatch={mode}", cpus=2)
    machine.expect("smp: exit code 0", timeout=120)
    assert states(machine) == ["online"] * 2
    machine.must("cpu offline 1")
    machine.refuses("cpu online 1", f"cpu1: parked: {field} .*{words}")
    assert states(machine) == ["online", "parked"]
    assert not has_svm_on(machine, 1)
    machine.must("vm start smp")
    machine.expect("smp: exit code 0", timeout=60)
