# SPDX-License-Identifier: BSD-2-Clause
"""Without a serial line the screen shows the boot, and the reason if it stops."""

import re
import subprocess
import time
from functools import partial

import pytest
import screen
from machine import BUILD, PATIENCE, ROOT, Machine, Module, make_iso

pytestmark = pytest.mark.boot

IDLE = "# no guest\n"
QUICK = ("--smp", "1", "--memory", "256M")
DONE = r"^\[ +\d+\.\d+\] boot: done$"


def menu(payload, cmdline="", after=""):
    """A GRUB menu that sets the video mode itself."""
    return (f"serial --unit=0\nset timeout=0\nmenuentry a {{\n"
            f"multiboot2 /boot/ashlar.elf {cmdline}\nmodule2 /boot/guests.conf config\n"
            f"set gfxpayload={payload}\n{after}\n}}\n")


def check_boot(text):
    """The screen shows the whole boot, including the lines before the screen could be drawn."""
    for line in (r"ashlar \d", "boot: by GRUB", "smp: 1 CPUs", "config: 0 guests", "boot: done"):
        assert re.search(rf"^\[ +\d+\.\d+\] {line}", text, re.MULTILINE), (line, text)


@pytest.mark.parametrize("mode, scale", [
    ("1024x768x32", 2), ("1024x768x24", 2), ("800x600x16", 1), ("800x600x15", 1)])
def test_the_boot_is_on_a_framebuffer(boot, mode, scale):
    machine = boot(IDLE, "--vga", *QUICK, grub_cfg=menu(mode))
    check_boot(screen.wait(machine, partial(screen.pixels, scale=scale), DONE, timeout=90))


def test_the_boot_is_on_a_text_screen(boot):
    machine = boot(IDLE, "--vga", *QUICK, grub_cfg=menu("text"))
    check_boot(screen.wait(machine, screen.cells, DONE, timeout=90))
    machine.expect("warning: no guest runs")
    assert "no guest runs" not in screen.cells(machine), "only errors after the boot"


def test_fb_keeps_the_log_on_the_screen(boot):
    machine = boot(IDLE, "--vga", *QUICK, cmdline="console=com1,fb")
    check_boot(screen.wait(machine, screen.cells, "warning: no guest runs", timeout=90))


def test_uefi_and_no_serial_port(boot):
    """In the mode that the image's header requests: GRUB's menu sets none."""
    machine = boot(IDLE, "--vga", "--uefi", "--no-uart", *QUICK)
    text = screen.wait(machine, partial(screen.pixels, scale=2), DONE, timeout=120)
    check_boot(text)
    assert "no UART answers at port 0x3f8" in text
    assert "errors only" not in text


def test_bios_and_no_serial_port(boot):
    machine = boot(IDLE, "--vga", "--no-uart", *QUICK)
    check_boot(screen.wait(machine, screen.cells, DONE, timeout=90))


REFUSALS = {
    "CPU": "ashlar: this CPU lacks 64-bit mode or no-execute pages",
    "loader": "ashlar: not started by a Multiboot2 boot loader",
}


def read_refusal(machine, read, text):
    """The message is at the top left, over the old text, and on the serial line."""
    shown = screen.wait(machine, read, re.escape(text), timeout=90)
    assert shown.startswith(text)
    machine.expect(re.escape(text))


def test_refusal_of_a_cpu_in_text_mode(boot):
    machine = boot(IDLE, "--vga", *QUICK, grub_cfg=menu("text"), qemu=("-cpu", "qemu64,-nx"))
    read_refusal(machine, screen.cells, REFUSALS["CPU"])


@pytest.mark.parametrize("mode", ["1024x768x32", "800x600x16"])
def test_refusal_of_a_cpu_on_a_framebuffer(boot, mode):
    machine = boot(IDLE, "--vga", *QUICK, grub_cfg=menu(mode), qemu=("-cpu", "qemu64,-nx"))
    read_refusal(machine, partial(screen.pixels, scale=2), REFUSALS["CPU"])


def test_refusal_of_a_loader(tmp_path):
    """An image that expects another loader's magic simulates another loader."""
    image = tmp_path / "ashlar.elf"
    magic = (0x36d76289).to_bytes(4, "little")
    data = (BUILD / "ashlar.elf").read_bytes()
    compare = b"\x3d" + magic  # cmp eax, imm32
    assert data.count(compare) == 2
    image.write_bytes(data.replace(compare, b"\x3d\0\0\0\0"))
    config = tmp_path / "guests.conf"
    config.write_text(IDLE)
    iso = make_iso(tmp_path, [Module(config, "config")], grub_cfg=menu("text"), image=image)
    with Machine.boot_iso("test_refusal_of_a_loader", iso, "--vga", *QUICK) as machine:
        read_refusal(machine, screen.cells, REFUSALS["loader"])


def test_log_is_found_in_memory(boot):
    """Without a console the log is found by its ring's magic."""
    machine = boot(IDLE, *QUICK, cmdline="console=none")
    machine.expect("Booting")
    dump, end = machine.directory / "memory", time.monotonic() + 60 * PATIENCE
    text = ""
    while "boot: done\n" not in text and time.monotonic() < end:
        time.sleep(1)
        machine.hmp(f'pmemsave 0 {256 << 20} "{dump}"')
        text = subprocess.run([ROOT / "tools/find-log", dump], capture_output=True,
                              text=True).stdout
    check_boot(text)


SPCR = """\
[0004] Signature : "SPCR"
[0004] Table Length : 00000050
[0001] Revision : 02
[0001] Checksum : 00
[0006] Oem ID : "ASHLAR"
[0008] Oem Table ID : "TEST    "
[0004] Oem Revision : 00000001
[0004] Asl Compiler ID : "INTL"
[0004] Asl Compiler Revision : 00000001
[0001] Interface Type : 00
[0003] Reserved : 000000
[0012] Serial Port Register : [Generic Address Structure]
[0001] Space ID : 01
[0001] Bit Width : 08
[0001] Bit Offset : 00
[0001] Encoded Access Width : 01
[0008] Address : 00000000000002F8
[0001] Interrupt Type : 01
[0001] PCAT-compatible IRQ : 03
[0004] Interrupt : 00000000
[0001] Baud Rate : 07
[0001] Parity : 00
[0001] Stop Bits : 01
[0001] Flow Control : 00
[0001] Terminal Type : 00
[0001] Reserved : 00
[0002] PCI Device ID : FFFF
[0002] PCI Vendor ID : FFFF
[0001] PCI Bus : 00
[0001] PCI Device : 00
[0001] PCI Function : 00
[0004] PCI Flags : 00000000
[0001] PCI Segment : 00
[0004] Reserved : 00000000
"""


def test_firmware_names_the_port(boot, tmp_path):
    """The port that SPCR names gets all of the log, COM1 only the lines before ACPI was read."""
    source = tmp_path / "spcr.dsl"
    source.write_text(SPCR)
    subprocess.run(["iasl", source], check=True, capture_output=True)
    second = tmp_path / "com2"
    machine = boot(IDLE, *QUICK, qemu=("-serial", f"file:{second}", "-acpitable",
                                       f"file={tmp_path / 'spcr.aml'}"))
    machine.expect(r"acpi: .*")
    end = time.monotonic() + 60 * PATIENCE
    while time.monotonic() < end and "boot: done" not in second.read_text(errors="replace"):
        time.sleep(0.5)
    check_boot(second.read_text(errors="replace").replace("\r", ""))
    assert "boot: done" not in machine.text()
