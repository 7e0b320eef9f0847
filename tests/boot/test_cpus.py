# SPDX-License-Identifier: BSD-2-Clause
"""CPUs that differ, or cannot run guests: what is said, and what goes on without them."""

import re

import pytest
from conftest import guest_section

pytestmark = pytest.mark.boot


def start(boot, cmdline="", cpus=4, cpu="EPYC,+svm,+npt"):
    return boot(guest_section("smp", "smp", cpus=2), "--smp", str(cpus), "--accel", "tcg",
                cmdline=cmdline, qemu=("-cpu", cpu))


def states(machine):
    listed = machine.must("cpu list", timeout=60)
    return [re.search(rf"^cpu{n} .*?(online|parked|dead)", listed, re.MULTILINE).group(1)
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
