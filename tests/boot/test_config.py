# SPDX-License-Identifier: BSD-2-Clause
"""Errors in the guest description: the log names each, and each affects its own guest only."""

import re

import pytest
from conftest import guest_section

pytestmark = pytest.mark.boot

GOOD = guest_section("good", "smp")

# the text before the good guest's section, and the lines that the log must have
ERRORS = {
    "unknown key": ("[vm bad]\nkernel = smp\nmemory = 64M\ncolour = red\n", r"config:\d+: .*colour"),
    "bad memory": ("[vm bad]\nkernel = smp\nmemory = plenty\n", r"config:\d+: .*plenty"),
    "bad cpus": ("[vm bad]\nkernel = smp\nmemory = 64M\ncpus = 0\n", r"config:\d+: .*cpus"),
    "bad apic": ("[vm bad]\nkernel = smp\nmemory = 64M\napic = fast\n", r"config:\d+: .*fast"),
    "bad restart": ("[vm bad]\nkernel = smp\nmemory = 64M\nrestart = maybe\n",
                    r"config:\d+: .*maybe"),
    "bad ports": ("[vm bad]\nkernel = smp\nmemory = 64M\nports = 0x20000\n", r"config:\d+: .*0x20000"),
    "no section": ("kernel\n", r"config:\d+: "),
    "missing module": ("[vm bad]\nkernel = nowhere\nmemory = 64M\n", r"bad: .*nowhere"),
    "missing initrd": ("[vm bad]\nkernel = smp\ninitrd = nowhere\nmemory = 64M\n", r"bad: .*nowhere"),
    "too little memory": ("[vm bad]\nkernel = smp\nmemory = 64G\n", r"bad: .*memory"),
    "no such CPU": ("[vm bad]\nkernel = smp\nmemory = 64M\naffinity = 60\n", r"bad: .*affinity"),
    "not a kernel": ("[vm bad]\nkernel = config\nmemory = 64M\n", r"bad: kernel 'config'"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_error_harms_its_own_guest_only(boot, case):
    text, message = ERRORS[case]
    machine = boot(text + GOOD, "--smp", "1", "--memory", "512M")
    machine.expect("good: exit code 0", timeout=120)
    assert re.search(message, machine.text())
    assert not re.search(r"bad: started", machine.text())


def test_two_guests_of_one_name_are_both_refused(boot):
    machine = boot(GOOD + guest_section("twin", "smp") * 2, "--smp", "1", "--memory", "512M")
    machine.expect("good: exit code 0", timeout=120)
    assert re.search(r"config:\d+: .*twin", machine.text())
    assert "twin: started" not in machine.text()


def test_one_port_for_two_guests_refuses_both(boot):
    ports = "ports = 0x300-0x30f\n"
    machine = boot(GOOD + guest_section("left", "smp", more=ports) +
                   guest_section("right", "smp", more="ports = 0x308\n"), "--smp", "1",
                   "--memory", "512M")
    machine.expect("good: exit code 0", timeout=120)
    assert re.search(r"config:\d+: .*0x308", machine.text())
    assert not re.search(r"(left|right): started", machine.text())


def test_unknown_word_on_the_command_line(boot):
    machine = boot(GOOD, "--smp", "1", "--memory", "512M", cmdline="console=com1 frobnicate=1")
    machine.expect("good: exit code 0", timeout=120)
    assert re.search(r"warning: .*frobnicate", machine.text())


def test_no_guest_at_all(boot):
    machine = boot("# nothing\n", "--smp", "1", "--memory", "512M")
    machine.expect("boot: done", timeout=60)
    assert machine.shell("vm list") == (True, "")
    ok, why = machine.shell("console ghost")
    assert not ok and "ghost" in why
    ok, why = machine.shell("frob")
    assert not ok and "frob" in why
