# SPDX-License-Identifier: BSD-2-Clause
"""Who has no serial line sees the boot, and why it stopped, on the screen."""

import re
import shutil
from functools import partial

import pytest
import screen
from machine import BUILD

pytestmark = pytest.mark.boot

IDLE = "# no guest\n"
QUICK = ("--smp", "1", "--memory", "256M")
DONE = r"^\[ +\d+\.\d+\] boot: done$"


def menu(payload, cmdline="", after=""):
    """A GRUB menu whose last word on the video mode is its own."""
    return (f"serial --unit=0\nset timeout=0\nmenuentry a {{\n"
            f"multiboot2 /boot/ashlar.elf {cmdline}\nmodule2 /boot/guests.conf config\n"
            f"set gfxpayload={payload}\n{after}\n}}\n")


def check_boot(text):
    """The whole boot, from its first line: what comes before the screen is drawn is not lost."""
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


@pytest.mark.fast
def test_uefi_and_no_serial_port(boot):
    """The firmware's own mode, asked for by the image's header: GRUB's menu names none."""
    machine = boot(IDLE, "--vga", "--uefi", "--no-uart", *QUICK)
    text = screen.wait(machine, partial(screen.pixels, scale=1), DONE, timeout=120)
    check_boot(text)
    assert "no UART answers at port 0x3f8" in text
    assert "errors only" not in text


def test_bios_and_no_serial_port(boot):
    machine = boot(IDLE, "--vga", "--no-uart", *QUICK)
    check_boot(screen.wait(machine, partial(screen.pixels, scale=2), DONE, timeout=90))
