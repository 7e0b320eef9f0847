# SPDX-License-Identifier: BSD-2-Clause
"""memtype =: the effects of a guest's MTRRs, PAT and CR0.CD on its memory, seen from outside."""

import struct

import pytest
from conftest import both_vendors, guest_section, linux_section
from test_linux import SHELL

pytestmark = pytest.mark.boot

PAGE, MIB = 4096, 1 << 20
FIRST = 8 * MIB  # tests/guest/retype.c
PROBES = [0x1000, 0x80000, 0x84000, FIRST, FIRST + 3 * PAGE, FIRST + 4 * PAGE, FIRST + 2 * MIB,
          FIRST + 4 * MIB - PAGE, FIRST + 4 * MIB, 63 * MIB]
# The memory that is not WB, for each state of tests/guest/retype.c.
PAGE_3 = {FIRST + 3 * PAGE: "WP"}
SECOND = {FIRST + 2 * MIB: "WT", FIRST + 4 * MIB - PAGE: "WT"}
STATES = [{}, PAGE_3, {**PAGE_3, **SECOND}, {**PAGE_3, **SECOND, 0x80000: "WC"},
          dict.fromkeys(PROBES, "UC"), {}, {}, {}]
# The PAT of reset, and the result for each type of MTRR (SDM and APM agree, but for WP's UC-).
PAT = ["WB", "WT", "UC-", "UC"] * 2
EFFECTIVE = {
    "WB": ["WB", "WT", "UC", "UC"] * 2,
    "WT": ["WT", "WT", "UC", "UC"] * 2,
    "WC": ["WC", "UC", "WC", "UC"] * 2,
    "UC": ["UC"] * 8,
}


def leaf_type(entry, level, vendor):
    """The type by the entry alone: EPT's type field; or PAT, PCD and PWT with Ashlar's PAT."""
    if vendor == "vmx":
        return {0: "UC", 1: "WC", 4: "WT", 5: "WP", 6: "WB"}[entry >> 3 & 7]
    pat = entry >> (7 if level == 1 else 12) & 1
    return ["WB", "WT", "UC-", "UC", "WC", "WP"][pat << 2 | entry >> 3 & 3]


def in_memory(machine, step, gpa, tmp_path):
    """The entry in the machine's memory."""
    at = int(step["table"], 16) + 8 * (gpa >> 12 + 9 * (step["level"] - 1) & 511)
    machine.hmp(f'pmemsave {at} 8 "{tmp_path / "entry"}"')
    return struct.unpack("<Q", (tmp_path / "entry").read_bytes())[0]


def vendor_of(model):
    return "vmx" if model else "svm"


def check_state(machine, expected, vendor, tmp_path):
    for gpa in PROBES if vendor == "svm" else PROBES[1::4]:  # a console on Bochs is slow
        want = expected.get(gpa, "WB")
        said = machine.json(f"mem type guest {gpa:#x}")
        assert said["guest_mtrr"] == want and said["type"] == want and said["host_mtrr"] == "WB"
        assert [row["type"] for row in said["pat"]] == PAT
        if want in EFFECTIVE:
            assert [row["effective"] for row in said["pat"]] == EFFECTIVE[want]
        step = machine.json(f"mem walk guest {gpa:#x}")["entries"][-1]
        entry = int(step["entry"], 16)
        assert leaf_type(entry, step["level"], vendor) == want, hex(gpa)
        if vendor == "svm":
            assert in_memory(machine, step, gpa, tmp_path) == entry


@both_vendors
def test_memory_follows_mtrrs(boot, tmp_path, options, model):
    """Another vCPU uses the memory all the while, and one sleeps."""
    vendor = vendor_of(model)
    apic = "apic = accelerate" if model else ""  # the views of its vCPUs must change too
    machine = boot(guest_section("guest", "retype", cpus=2, more=f"memtype = mtrr\n{apic}"),
                   *options, model=model)
    machine.expect("RETYPE state 0", timeout=60)
    born = machine.json("mem map guest")["runs"]
    for state, expected in enumerate(STATES):
        machine.expect_text(f"RETYPE state {state}")
        check_state(machine, expected, vendor, tmp_path)
        if not expected:
            assert machine.json("mem map guest")["runs"] == born
        machine.console("guest")
        machine.send("n")
    machine.expect(r"DONE \d+ 0\b", timeout=60)


@both_vendors
def test_wb_is_wb_whatever_the_guest_says(boot, options, model):
    machine = boot(guest_section("guest", "retype", cpus=2, more="memtype = wb"),
                   *options, model=model)
    for state in range(2):
        machine.expect_text(f"RETYPE state {state}")
        said = machine.json(f"mem type guest {FIRST + 3 * PAGE:#x}")
        assert said["guest_mtrr"] == ["WB", "WP"][state] and said["type"] == "WB"
        assert said["ignore_pat"] == (vendor_of(model) == "vmx")
        assert [row["effective"] for row in said["pat"]] == ["WB"] * 8
        machine.console("guest")
        machine.send("n")


def test_mem_type_of_nothing(boot):
    machine = boot(guest_section("guest", "canary") + guest_section("off", "canary", more="autostart = no"),
                   "--smp", "1")
    machine.expect("CANARY ready", timeout=60)
    for command, words in (("mem type guest 0xa0000", "nothing is mapped there"),
                           ("mem type guest 0xfffffffffffff000", "nothing is mapped there"),
                           ("mem type guest", "usage"), ("mem type off 0", "it has no memory")):
        machine.refuses(command, words)


@pytest.mark.parametrize("policy, leaf", [("mtrr", "WC"), ("pat", "WB")])
def test_linux_sets_mtrrs(boot, policy, leaf):
    """Linux changes MTRRs by /proc/mtrr: on all vCPUs at once, with caches off meanwhile."""
    machine = boot(linux_section("linux", 2, more=f"memtype = {policy}"))
    machine.expect(SHELL, timeout=120)
    machine.send("echo base=0x4000000 size=0x400000 type=write-combining >/proc/mtrr\r")
    machine.expect(SHELL)
    machine.send("cat /proc/mtrr\r")
    machine.expect("base=0x004000000.*write-combining")
    said = machine.json("mem type linux 0x4123000")
    assert (said["guest_mtrr"], said["type"]) == ("WC", leaf)
    assert machine.json("mem type linux 0x4400000")["type"] == "WB"
    machine.console("linux")
    machine.send("echo disable=1 >/proc/mtrr; nproc\r")
    machine.expect(r"\n2\r")
    assert machine.json("mem type linux 0x4123000")["type"] == "WB"
