# SPDX-License-Identifier: BSD-2-Clause
"""Our test guests under Ashlar."""

import pytest
import results
from conftest import guest_section

pytestmark = pytest.mark.guest

GUESTS = ["cpuid", "exceptions", "hlt_timer", "ipi", "isolation", "mmio", "modes", "msr", "ports",
          "smp", "step", "sti"]
FAST = {"cpuid", "step"}


def fast(guest):
    return pytest.param(guest, marks=pytest.mark.fast if guest in FAST else ())


def run_guest(machine, name, guest):
    """To the hypervisor's word on how the guest ended."""
    match = machine.expect(rf"{name}: exit code (\d+)", rf"{name}: (crashed[^\r\n]*)", timeout=90)
    results.check(machine.text(), guest, bare=False)
    failed = bool(results.failures(machine.text()))
    assert match.group(1) == str(int(failed)), f"{guest} ended with {match.group(0)}"


@pytest.mark.parametrize("guest", [fast(guest) for guest in GUESTS])
def test_guest(boot, guest):
    machine = boot(guest_section("test", guest, cpus=2), "--smp", "2", "--memory", "512M")
    run_guest(machine, "test", guest)


@pytest.mark.parametrize("guest", ["ipi", "smp", "hlt_timer"])
def test_guest_with_more_vcpus_than_cpus(boot, guest):
    machine = boot(guest_section("test", guest, cpus=4), "--smp", "1", "--memory", "512M")
    run_guest(machine, "test", guest)


@pytest.mark.parametrize("guest", ["smp", "cpuid"])
def test_guest_on_one_cpu(boot, guest):
    machine = boot(guest_section("test", guest), "--smp", "1", "--memory", "512M")
    run_guest(machine, "test", guest)
