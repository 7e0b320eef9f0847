# SPDX-License-Identifier: BSD-2-Clause
"""The test guests under Ashlar: every guest on every backend, and a comparison of their logs."""

import time

import pytest
import results
from backends import BACKENDS, CPUS, Runner, exit_code
from conftest import guest_section

pytestmark = pytest.mark.guest

GUESTS = ["apic", "cpuid", "exceptions", "hlt_timer", "ipi", "isolation", "mmio", "modes", "msr", "ports",
          "smp", "step", "sti"]
FAST = {("qemu-svm", "cpuid"), ("qemu-svm", "step")}
REFERENCE, *OTHERS = BACKENDS


def cases(backends):
    """One group: one process runs them, so that each backend boots once."""
    return [pytest.param(backend, guest, id=f"{backend}-{guest}",
                         marks=[pytest.mark.xdist_group("guests"),
                                *([pytest.mark.fast] if (backend, guest) in FAST else []),
                                *([pytest.mark.bochs] if BACKENDS[backend].model else [])])
            for backend in backends for guest in GUESTS
            if guest not in BACKENDS[backend].left_out]


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """runner(backend): the Runner. One machine exists at a time: idle ones cost as much."""
    runners = {}

    def of(backend):
        if backend not in runners:
            runners[backend] = Runner(backend, GUESTS, tmp_path_factory.mktemp(backend))
        for name, other in runners.items():
            if name != backend:
                other.end()
        return runners[backend]

    yield of
    for each in runners.values():
        each.end()


@pytest.mark.parametrize("backend, guest", cases(BACKENDS))
def test_guest(runner, record_property, backend, guest):
    record_property("matrix", [guest, backend])
    if guest in BACKENDS[backend].endless:
        pytest.skip(BACKENDS[backend].endless[guest])
    text = runner(backend).run(guest)
    try:
        results.check(text, guest, BACKENDS[backend].failures)
        assert exit_code(text, guest) == bool(results.failures(text))
    except AssertionError:
        runner(backend).forget(guest)
        raise


@pytest.mark.parametrize("backend, guest", cases(OTHERS))
def test_guest_says_the_same(runner, backend, guest):
    """Each line is as on the first backend, except those in results.DIFFERENCES."""
    for table in (BACKENDS[backend].endless, BACKENDS[backend].one_cpu):
        if guest in table:
            pytest.skip(table[guest])
    known = BACKENDS[backend].failures.get(guest, ())
    want, got = ([line for line in results.lines(runner(name).run(guest), guest)
                  if line[2] not in known] for name in (REFERENCE, backend))
    assert len(want) > 1
    assert got == want


def test_an_emulator_that_is_stopped_adds_no_interrupt(boot):
    """QEMU's threads interrupt each other: an event in delivery must be delivered once."""
    machine = boot(guest_section("test", "long_handler"), "--smp", "1", "--memory", "512M")
    machine.expect("HANDLER begins", timeout=60)
    for _ in range(40):
        machine.hmp("stop")
        machine.hmp("cont")
        time.sleep(0.02)
    check_one(machine, "long_handler")


@pytest.mark.parametrize("guest", ["ipi", "smp", "hlt_timer"])
def test_guest_with_more_vcpus_than_cpus(boot, guest):
    machine = boot(guest_section("test", guest, cpus=2 * CPUS), "--smp", "1", "--memory", "512M")
    check_one(machine, guest)


@pytest.mark.parametrize("guest", ["smp", "cpuid"])
def test_guest_on_one_cpu(boot, guest):
    machine = boot(guest_section("test", guest), "--smp", "1", "--memory", "512M")
    check_one(machine, guest)


def check_one(machine, guest):
    machine.expect(r"test: exit code \d+", r"test: crashed[^\r\n]*", timeout=90)
    text = machine.text()
    results.check(text, guest, results.QEMU)
    assert exit_code(text, "test") == bool(results.failures(text))
