# SPDX-License-Identifier: BSD-2-Clause
"""Unit tests and fuzzers, which the Makefile has built: one test each."""

import os
import subprocess
from resource import RLIMIT_CPU, setrlimit

import pytest

from machine import BUILD, ROOT

FUZZ_TIME = int(os.environ.get("FUZZ_TIME", "5"))
WALL_TIME = 3600  # only for a program that waits for ever: CPU time is what is limited


def names(kind):
    return sorted(path.name[:-len(f"_{kind}.c")]
                  for path in (ROOT / "tests" / ("unit" if kind == "test" else kind))
                  .glob(f"*_{kind}.c"))


def run(command, seconds):
    """Succeeds within so many seconds of CPU time: other machines on the same CPUs do not count."""
    done = subprocess.run(command, cwd=ROOT, timeout=WALL_TIME, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=lambda: setrlimit(RLIMIT_CPU, (seconds, seconds)))
    assert done.returncode == 0, done.stdout[-8000:]


@pytest.mark.unit
@pytest.mark.parametrize("name", names("test"))
def test_unit(name):
    run([BUILD / "unit" / name], seconds=240)


@pytest.mark.unit
def test_image_is_within_its_budget():
    """Code folder by folder, constants, and the sum: the limits of docs/performance.md."""
    run([ROOT / "tools/sizes", BUILD / "ashlar.elf"], seconds=60)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", names("fuzz"))
def test_fuzz(name, tmp_path):
    run([BUILD / "fuzz" / name, f"-max_total_time={FUZZ_TIME}", "-verbosity=0",
         f"-artifact_prefix={tmp_path}/"], seconds=FUZZ_TIME + 60)
