# SPDX-License-Identifier: BSD-2-Clause
"""
CPUs of Bochs that cannot run guests: the log has one sentence with advice, there is
no guest, and the shell says so. test_cpus.py does the same with QEMU.
"""

import re

import pytest
from conftest import guest_section

pytestmark = [pytest.mark.boot, pytest.mark.bochs]


@pytest.mark.parametrize("model, error", [
    ("corei5_lynnfield_750",
     r"cpu0: VMX: 'unrestricted guest' is missing, which guests need: use a CPU that has it"),
    ("core2_penryn_t9600",
     r"cpu0: VMX: 'enable EPT' is missing, which guests need: use a CPU that has it"),
    ("p4_prescott_celeron_336",
     r"this CPU has neither VMX \(.*\) nor SVM \(.*\): guests need a CPU with VT-x or AMD-V"),
    ("athlon64_venice",
     r"this CPU has neither VMX \(.*\) nor SVM \(.*\): guests need a CPU with VT-x or AMD-V"),
    ("turion64_tyler",
     r"cpu0: no nested paging \(CPUID 8000_000A EDX bit 0 is clear\)"),
], ids=["no-unrestricted-guest", "no-EPT", "no-VMX", "no-SVM", "no-NPT"])
def test_refused(boot, model, error):
    machine = boot(guest_section("test", "smp", memory="16M"), "--cpus", "2", model=model)
    machine.expect(r"error: [^\r\n]*" + error, timeout=60)
    machine.expect("boot: done", timeout=60)
    machine.expect("error: test: this machine cannot run guests, see the log", timeout=60)
    assert re.search(r"^test +stopped .*never started", machine.must("vm list"), re.MULTILINE)
    assert len(re.findall(r"^cpu\d+ .*online", machine.must("cpu list"), re.MULTILINE)) == 2
    assert len(re.findall(r"\] boot: by GRUB", machine.text())) == 1, "it has been reset"
