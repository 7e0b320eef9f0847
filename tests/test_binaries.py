# SPDX-License-Identifier: BSD-2-Clause
"""Unit tests and fuzzers, which the Makefile has built: one test each."""

import os
import re
import subprocess

import pytest

from machine import BUILD, ROOT

FUZZ_TIME = int(os.environ.get("FUZZ_TIME", "5"))


def names(kind):
    return sorted(path.name[:-len(f"_{kind}.c")]
                  for path in (ROOT / "tests" / ("unit" if kind == "test" else kind))
                  .glob(f"*_{kind}.c"))


def run(command, timeout):
    done = subprocess.run(command, cwd=ROOT, timeout=timeout, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-8000:]


@pytest.mark.unit
@pytest.mark.parametrize("name", names("test"))
def test_unit(name):
    run([BUILD / "unit" / name], timeout=120)


@pytest.mark.unit
def test_image_is_within_its_budget():
    """Code and constants stay within the size that docs/design.md allows."""
    listed = subprocess.run(["size", "-A", BUILD / "ashlar.elf"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    sizes = dict(re.findall(r"^(\.\w+) +(\d+)", listed, re.MULTILINE))
    assert int(sizes[".text"]) + int(sizes[".rodata"]) <= 256 << 10


@pytest.mark.fuzz
@pytest.mark.parametrize("name", names("fuzz"))
def test_fuzz(name, tmp_path):
    run([BUILD / "fuzz" / name, f"-max_total_time={FUZZ_TIME}", "-verbosity=0",
         f"-artifact_prefix={tmp_path}/"], timeout=FUZZ_TIME + 60)
