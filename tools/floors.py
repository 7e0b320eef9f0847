# SPDX-License-Identifier: BSD-2-Clause
"""The floors (docs/design.md, "Floors"), for tools/lint and tools/house."""

import os

# A folder is a floor (docs/design.md). core/main.c and core/virt.c stand above all.
FLOORS = {
    "core": 8,
    "core/shell": 7,
    "core/vm": 6,
    "svm": 5, "vmx": 5,
    "core/guest": 4,
    "core/console": 3, "core/memory": 3,
    "apic/host": 2, "boot/host": 2, "core/host": 2, "drivers/host": 2, "mm/host": 2,
    "apic/virt": 1, "boot": 1, "drivers/chips": 1, "core/cpus": 1, "core/insn": 1, "core/load": 1, "core/model": 1,
    "core/sched": 1, "core/terminal": 1, "core/trace": 1, "drivers/canvas": 1, "drivers/virt": 1,
    "mm": 1, "pv": 1,
    "core/base": 0,
}
BACKENDS = ("svm", "vmx")


def floor_of(path):
    """The floor of the file, or None if its folder is not part of the program."""
    return FLOORS.get(os.path.dirname(path))
