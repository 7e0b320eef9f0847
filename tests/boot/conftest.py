# SPDX-License-Identifier: BSD-2-Clause
"""Shared by tests of whole machines: ISOs with guests, and the paths of payloads."""

import re

import pytest
from bochs import BochsMachine
from machine import BUILD, TRIPLE_FAULT, Machine, Module, make_iso

KERNEL = BUILD / "payload/vmlinuz"
INITRD = BUILD / "payload/initrd.img"


def linux_section(name, cpus=1, memory="256M", cmdline="console=ttyS0 quiet", more=""):
    return (f"[vm {name}]\nkernel = vmlinuz\ninitrd = initrd.img\ncmdline = {cmdline}\n"
            f"memory = {memory}\ncpus = {cpus}\n{more}\n")


def guest_section(name, guest, cpus=1, memory="64M", more=""):
    return f"[vm {name}]\nkernel = {guest}\nmemory = {memory}\ncpus = {cpus}\n{more}\n"


# Arguments of boot for a machine of two CPUs, by vendor.
VENDORS = {"svm": (["--smp", "2"], None), "vmx": (["--cpus", "2"], "corei7_skylake_x")}
both_vendors = pytest.mark.parametrize(
    "options, model", [pytest.param(*VENDORS["svm"], id="svm"),
                       pytest.param(*VENDORS["vmx"], id="vmx", marks=pytest.mark.bochs)])


@pytest.fixture
def boot(tmp_path, request):
    """
    boot(config, *options, modules=...): a machine with this guest description, in
    QEMU, or in Bochs with this CPU model.
    """
    machines = []

    def start(config, *options, cmdline="", grub_cfg=None, modules=(), qemu=(), model=None):
        modules = list(modules)
        if config is not None:
            text = tmp_path / "guests.conf"
            text.write_text(config)
            modules.append(Module(text, "config"))
            used = set(re.findall(r"(?:kernel|initrd) *= *(\S+)", config))
            modules += [Module(BUILD / f"guest/{name}.elf", name) for name in sorted(used)
                        if (BUILD / f"guest/{name}.elf").exists()]
            modules += [Module(path, path.name) for path in (KERNEL, INITRD) if path.name in used]
        iso = make_iso(tmp_path, modules, cmdline, grub_cfg)
        name = re.sub(r"[^\w-]+", "-", request.node.name).strip("-")
        if model:
            machine = BochsMachine.boot_iso(name, iso, *options, model=model)
        else:
            machine = Machine.boot_iso(name, iso, *options, qemu=qemu)
        if "kernel = triple" not in str(config):
            machine.unwanted = [TRIPLE_FAULT]
        machines.append(machine)
        return machine

    yield start
    for machine in machines:
        machine.__exit__()
