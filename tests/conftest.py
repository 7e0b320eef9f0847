# SPDX-License-Identifier: BSD-2-Clause
"""Groups, paths, the matrix of guests and backends, and the last line with the counts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "boot"))

GROUPS = {
    "unit": "unit tests of pure code, under sanitizers",
    "fuzz": "fuzzers, for a bounded time",
    "guest": "our test guests, bare and under the hypervisor",
    "boot": "whole machines: boots, guests side by side, the console",
    "bochs": "machines in Bochs, which is slow: they are started first",
    "fast": "what check-fast runs besides the units",
}
WORST_FIRST = ("failed", "passed", "skipped")
WORDS = {"failed": "FAIL", "passed": "pass", "skipped": "skip"}


def pytest_configure(config):
    for name, meaning in GROUPS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("bochs") is None)
    for item in items:  # emulators have races (docs/testing.md)
        if item.get_closest_marker("boot") or item.get_closest_marker("guest"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def matrix_of(reporter):
    """{(row, column): outcome} of the tests with a cell, and the reasons of skipped ones."""
    cells, reasons = {}, []
    for outcome in WORST_FIRST:
        reports = reporter.stats.get(outcome, []) + (
            reporter.stats.get("error", []) if outcome == "failed" else [])
        for report in reports:
            cell = dict(report.user_properties).get("matrix")
            if cell is None:
                continue
            cells.setdefault(tuple(cell), outcome)
            if outcome == "skipped":
                reason = report.longrepr[2].removeprefix("Skipped: ")
                reasons.append(f"skip: {cell[0]} on {cell[1]}: {reason}")
    return cells, reasons


def matrix_lines(cells, reasons):
    rows, columns = (list(dict.fromkeys(cell[i] for cell in cells)) for i in (0, 1))
    rows.sort(), columns.sort()
    yield "".join(f"{text:<20}" for text in ["guest", *columns])
    for row in rows:
        words = [WORDS.get(cells.get((row, column)), "-") for column in columns]
        yield "".join(f"{text:<20}" for text in [row, *words])
    totals = []
    for column in columns:
        outcomes = [outcome for (_, where), outcome in cells.items() if where == column]
        totals.append(" ".join(f"{outcomes.count(outcome)} {WORDS[outcome]}"
                               for outcome in reversed(WORST_FIRST) if outcome in outcomes))
    yield "".join(f"{text:<20}" for text in ["total", *totals])
    yield from sorted(reasons)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Prints the matrix, and as last line 'N passed, N failed[, N skipped]'."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    count = {what: len(reporter.stats.get(what, ()))
             for what in ("passed", "failed", "error", "skipped")}
    line = f"{count['passed']} passed, {count['failed'] + count['error']} failed"
    if count["skipped"]:
        line += f", {count['skipped']} skipped"
    reporter.ensure_newline()
    cells, reasons = matrix_of(reporter)
    if cells:
        print(*(text.rstrip() for text in matrix_lines(cells, reasons)), "", sep="\n")
    for report in reporter.stats.get("rerun", ()):
        why = [line for line in report.longreprtext.splitlines() if line.startswith("E ")]
        print(f"run again after a failure: {report.nodeid}", *why[-3:], sep="\n")
    print(line, flush=True)
