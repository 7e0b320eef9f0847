# SPDX-License-Identifier: BSD-2-Clause
"""APICs that hardware runs, on Intel VMX in Bochs: that it is so, and that no guest can tell."""

import re

import pytest
from bochs import BochsMachine
from conftest import guest_section
from machine import BUILD, Module, make_iso

pytestmark = pytest.mark.boot

ABLE = "corei7_skylake_x"         # all of it
UNABLE = "corei5_arrandale_m520"  # neither APIC registers nor interrupt delivery
FREE = 100  # instructions: more is an exit


@pytest.fixture
def run(tmp_path):
    """run(guest, apic): what this test guest says to its end."""

    def start(guest, apic, model=ABLE, cpus=2, end=r"DONE \d+ \d+\r"):
        config = tmp_path / "guests.conf"
        config.write_text(guest_section("test", guest, cpus=cpus, more=f"apic = {apic}"))
        iso = make_iso(tmp_path, [Module(BUILD / f"guest/{guest}.elf", guest),
                                  Module(config, "config")])
        with BochsMachine.boot_iso(f"apic-{guest}-{apic}", iso, "--cpus", str(cpus),
                                   model=model) as machine:
            machine.expect(end, timeout=300)
            return machine.text()

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


def test_what_is_missing_is_named(run):
    text = run("smp", "accelerate", model=UNABLE, end=r"use auto or emulate")
    assert re.search(r"test: apic = accelerate: .*'APIC-register virtualization'.* missing", text)
