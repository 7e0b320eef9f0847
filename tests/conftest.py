# SPDX-License-Identifier: BSD-2-Clause
"""Groups, paths, and the one line that says how it went."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "boot"))

GROUPS = {
    "unit": "unit tests of pure code, under sanitizers",
    "fuzz": "fuzzers, for a bounded time",
    "guest": "our test guests, bare and under the hypervisor",
    "boot": "whole machines: boots, guests side by side, the console",
    "fast": "what check-fast runs besides the units",
}


def pytest_configure(config):
    for name, meaning in GROUPS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Prints 'N passed, N failed[, N skipped]' behind everything else."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    count = {what: len(reporter.stats.get(what, ()))
             for what in ("passed", "failed", "error", "skipped")}
    line = f"{count['passed']} passed, {count['failed'] + count['error']} failed"
    if count["skipped"]:
        line += f", {count['skipped']} skipped"
    reporter.ensure_newline()
    print(line, flush=True)
