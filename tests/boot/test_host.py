# SPDX-License-Identifier: BSD-2-Clause
"""The machine below: CPUs, and the hypervisor's page tables seen from outside."""

import re
import struct

import pytest
from conftest import guest_section

pytestmark = pytest.mark.boot

PAGE = 4096
LARGE = 512 * PAGE
SIGNATURE = b"ASHLAR-CANARY-PG"
IDLE = "# no guest\n"


@pytest.mark.parametrize("cpus", [1, 2, 4, 64])
def test_every_cpu_comes_up(boot, cpus):
    machine = boot(IDLE, "--smp", str(cpus), "--memory", "1G")
    machine.expect("boot: done", timeout=120)
    listed = machine.must("cpu list", timeout=60)
    assert len(re.findall(r"^cpu\d+ .*online", listed, re.MULTILINE)) == cpus


def host_mappings(machine):
    """[(virtual, physical, size, flags)] of the tables that CPU 0 has loaded."""
    # QEMU's letters: X no-execute, G global, P page size, D, A, C, T, U user, W writable.
    rows = re.findall(r"^([0-9a-f]{16}): ([0-9a-f]{16}) ([XGPDACTUW-]{9})$",
                      machine.hmp("info tlb"), re.MULTILINE)
    assert rows, "the monitor shows no mapping"
    return [(int(virtual, 16), int(physical, 16), LARGE if "P" in flags else PAGE, flags)
            for virtual, physical, flags in rows]


def test_no_page_is_writable_and_executable(boot):
    machine = boot(IDLE, "--smp", "1", "--memory", "512M")
    machine.expect("boot: done", timeout=60)
    mappings = host_mappings(machine)
    both = [row for row in mappings if "W" in row[3] and "X" not in row[3]]
    assert not both, [f"{row[0]:#x} {row[3]}" for row in both]
    assert any("X" not in row[3] for row in mappings), "no code at all: these are not the tables"
    assert not [row for row in mappings if "U" in row[3]]


def signed_pages(dump):
    """Physical addresses of pages that begin with the canary's signature."""
    data = dump.read_bytes()
    return {at for at in range(0, len(data), PAGE) if data.startswith(SIGNATURE, at)}


def test_no_guest_page_is_in_the_hosts_tables(boot, tmp_path):
    machine = boot(guest_section("canary", "canary", memory="64M"), "--smp", "1",
                   "--memory", "256M")
    machine.expect("CANARY ready", timeout=60)
    machine.must("vm pause canary")  # now CPU 0 stays in the hypervisor
    mapped = set()
    for _, physical, size, _ in host_mappings(machine):
        mapped.update(range(physical, physical + size, PAGE))
    dump = tmp_path / "memory"
    machine.hmp(f'pmemsave 0 {256 << 20} "{dump}"')
    guest = signed_pages(dump)
    assert len(guest) > 12 * 1024, "the canary has signed its memory"
    assert not guest & mapped, sorted(hex(at) for at in guest & mapped)[:8]


def test_memory_is_where_the_console_says(boot, tmp_path):
    machine = boot(guest_section("canary", "canary", memory="64M"), "--smp", "1",
                   "--memory", "256M")
    machine.expect("CANARY ready", timeout=60)
    machine.must("vm pause canary")
    dump = tmp_path / "memory"
    machine.hmp(f'pmemsave 0 {256 << 20} "{dump}"')
    data = dump.read_bytes()
    runs = machine.json("mem map canary")["runs"]
    place = {int(run["start"], 16) + at: int(run["host"], 16) + at
             for run in runs for at in range(0, run["kib"] << 10, PAGE)}
    # The guest has signed all its memory above 4 MiB. It does not know host addresses.
    signed = {place[gpa] for gpa in place if gpa >= 4 << 20}
    assert signed == signed_pages(dump)
    assert len(signed) == (64 - 4) << 8
    for gpa in (0, 0x80000, 0x5000123):
        if gpa - gpa % PAGE not in place:
            assert not machine.json(f"mem walk canary {gpa:#x}")["mapped"]
            continue
        walk = machine.json(f"mem walk canary {gpa:#x}")
        assert int(walk["host"], 16) == place[gpa - gpa % PAGE] + gpa % PAGE
        for step, entry in enumerate(walk["entries"]):
            level = entry["level"]
            index = gpa >> 12 + 9 * (level - 1) & 511
            value = struct.unpack_from("<Q", data, int(entry["table"], 16) + 8 * index)[0]
            assert value == int(entry["entry"], 16), f"level {level}"
    assert "error" in machine.json("mem walk canary 0xffffffffffff000", ok=False)
    extents = machine.json("mem dump")["extents"]
    owner = {at: row["owner"] for row in extents
             for at in range(int(row["start"], 16), int(row["end"], 16), PAGE)}
    assert {owner[at] for at in signed} == {"canary"}
    machine.must("vm kill canary")
    machine.expect("canary: killed")
    assert not machine.shell("mem map canary")[0]


def test_freed_guest_memory_is_zeroed(boot, tmp_path):
    machine = boot(guest_section("canary", "canary", memory="64M"), "--smp", "1",
                   "--memory", "256M")
    machine.expect("CANARY ready", timeout=60)
    machine.must("vm kill canary")
    machine.expect("canary: killed")
    machine.must("vm list")
    dump = tmp_path / "memory"
    machine.hmp(f'pmemsave 0 {256 << 20} "{dump}"')
    assert not signed_pages(dump)
