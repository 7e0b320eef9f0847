# SPDX-License-Identifier: BSD-2-Clause
"""The kinds of kernel. A test guest of each kind reads the loader's information."""

import re

import pytest
import results
from conftest import guest_section
from machine import BUILD, Machine, Module

pytestmark = pytest.mark.boot

WORDS = "some words bootinfo=yes"  # tests/guest/bootinfo.c expects the last one
KINDS = {"bootinfo": "multiboot", "bootinfo-multiboot2": "multiboot2", "bootinfo-pvh": "pvh"}


@pytest.fixture
def pattern(tmp_path):
    """The module. The guest knows its contents."""
    path = tmp_path / "pattern.bin"
    path.write_bytes(bytes((i * 7 + i // 256) & 0xff for i in range(5000)))
    return path


@pytest.mark.parametrize("guest", KINDS)
def test_what_a_kernel_is_told(boot, pattern, guest):
    more = f"initrd = pattern.bin\ncmdline = {WORDS}\n"
    machine = boot(guest_section("test", guest, memory="48M", more=more), "--smp", "1",
                   "--memory", "512M", modules=[Module(pattern, "pattern.bin")])
    machine.expect(r"test: exit code 0", r"test: (exit|crashed)", r"error: test: ", timeout=60)
    assert re.search(rf"^BOOTINFO {KINDS[guest]}$", machine.text(), re.MULTILINE)
    results.check(machine.text(), guest, results.QEMU)


@pytest.mark.parametrize("guest", ["bootinfo", "bootinfo-pvh"])
def test_what_a_kernel_is_told_bare(pattern, guest):
    """The control run, with the two kinds that QEMU loads itself."""
    kernel = BUILD / f"guest/{guest}.elf"
    with Machine.boot_kernel(f"bare-{guest}", kernel, "-append", WORDS, "-initrd",
                             pattern) as machine:
        machine.expect(r"DONE \d+ (\d+)", timeout=60)
        assert re.search(rf"^BOOTINFO {KINDS[guest]}$", machine.text(), re.MULTILINE)
        results.check(machine.text(), guest, results.QEMU, results.QEMU_BARE)


def test_ashlar_is_a_guest_of_ashlar(boot):
    """A relocatable multiboot 2 kernel that reads every tag. It finds no virtualization."""
    machine = boot(guest_section("inner", "inner.elf", cpus=2, more="cmdline = log=debug"),
                   "--smp", "2", "--memory", "512M",
                   modules=[Module(BUILD / "ashlar.elf", "inner.elf")])
    machine.expect(r"inner: kernel 'inner.elf': multiboot 2\r\n", timeout=60)
    machine.expect(r"boot: by Ashlar, image at 0x200000, 0 modules, 6 memory ranges", timeout=60)
    machine.expect(r"acpi: revision 2, 2 tables, 2 CPUs")
    machine.expect(r"neither VMX .* nor SVM")
    machine.expect(r"smp: 2 CPUs, 0 silent", timeout=60)
    machine.expect(r"boot: done")
