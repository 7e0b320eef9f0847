# SPDX-License-Identifier: BSD-2-Clause
"""The virtual APIC: the guest that checks it, and the mapping of its page, seen from outside."""

import re

import pytest
import results
from conftest import guest_section

PAGE = 4096
MEMORY = 256 << 20
SIGNATURE = b"ASHLAR-BEHIND-APIC"
APIC = 0xfee00000
KERNEL = 0x100000
# Offsets in a VMCB (APM2 "VMCB Layout, Control Area").
ASID, NESTED_ENABLE, NESTED_CR3 = 0x58, 0x90, 0xb0
PRESENT, LARGE, ADDRESS = 1 << 0, 1 << 7, 0xffffffffff000


@pytest.mark.guest
@pytest.mark.parametrize("cpus", [1, 8])  # with two it is in the matrix (test_guests.py)
def test_to_the_manuals(boot, cpus):
    # Mostly one vCPU works and the others spin. One thread for all CPUs is the fastest way to run
    # that. The stress test of interrupts uses CPUs that run at one time (test_linux.py).
    machine = boot(guest_section("test", "apic", cpus=cpus),
                   "--accel", "tcg-single", "--smp", "4", "--memory", "512M")
    match = machine.expect(r"test: exit code (\d+)", r"test: (crashed[^\r\n]*)", timeout=240)
    if match.group(1).startswith("crashed"):
        machine.fail("".join(machine.must(f"vcpu regs test {vcpu}") for vcpu in range(cpus)))
    results.check(machine.text(), "apic", results.QEMU)
    failed = bool(results.failures(machine.text()))
    assert match.group(1) == str(int(failed)), match.group(0)


class Memory:
    """A copy of all of the machine's memory."""

    def __init__(self, machine, path):
        machine.hmp(f'pmemsave 0 {MEMORY} "{path}"')
        self.data = path.read_bytes()
        self.words = memoryview(self.data).cast("Q")  # this machine has the byte order of x86

    def u64(self, at):
        return self.words[at // 8] if at < len(self.data) else 0

    def walk(self, root, gpa):
        """The address to which these nested tables map a guest-physical address, or None."""
        table = root
        for level in (4, 3, 2, 1):
            shift = 12 + 9 * (level - 1)
            entry = self.u64(table + (gpa >> shift & 511) * 8)
            if not entry & PRESENT:
                return None
            table = entry & ADDRESS
            if level == 1 or entry & LARGE:
                return (table & -(1 << shift)) | gpa & (1 << shift) - 1
        return None

    def roots(self):
        """The vCPUs' nested tables: those that pages like VMCBs name, if they map a kernel."""
        found = set()
        enabled = self.words[NESTED_ENABLE // 8::PAGE // 8]
        for at in (page * PAGE for page, word in enumerate(enabled) if word == 1):
            root = self.u64(at + NESTED_CR3)
            if (self.u64(at + ASID) & 0xffffffff and root and root % PAGE == 0
                    and root < MEMORY and self.walk(root, KERNEL) is not None):
                found.add(root)
        return found

    def behind(self, gpa):
        """For each set of tables: True if it maps RAM at gpa, False if it maps nothing."""
        places = [self.walk(root, gpa) for root in sorted(self.roots())]
        strange = [place for place in places
                   if place is not None and not self.data.startswith(SIGNATURE, place)]
        assert not strange, "other memory than the guest's page"
        return sorted(place is not None for place in places)


@pytest.mark.boot
def test_the_page_in_the_nested_tables(boot, tmp_path):
    """A vCPU's own tables lack the page exactly while its registers have that address."""
    machine = boot(guest_section("test", "apic_page", cpus=2), "--smp", "2", "--memory", "256M")
    # The tables where the first CPU's registers hide RAM. False: the page is not mapped.
    for step, behind in [("default", [True]), ("moved", [False, True]), ("x2apic", [True]),
                         ("again", [False, True]), ("off", [True]), ("back", [True])]:
        match = machine.expect(rf"STEP {step} (\w+)\r", timeout=60)
        memory = Memory(machine, tmp_path / "memory")
        found = memory.behind(int(match.group(1), 16))
        default = [memory.walk(root, APIC) for root in memory.roots()]
        assert found == behind, step
        assert default == [None] * len(behind), step
        machine.send("x")
    machine.expect("test: exit code 0", timeout=60)
    assert not re.search("^FAIL", machine.text(), re.MULTILINE)
