# SPDX-License-Identifier: BSD-2-Clause
"""The machines on which the guests' logs are compared, and the known faults of each."""

import re

import bochs
import pexpect
import results
from bochs import BochsMachine
from machine import BUILD, Machine, Module, make_iso

CPUS = 2
GUEST_MEMORY = "16M"
SECONDS = 120  # more than any guest needs, on an idle machine


class Backend:
    """
    A model of Bochs, or QEMU, and whether hardware runs the guests' APICs; guests that fail
    or cannot end there (docs/errata.md), and those left out to save time.
    """

    def __init__(self, model=None, failures=None, endless=None, one_cpu=None, apic="emulate",
                 left_out=()):
        self.model, self.apic, self.left_out = model, apic, left_out
        self.failures, self.endless = failures or {}, endless or {}
        self.one_cpu = one_cpu or {}

    def cpus(self, guest):
        return 1 if guest in self.one_cpu else CPUS

    def boot(self, name, iso):
        if self.model:
            return BochsMachine.boot_iso(
                name, iso, "--cpus", str(CPUS), "--memory", "512", model=self.model)
        return Machine.boot_iso(name, iso, "--smp", str(CPUS), "--memory", "512M")


# The others are compared with the first.
BACKENDS = {
    "qemu-svm": Backend(failures=results.QEMU),
    "bochs-svm": Backend("ryzen", bochs.SVM, bochs.SVM_ENDLESS, bochs.SVM_ONE_CPU),
    "bochs-vmx-haswell": Backend("corei7_haswell_4770", left_out=["apic"]),
    "bochs-vmx-skylake": Backend("corei7_skylake_x"),
    "bochs-vmx-tigerlake": Backend("tigerlake", left_out=["apic"]),
    "bochs-vmx-apicv": Backend("corei7_skylake_x", endless=bochs.APICV_ENDLESS,
                               apic="accelerate"),
}


class Runner:
    """
    Runs test guests one after another in one machine of a backend: each once, or
    twice if the first run has failed. If a guest gets stuck in a machine, the next
    guest gets a new machine.
    """

    def __init__(self, name, guests, directory):
        self.name, self.guests, self.directory = name, guests, directory
        self.backend = BACKENDS[name]
        self.machine, self.boots, self.said, self.failed = None, 0, {}, []

    def _boot(self):
        config = self.directory / "guests.conf"
        config.write_text("".join(
            f"[vm {guest}]\nkernel = {guest}\nmemory = {GUEST_MEMORY}\nautostart = no\n"
            f"cpus = {self.backend.cpus(guest)}\napic = {self.backend.apic}\n\n" for guest in self.guests))
        iso = make_iso(self.directory, [
            *(Module(BUILD / f"guest/{guest}.elf", guest) for guest in self.guests),
            Module(config, "config")])
        self.boots += 1
        self.machine = self.backend.boot(f"guests-{self.name}-{self.boots}", iso)
        self.machine.expect("boot: done", timeout=SECONDS)

    def run(self, guest):
        """The guest's output, and the hypervisor's line about its end."""
        if guest not in self.said:
            assert self.failed.count(guest) < 2, f"{guest} has failed on {self.name} before"
            try:
                if not self.machine:
                    self._boot()
                self.said[guest] = self._run(guest)
            except (AssertionError, OSError, pexpect.ExceptionPexpect):
                self.failed.append(guest)
                self.end()
                raise
        return self.said[guest]

    def forget(self, guest):
        """The guest's output is wrong: the guest may run once more."""
        if guest in self.said and guest not in self.failed:
            self.failed.append(guest)
            del self.said[guest]

    def _run(self, guest):
        machine, since = self.machine, len(self.machine.text())
        machine.must(f"vm start {guest}")
        machine.console(guest)
        machine.expect_text(rf"^.*\b{guest}: (?:exit code|crashed)", since, SECONDS)
        machine.expect_text(r"^DONE \d+ \d+$", since, SECONDS)
        return machine.text()[since:]

    def end(self):
        if self.machine:
            self.machine.__exit__()
            self.machine = None


def exit_code(text, guest):
    return int(re.search(rf"\b{guest}: exit code (\d+)", text).group(1))
