# SPDX-License-Identifier: BSD-2-Clause
"""The results of test guests (tests/guest/lib/report.h), and the failures of the emulators."""

import re

LINE = re.compile(r"^(PASS|FAIL|SKIP) (\d+) (.*)$")
# A measured value stands in parentheses at the end of a name.
MEASURED = re.compile(r" \([^()]*\)$")
# Everything before the detail is the test's name. No name contains ': got'.
DETAIL = re.compile(r": got (?:0x[0-9a-f]+|false|vector -?\d+ ).*$")

# Instructions that QEMU's TCG executes unlike the manuals. The failures show
# bare and under a hypervisor alike. Seen with QEMU 7.2.
QEMU = {
    "exceptions": {
        "non-canonical stack access",  # #GP instead of #SS
        "SSE divide by zero",          # unmasked SIMD exceptions are not raised
        "INT 0x80 in ring 3",          # error code computed with vector * 16
        "unaligned in ring 3",         # no alignment checks
        "#PF reserved bit",            # error code without P
    },
    "apic": {
        "reserved bits of CR8 that do not fault",
    },
    "sti": {
        "STI; PAUSE: taken after the instruction",
    },
    "msr": {
        "LSTAR non-canonical faults",
        "CSTAR non-canonical faults",
        "FS_BASE non-canonical faults",
        "GS_BASE non-canonical faults",
        "KERNEL_GS_BASE non-canonical faults",
    },
}

# Faults of QEMU's own devices and MSRs. These checks must pass under Ashlar.
# A name that ends in '*' stands for all names that begin so.
QEMU_BARE = {
    "cpuid": {
        "MSR TSC_DEADLINE is as CPUID says",
        "APIC bit back",
    },
    "apic": {
        # At times a CPU is not up in time after INIT and SIPI.
        "SIPI starts it",
        "the second SIPI does nothing",
        "after INIT and SIPI: *",
        # At times interrupts of the BIOS.
        "xAPIC: no NMI from delivery mode 3",
        "8259: IRR shows a masked request",
        # One IA32_APIC_BASE for all CPUs, which keeps every value and never faults.
        "IA32_APIC_BASE after off to xAPIC",
        "IA32_APIC_BASE after xAPIC to xAPIC",
        "CPUID.APIC after off to xAPIC",
        "CPUID.APIC after xAPIC to xAPIC",
        "off to EXTD alone faults",
        "xAPIC to EXTD alone faults",
        "reserved bits of IA32_APIC_BASE that do not fault",
        "x2APIC MSRs that can be read *",
        "after INIT and SIPI: IA32_APIC_BASE",
        "after INIT and SIPI: cs",  # the second SIPI counts
        # Disabling and enabling resets nothing.
        "off and on: *",
        "xAPIC: reset value of L*",
        "last CPU, xAPIC: reset value of L*",
        # Software-disabling masks no entry and stops no message.
        "xAPIC: software disable masks entry *",
        "xAPIC: entry *",
        "xAPIC: software enable unmasks nothing",
        "xAPIC: sent to a software-disabled APIC is lost",
        # Reserved bits can be written, widths other than 32 bits read 0.
        "xAPIC: ICR*",
        "xAPIC: LVT *",
        "last CPU, xAPIC: ICR*",
        "last CPU, xAPIC: LVT *",
        "TPR read with *",
        "LDR's top byte read by itself",
        # The ESR is not latched, reports no illegal vector, and has no interrupt.
        "xAPIC: no error from registers that exist",
        "last CPU, xAPIC: no error from registers that exist",
        "ESR *",
        "xAPIC error interrupt: who got it",
        "xAPIC: ESR *",
        "xAPIC: IRR after *",
        "xAPIC: an LVT entry with an illegal vector is an error as well",
        # A level IPI sets TMR; broadcasts reach no cluster; only the first alias gets messages.
        "xAPIC: TMR after an IPI",
        "LDR as reset, logical f0 to ff: delivered wrongly",
        "cluster, *",
        "flat and cluster, *",
        "IDs aliased, *",
        "one ID for all, *",
        "lowest priority*",
        "IOAPIC: lowest priority to all, taken once",
        "IOAPIC logical: who got it",
        # I/O APIC and 8259s.
        "IOAPIC: entries whose *",
        "IOAPIC edge, masked when it came: who got it",
        "IOAPIC level*",
        "IOAPIC: directed EOI ends remote IRR",
        "IOAPIC active low*",
        "8259: IRR when the line has fallen",
        "LINT0 fixed: no acknowledge of the 8259s",
        "8259s through the I/O APIC *",
        "8259s while the APIC is off",
        # The page keeps its address for every CPU.
        "cpu *",
        "each has its own TPR there",
        "a self IPI from registers over RAM waits",
        "xAPIC self IPI from registers over RAM: who got it",
    },
    "ipi": {
        "xAPIC: illegal vector seen in ESR",
        "xAPIC: illegal vector is not delivered",
    },
    "msr": {
        "RDMSR 0x*",
        "WRMSR 0x*",
        "EFER reserved bit *",
        "EFER.LME cannot change under paging",
        "PAT entry *",
        "PAT unchanged by writes that fault",
        "TSC MSR follows RDTSC",
        "TSC can be set back",
        "TSC goes on from what was written",
        "TSC is not beyond it",
        "APIC_BASE *",
        "x2APIC without enable faults",
        "x2APIC mode without the feature faults",
        "x2APIC MSR in xAPIC mode faults",
    },
}


def is_expected(name, *tables):
    for names in tables:
        for known in names:
            if name == known or (known.endswith("*") and name.startswith(known[:-1])):
                return True
    return False


def failures(text):
    """{name: line} of all FAIL lines."""
    found = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match and match.group(1) == "FAIL":
            found[DETAIL.sub("", match.group(3))] = line
    return found


def check(text, guest, *tables):
    """Asserts that the guest has ended, with no failures but those in the tables."""
    done = re.search(r"^DONE (\d+) (\d+)$", text, re.MULTILINE)
    assert done, f"{guest} has not come to its end"
    assert int(done.group(1)) > 0, f"{guest} has tested nothing"
    known = [table.get(guest, ()) for table in tables]
    ours = [line for name, line in failures(text).items() if not is_expected(name, *known)]
    assert not ours, f"{guest}:\n" + "\n".join(ours)


# Lines that differ between backends are left out of the comparison, but their
# numbers stay. Only lines that QEMU's CPU gets wrong differ.
DIFFERENCES = QEMU


def lines(text, guest):
    """The guest's results, [(number, verdict, name)], that are the same on all backends."""
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            verdict, number, name = match.groups()
            name = MEASURED.sub("", DETAIL.sub("", name))
            if not is_expected(name, DIFFERENCES.get(guest, ())):
                found.append((number, verdict, name))
    return found
