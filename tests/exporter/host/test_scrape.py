"""The run of all collectors: flags, failures, hangs, this machine."""

import argparse
import asyncio
import logging
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from exporter.collectors import COLLECTORS, emits
from exporter.collectors.support.api import Collector, NoDataError, System
from exporter.host.flags import add_collector_flags, host_options
from exporter.host.scrape import METRICS, Host, HostOptions
from tests.exporter.parsers import CheckedHost, linted, parsed
from uptime_common.exposition import Family, gauge

VALUE = gauge("node_demo", "x")
OTHER = gauge("node_other", "x")


def _args(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_collector_flags(parser)
    return parser.parse_args(flags)


def _good(_system: System) -> list[Family]:
    return [VALUE.value(1)]


def _bad(_system: System) -> Iterator[Family]:
    yield VALUE.value(2)
    raise ValueError("garbage")


def _none(_system: System) -> list[Family]:
    raise NoDataError("no such device")


def _host(timeout: float = 5.0, **reads: object) -> Host:
    registry = {name: Collector(read) for name, read in reads.items()}  # type: ignore[arg-type]
    return CheckedHost(HostOptions(tuple(registry), {}, timeout=timeout), registry)


def test_a_collector_that_fails_loses_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    host = _host(good=_good, bad=_bad, none=_none)
    text = host.collect("text")
    assert "node_demo 1\n" in text
    assert "node_demo 2\n" not in text
    for name, success in (("good", 1), ("bad", 0), ("none", 0)):
        assert f'node_scrape_collector_success{{collector="{name}"}} {success}\n' in text
        assert f'node_scrape_collector_duration_seconds{{collector="{name}"}} ' in text
    host.collect("text")
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "collector bad failed: ValueError('garbage')"
    ]


def test_a_collector_that_hangs_loses_only_itself_and_recovers() -> None:
    release = threading.Event()

    def hang(_system: System) -> list[Family]:
        release.wait(30)
        return []

    host = _host(0.2, hang=hang, good=_good)
    for _ in range(2):
        text = host.collect("text")
        assert "node_demo 1\n" in text
        assert 'node_scrape_collector_success{collector="hang"} 0\n' in text
        assert 'node_scrape_collector_duration_seconds{collector="hang"} 0.2\n' in text
    release.set()
    while 'success{collector="hang"} 0' in host.collect("text"):
        pass


def test_text_that_stays_the_same_is_not_rendered_again() -> None:
    kept, calls = [VALUE.value(1)], []

    def same(_system: System) -> list[Family]:
        calls.append(1)
        return kept

    host = _host(same=same)
    first = host.collect("text")
    kept.append(OTHER.value(2))  # the same list: whoever changes it breaks his promise
    second = host.collect("text")
    assert len(calls) == 2
    assert "node_demo 1\n" in first
    assert "node_other 2\n" not in second
    assert "node_other 2\n" in host.collect("openmetrics")


def test_what_is_not_there_is_looked_for_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def none(_system: System) -> list[Family]:
        calls.append(1)
        raise NoDataError("no such device")

    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    host = _host(none=none)
    for now[0] in (100.0, 115.0, 159.0):
        assert 'success{collector="none"} 0' in host.collect("text")
    assert len(calls) == 1
    now[0] = 161.0
    host.collect("text")
    assert len(calls) == 2


def test_what_few_hosts_have_is_looked_for_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now, found = [100.0], list[Family]()
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    host = CheckedHost(
        HostOptions(("rare",), {}), {"rare": Collector(lambda _: list(found), rare=True)}
    )
    assert 'success{collector="rare"} 1' in host.collect("text")
    found.append(VALUE.value(1))
    now[0] = 159.0
    assert "node_demo" not in host.collect("text")
    now[0] = 161.0
    assert "node_demo 1\n" in host.collect("text")
    found[0] = VALUE.value(2)
    assert "node_demo 2\n" in host.collect("openmetrics")


def test_facts_of_hours_are_asked_for_every_so_many_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, calls = [100.0], []
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def slow(_system: System) -> Iterator[Family]:
        calls.append(1)
        yield VALUE.value(len(calls))

    host = CheckedHost(HostOptions(("slow",), {}), {"slow": Collector(slow, every=30)})
    for now[0] in (100.0, 115.0, 129.0):
        assert "node_demo 1\n" in host.collect("text")
    assert "# TYPE node_demo gauge\nnode_demo 1\n" in host.collect("openmetrics")
    now[0] = 131.0
    assert "node_demo 2\n" in host.collect("text")
    host.close()


def test_an_event_loop_gets_the_same_page() -> None:
    host = _host(good=_good)
    text = asyncio.run(host.scrape("text"))
    host.close()
    assert "node_demo 1\n" in text
    assert 'node_exporter_build_info{version="uptime-ledger ' in text


def test_flags_choose_collectors() -> None:
    assert set(host_options(_args()).collectors) == {n for n, c in COLLECTORS.items() if c.enabled}
    assert "cpu" not in host_options(_args("--no-collector.cpu")).collectors
    only = host_options(_args("--collector.disable-defaults", "--collector.cpu"))
    assert only.collectors == ("cpu",)


def test_flags_tune_collectors() -> None:
    flags = (
        "--collector.netdev.device-exclude=^lo$",
        "--no-collector.cpu.guest",
        "--path.procfs=/h",
    )
    options = host_options(_args(*flags))
    assert options.options["netdev.device-exclude"] == "^lo$"
    assert options.options["cpu.guest"] is False
    assert str(options.roots.proc) == "/h"


def test_a_bad_expression_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _args("--collector.netdev.device-exclude=(")
    assert "'(': missing ), unterminated subpattern" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="reads this machine's /proc")
def test_this_machine_in_both_styles() -> None:
    host = CheckedHost(host_options(_args()))
    text = host.collect("text")
    names = {s.name for family in parsed(text).values() for s in family.samples}
    assert {"node_cpu_seconds_total", "node_memory_MemAvailable_bytes", "node_load1"} <= names
    assert all(emits(name) for name in names - {metric.name for metric in METRICS})
    same = parsed(host.collect("openmetrics"), "openmetrics").values()
    assert {s.name for family in same for s in family.samples} == names
    host.close()


@pytest.mark.integration
def test_promtool_minds_only_names_that_node_exporter_chose() -> None:
    host = CheckedHost(host_options(_args()))
    complaints = linted(host.collect("text"))
    host.close()
    assert complaints == []
