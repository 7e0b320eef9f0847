# SPDX-License-Identifier: BSD-2-Clause
"""Absent pages (taken away, failed, not given yet), and guests that get events about them."""

import re
import time

import pytest
from conftest import INITRD, both_vendors, guest_section, linux_section
from machine import Module
from test_linux import FACTS, SHELL

pytestmark = pytest.mark.boot

# The pages that are taken away before each state of tests/guest/absent.c.
STEPS = [("unregistered", "vm evict guest 0x800000 2"),
         ("registered", "vm evict guest 0x800000 20"),
         ("not told", "vm evict guest 0x800000 3"),
         ("tokens", "vm evict guest 0x800000 3"),
         ("failed", "vm poison guest 0x900000")]


def go_on(machine, byte="n"):
    machine.console("guest")
    machine.send(byte)


def run_steps(machine):
    for state, command in STEPS:
        machine.expect_text(f"ABSENT {state}")
        machine.must(command)
        go_on(machine)
    machine.expect_text("ABSENT end")


@both_vendors
def test_a_guest_is_told_of_absent_pages(boot, options, model):
    machine = boot(guest_section("guest", "absent", cpus=2), *options, model=model)
    run_steps(machine)
    said = machine.json("pnp guest")
    assert (said["told"], said["slept"], said["failed"]) == (24, 5, 1)
    assert said["resolved"] == said["told"] and not said["tokens"]
    go_on(machine, "f")
    machine.expect(r"guest: crashed: vCPU 0 at RIP 0x[0-9a-f]+ has touched 0x900000, a page that has failed")
    assert not re.search("^FAIL", machine.text(), re.MULTILINE)
    since = len(machine.text())
    machine.must("vm start guest")  # nothing of the last life is left
    machine.console("guest")
    machine.expect_text("ABSENT unregistered", since)
    assert machine.json("pnp guest")["taken_away"] == 0


def test_an_impossible_tail_ends_the_guest_alone(boot):
    machine = boot(guest_section("guest", "absent", cpus=2) + guest_section("other", "canary"),
                   "--smp", "2")
    run_steps(machine)
    go_on(machine, "t")
    machine.expect_text("ABSENT tail")
    machine.must("vm evict guest 0x800000")
    go_on(machine)
    machine.expect("guest: crashed: its ring of page-not-present resolutions")
    assert re.search("other +running", machine.must("vm list"))


def test_init_cancels_a_registration(boot):
    machine = boot(guest_section("guest", "absent", cpus=2), "--smp", "2")
    run_steps(machine)
    go_on(machine, "r")
    machine.expect_text("ABSENT before INIT")
    assert [cpu["registered"] for cpu in machine.json("pnp guest")["vcpus"]] == [False, True]
    go_on(machine)
    machine.expect_text("ABSENT after INIT")
    assert [cpu["registered"] for cpu in machine.json("pnp guest")["vcpus"]] == [False, False]
    go_on(machine)
    machine.expect(r"DONE \d+ 0\b")


def test_what_cannot_be_taken_away(boot):
    machine = boot(guest_section("guest", "canary") + guest_section("off", "canary", more="autostart = no"),
                   "--smp", "1")
    machine.expect("CANARY ready", timeout=60)
    for command, words in (("vm evict guest 0xa0000", "not all of it is RAM"),
                           ("vm evict guest 0 0", "not all of it is RAM"),
                           ("vm evict guest 0x3fff000 2", "not all of it is RAM"),
                           ("vm evict guest 0xfffffffffffff000 0xfffffffffffff", "not all of it is RAM"),
                           ("vm evict guest 0x800000 5000", "4096 pages are absent already"),
                           ("vm evict guest", "usage"), ("vm poison off 0", "it is stopped"),
                           ("pnp off", "it is stopped")):
        machine.refuses(command, words)
    assert machine.json("pnp guest")["taken_away"] == 4096


def test_linux_works_on_while_its_pages_come_and_go(boot):
    machine = boot(linux_section("linux", 2), "--smp", "2")
    machine.expect(SHELL, timeout=120)
    machine.send("for i in $(seq 60); do sha256sum /bin/busybox; done | uniq -c\r")
    machine.expect("\n")  # all pages have been taken
    for start in range(0x100, 0x1000, 0x200):  # its code and data, and some of its buffers
        machine.must(f"vm evict linux {start << 12:#x} 512")
    machine.console("linux")
    machine.expect(r" 60 [0-9a-f]{64} ", timeout=120)
    machine.expect(SHELL)
    said = machine.json("pnp linux")
    assert said["slept"] > 10 and said["told"] == 0


@pytest.mark.parametrize("policy", ["pat", "mtrr"])
def test_lazy_linux(boot, policy):
    machine = boot(linux_section("linux", 2, cmdline=FACTS, more=f"lazy = zero\nmemtype = {policy}"),
                   "--smp", "2")
    machine.expect("ashlar-guest: up, 2 cpus", timeout=120)
    used = next(row["kib"] for row in machine.json("mem")["memory"] if row["owner"] == "linux")
    assert 16 << 10 < used < 224 << 10, "much of 256 MiB has never been touched"
    machine.console("linux")
    machine.expect("ashlar-guest: test ends, status 0", timeout=60)
    machine.expect("linux: powered off", timeout=30)


@both_vendors
def test_more_is_promised_than_there_is(boot, options, model):
    """Two guests need all memory: the second sleeps until the first has ended."""
    memory, share = (("--memory", "256"), "128M") if model else (("--memory", "512M"), "320M")
    more = "lazy = zero\nautostart = no" + ("\napic = accelerate" if model else "")
    config = "".join(guest_section(name, "canary", memory=share, more=more)
                     for name in ("first", "second"))
    machine = boot(config, *options, *memory, model=model)
    machine.expect("boot: done", timeout=60)
    machine.must("vm start first")
    machine.console("first")
    machine.expect_text("CANARY ready", timeout=120)
    since = len(machine.text())
    machine.must("vm start second")
    for _ in range(100):
        if "sleeps for" in machine.shell("pnp second")[1]:
            break
        time.sleep(0.3)
    assert "sleeps_for" in machine.json("pnp second")["vcpus"][0]
    assert "CANARY" not in machine.text()[since:]
    machine.must("vm kill first")
    machine.console("second")
    machine.expect_text("CANARY ready", since, timeout=120)


def paged_sections(more=""):
    """A client with more memory than the machine has, and its pager."""
    return (guest_section("client", "paged", memory="1G", more=f"lazy = pager:pager\n{more}")
            + guest_section("pager", "pager"))


@both_vendors
def test_a_guest_whose_memory_another_brings(boot, options, model):
    machine = boot(paged_sections(), *options, *(() if model else ("--memory", "512M")), model=model)
    machine.expect_text("PAGED pager breaks", timeout=120)
    machine.expect_text("pager: crashed: the tail of its ring of wanted pages is impossible")
    said = machine.json("pnp client")
    assert said["pager"] == "pager" and said["brought"] > 40 and said["told"] == 21
    assert "sleeps_for" in said["vcpus"][0]
    assert not re.search("^FAIL", machine.must("vm log pager"), re.MULTILINE)
    machine.must("vm start pager")
    machine.console("client")
    machine.expect_text("PAGED end")
    assert not re.search("^FAIL", machine.must("vm log pager"), re.MULTILINE)
    machine.console("client")
    machine.send("n")
    machine.expect_text(r"DONE \d+ 0\b")
    assert not re.search("^FAIL", machine.text(), re.MULTILINE)


def test_a_client_without_its_pager(boot):
    machine = boot(guest_section("slow", "canary", more="lazy = pager:none\npager_timeout = 2")
                   + guest_section("patient", "canary", more="lazy = pager:none")
                   + guest_section("none", "pager", more="autostart = no"), "--smp", "2")
    machine.expect("patient: waits for its pager: none is stopped", timeout=60)
    machine.expect_text(r"slow: none has not brought the page at 0x[0-9a-f]+ in 2 s: it has failed")
    machine.expect_text(r"slow: crashed: vCPU 0 at RIP 0x[0-9a-f]+ has touched .* a page that has failed")
    assert "sleeps_for" in machine.json("pnp patient")["vcpus"][0]
    machine.must("vm kill patient")
    machine.expect_text("patient: killed")


def test_linux_whose_memory_another_brings(boot, tmp_path):
    initrd = tmp_path / "whole-pages.img"  # so that it ends at the end of memory
    data = INITRD.read_bytes()
    initrd.write_bytes(data + bytes(-len(data) % 4096))
    section = linux_section("linux", 2, cmdline=FACTS, more="lazy = pager:pager")
    machine = boot(section.replace(INITRD.name, initrd.name) + guest_section("pager", "pager"),
                   "--smp", "2", modules=[Module(initrd, initrd.name)])
    machine.expect("ashlar-guest: up, 2 cpus", timeout=120)
    assert machine.json("pnp linux")["brought"] > 1000
    machine.console("linux")
    machine.expect("ashlar-guest: test ends, status 0", timeout=60)
    machine.expect("linux: powered off", timeout=30)
