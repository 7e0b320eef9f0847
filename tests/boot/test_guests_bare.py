# SPDX-License-Identifier: BSD-2-Clause
"""Control runs: the test guests on QEMU itself. A failure only under Ashlar is Ashlar's."""

import pytest
import results
from machine import BUILD, Machine

pytestmark = pytest.mark.guest

GUESTS = ["apic", "cpuid", "exceptions", "hlt_timer", "ipi", "isolation", "mmio", "modes", "msr",
          "ports", "smp", "step", "sti"]
MANY_CPUS = {"apic": 2, "ipi": 4, "smp": 4}


@pytest.mark.parametrize("guest", GUESTS)
def test_bare(guest):
    kernel = BUILD / "guest" / f"{guest}.elf"
    with Machine.boot_kernel(f"bare-{guest}", kernel, smp=MANY_CPUS.get(guest, 1)) as machine:
        machine.expect(r"DONE \d+ (\d+)", timeout=120)
        status = machine.wait_exit()
        results.check(machine.text(), guest, results.QEMU, results.QEMU_BARE)
        # isa-debug-exit: QEMU's status is value << 1 | 1.
        assert status == (3 if results.failures(machine.text()) else 1)


def test_bare_triple_fault():
    with Machine.boot_kernel("bare-triple", BUILD / "guest/triple.elf") as machine:
        machine.expect("PASS 1 about to triple-fault", timeout=60)
        assert machine.wait_exit() == 0
        assert "alive after" not in machine.text()
