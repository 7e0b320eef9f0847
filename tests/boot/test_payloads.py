# SPDX-License-Identifier: BSD-2-Clause
"""Other people's kernels, from Debian's packages (`make payloads`), and the output of each."""

import re

import pytest
from conftest import guest_section, linux_section
from machine import BUILD, Module
from test_linux import FACTS, check_facts

pytestmark = pytest.mark.boot


def payload(name):
    path = BUILD / "payload" / name
    assert path.exists(), f"{path} is missing: make payloads"
    return Module(path, name)


@pytest.mark.parametrize("kernel, kind", [("vmlinuz-full", "Linux bzImage"), ("vmlinux", "PVH")])
def test_linux_kernels(boot, kernel, kind):
    """Debian's kernel with all drivers, and the unpacked cloud kernel by its PVH entry."""
    config = linux_section("linux", 2, cmdline=FACTS).replace("= vmlinuz", f"= {kernel}")
    machine = boot(config, "--smp", "2", "--memory", "1G", modules=[payload(kernel)])
    machine.expect(rf"linux: kernel '{kernel}': {kind}\r\n", timeout=60)
    machine.expect("ashlar-guest: up, 2 cpus", timeout=120)
    machine.expect("ashlar-guest: test ends, status 0", timeout=60)
    machine.expect("linux: powered off", timeout=30)
    check_facts(machine.text(), 2)


def test_memtest(boot):
    """Both CPUs, the memory of the map, several patterns over it, and no error."""
    config = guest_section("memtest", "memtest.bin", cpus=2, memory="16M",
                           more="cmdline = console=ttyS0,115200\n")
    machine = boot(config, "--smp", "2", "--memory", "512M", modules=[payload("memtest.bin")])
    machine.expect(r"Memtest86\+ v?6\.10", timeout=60)
    machine.expect(r"CPU: 2 Cores 2 Threads +SMP: 2T \(PAR\)", timeout=60)
    # memtest86+ draws every two seconds, so the output may miss short tests.
    for _ in range(4):
        machine.expect(r"#\d+ +\[[A-Z][^]]*\]", timeout=60)
    machine.expect(r"\[\d+MB of 15\.\d+MB\]", timeout=60)
    errors = re.findall(r"Errors: *(\d+)", machine.text())
    assert errors and set(errors) == {"0"}
    exits = machine.must("exits memtest")
    # There is no video memory at the address of its screen: the writes are dropped and counted.
    assert int(re.search(r"mmio +(\d+)", exits).group(1)) > 2000


def test_xen(boot):
    """
    A hypervisor that is a relocatable multiboot 2 kernel. It runs its whole bring-up on two
    CPUs, until it would start its own kernel. There is none.
    """
    words = "cmdline = xen no-real-mode console=com1 com1=115200,8n1 loglvl=all noreboot\n"
    config = guest_section("xen", "xen", cpus=2, memory="256M",
                           more="initrd = initrd.img\n" + words)
    machine = boot(config, "--smp", "2", "--memory", "1G",
                   modules=[payload("xen")])
    machine.expect(r"xen: kernel 'xen': multiboot 2\r\n", timeout=60)
    machine.expect(r"\(XEN\) Xen version 4\.17", timeout=60)
    machine.expect(r"\(XEN\) Bootloader: Ashlar")
    machine.expect(r"\(XEN\) Multiboot-e820 RAM map:")
    machine.expect(r"\(XEN\) ACPI: RSDP 000E0000, 0024 \(r2 ASHLAR\)")
    machine.expect(r"\(XEN\) Brought up 2 CPUs", timeout=60)
    machine.expect(r"\(XEN\) Could not construct d(om)?0|\(XEN\) Panic on CPU 0", timeout=60)


def test_kernel_that_needs_a_bios_is_refused(boot):
    """iPXE starts in real mode and asks a BIOS for everything."""
    config = guest_section("ipxe", "ipxe.lkrn") + guest_section("good", "smp")
    machine = boot(config, "--smp", "1", "--memory", "512M", modules=[payload("ipxe.lkrn")])
    machine.expect(r"good: exit code 0", timeout=60)
    assert re.search(r"error: ipxe: kernel 'ipxe.lkrn': Linux: no 32-bit entry \(code32_start is 0\)",
                     machine.text())
    assert "ipxe: started" not in machine.text()
