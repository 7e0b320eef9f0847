# SPDX-License-Identifier: BSD-2-Clause
"""The trace, and the times that it measures."""

import json
import re

import pytest
from conftest import both_vendors, guest_section, linux_section

pytestmark = pytest.mark.boot

SHELL = r"guest:\S* ?# "


def ask(machine, command):
    return json.loads(machine.must(command + " --json"))


def test_trace(boot):
    machine = boot(linux_section("linux", 2), "--smp", "2")
    machine.expect(SHELL, timeout=120)
    before = machine.must("mem")
    assert ask(machine, "trace dump")["events"] == []
    assert machine.must("mem") == before
    assert "time_us" not in ask(machine, "exits linux")["exits"][0]
    machine.must("trace on")
    machine.console("linux")
    machine.send("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done; echo d$((0))ne\r")
    machine.expect("d0ne")
    events = ask(machine, "trace dump 2000")["events"]
    assert len(events) > 100
    assert [event["uptime_us"] for event in events] == sorted(event["uptime_us"] for event in events)
    assert {event["cpu"] for event in events} == {0, 1}
    assert {event["what"] for event in events} >= {"exit", "inject", "ipi", "switch", "wake"}
    assert {event["who"] for event in events} >= {"linux.0", "linux.1", ""}
    assert all(re.match(r"\S+ rip 0x[0-9a-f]+ code 0x", event["text"])
               for event in events if event["what"] == "exit")
    assert len(ask(machine, "trace dump")["events"]) <= 64
    machine.must("trace off")
    quiet = ask(machine, "trace dump 2000")["events"]
    assert quiet == ask(machine, "trace dump 2000")["events"]


@both_vendors
def test_what_a_guest_has_done_last_is_in_the_trace(boot, options, model):
    """The guest's hypercall and its end stay in the trace after its end."""
    machine = boot(guest_section("caller", "hypercall", more="autostart = no"), *options,
                   model=model)
    machine.expect("no guest runs", timeout=60)
    machine.must("trace on")
    machine.must("vm start caller")
    machine.expect("caller: exit code 0", timeout=60)
    events = ask(machine, "trace dump 2000")["events"]
    mine = [event for event in events if event["who"] == "caller.0"]
    assert any(event["what"] == "hypercall" and event["text"].startswith("number 0 result 0x")
               for event in mine)
    assert [event["text"] for event in mine if event["what"] == "exit"][-1].startswith("port rip")


def test_times_by_reason(boot):
    """A vCPU that only sleeps has spent its time waiting. The three times add up to all of it."""
    machine = boot(linux_section("linux"), "--smp", "1")
    machine.expect(SHELL, timeout=120)
    machine.must("trace on")
    machine.console("linux")
    machine.send("sleep 3; echo d$((0))ne\r")
    machine.expect("d0ne")
    rows = {row["reason"]: row for row in ask(machine, "exits linux")["exits"]}
    assert sum(row["share_basis_points"] for row in rows.values()) == pytest.approx(10000, abs=30)
    assert rows["waiting"]["share_basis_points"] > 5000
    assert rows["port"]["time_us"] > 0 and rows["guest"]["time_us"] > 0
    assert re.search(r"^hlt +\d+ +\d+ us +\d+ of 10000", machine.must("exits linux"), re.MULTILINE)
    machine.must("trace off")
    assert "us" not in machine.must("exits linux")
