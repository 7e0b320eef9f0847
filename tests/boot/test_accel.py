# SPDX-License-Identifier: BSD-2-Clause
"""Hardware runs the APICs, on Intel VMX in Bochs, and no guest sees a difference."""

import re

import pytest
from bochs import BochsMachine
from conftest import guest_section
from machine import BUILD, Module, make_iso

pytestmark = pytest.mark.boot

ABLE = "corei7_skylake_x"         # has all features
UNABLE = "corei5_arrandale_m520"  # has neither APIC registers nor interrupt delivery
POSTED = 1 << 7  # "process posted interrupts"
FREE = 100  # instructions: an exit takes more


@pytest.fixture
def run(tmp_path):
    """run(guest, apic): this test guest's output until its end."""

    def start(guest, apic, model=ABLE, cpus=2, end=r"DONE \d+ \d+\r", commands=()):
        config = tmp_path / "guests.conf"
        config.write_text(guest_section("test", guest, cpus=cpus, more=f"apic = {apic}"))
        iso = make_iso(tmp_path, [Module(BUILD / f"guest/{guest}.elf", guest),
                                  Module(config, "config")])
        with BochsMachine.boot_iso(f"apic-{guest}-{apic}", iso, "--cpus", str(cpus),
                                   model=model) as machine:
            machine.expect(end, timeout=300)
            if commands:
                machine.expect("test: exit code 0")
            return machine.text() if not commands else [machine.must(each) for each in commands]

    return start


def test_no_exit_for_priority_eoi_and_self_ipi(run):
    def costs(apic):
        return {name: int(ticks) for name, ticks in
                re.findall(r"^BENCH (\S+) (\d+)", run("bench", apic), re.MULTILINE)}

    emulated, accelerated = costs("emulate"), costs("accelerate")
    for operation in "apic-read", "apic-write", "eoi", "self-ipi":
        assert emulated[operation] > 10 * FREE
        assert accelerated[operation] < FREE, operation
    assert accelerated["ipi-other"] < emulated["ipi-other"] / 2


def test_what_is_posted_ends_no_run(run):
    """A thousand interrupts to a vCPU that spins: posted ones cause no exit, others one each."""
    cpu, exits = run("posted", "accelerate", commands=("cpu show 0", "exits test"))
    controls = int(re.search(r"IA32_VMX_TRUE_PINBASED +(0x\w+)", cpu).group(1), 16)
    interrupts = int(re.search(r"interrupt +(\d+)", exits).group(1))
    if controls >> 32 & POSTED:  # Bochs 3.0 and later
        assert interrupts < 500
    else:
        assert interrupts >= 1000


def test_what_is_missing_is_named(run):
    text = run("smp", "accelerate", model=UNABLE, end=r"use auto or emulate")
    assert re.search(r"test: apic = accelerate: .*'APIC-register virtualization'.* missing", text)
