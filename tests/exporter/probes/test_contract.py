"""What holds for every probe."""

import time
from typing import Any, get_args

import pytest

from exporter import metrics
from exporter.metrics import MEASURES
from exporter.probes import PROBES
from exporter.probes.transport.result import PHASES, REASONS, ProbeResult
from service_catalogue.probes import AnyProbe, NetworkProbe, Probe
from tests.exporter.asking import ask, ask_all
from tests.exporter.servers import Handler, serving
from tests.programs.ports import free_port

MODELS: dict[str, type[AnyProbe]] = {
    get_args(model.model_fields["type"].annotation)[0]: model
    for model in get_args(get_args(Probe)[0])
}
NETWORK = sorted(name for name, model in MODELS.items() if issubclass(model, NetworkProbe))


def probe_of(kind: str, host: str, port: int) -> dict[str, Any]:
    match kind:
        case "http":
            return {"type": kind, "url": f"http://{host}:{port}/"}
        case "dns":
            return {"type": kind, "server": f"{host}:{port}", "query": "example.org"}
        case "icmp":
            return {"type": kind, "target": host}
    return {"type": kind, "target": f"{host}:{port}"}


def test_every_type_of_the_catalogue_has_a_probe() -> None:
    assert set(PROBES) == set(MODELS)


def test_every_measure_is_a_gauge_that_carries_the_probe_s_labels() -> None:
    assert {metric.kind for metric in MEASURES} == {"gauge"}
    assert {metric.labels[:4] for metric in MEASURES} == {metrics.SUCCESS.labels}
    assert len({metric.name for metric in MEASURES}) == len(MEASURES)


HANDLERS: dict[str, Handler] = {
    "silence": lambda _: time.sleep(1),
    "close": lambda _: None,
}


def well_formed(result: ProbeResult) -> bool:
    return (
        (result.reason is None or result.reason in REASONS)
        and set(result.phases) <= set(PHASES)
        and min(result.phases.values(), default=0.0) >= 0
        and {measure.metric for measure in result.measures} <= set(MEASURES)
    )


@pytest.mark.parametrize("kind", [kind for kind in NETWORK if kind != "icmp"])
def test_a_closed_port_is_refused(kind: str) -> None:
    result = ask(**probe_of(kind, "127.0.0.1", free_port()))
    assert (result.success, result.reason) == (False, "refused"), result.detail
    assert well_formed(result)


def test_a_name_without_an_address_is_no_other_failure() -> None:
    results = ask_all([probe_of(kind, "nobody.invalid", 1) for kind in NETWORK])
    assert {result.reason for result in results} == {"resolve"}
    assert all("nobody.invalid" in result.detail for result in results)


@pytest.mark.parametrize(("handler", "reason"), [("silence", "timeout"), ("close", "reset")])
def test_servers_that_say_nothing_fail_every_conversation(handler: str, reason: str) -> None:
    talkers = sorted(set(NETWORK) - {"icmp", "dns", "ntp", "tcp"})
    with serving(HANDLERS[handler]) as port:
        probes = [probe_of(kind, "127.0.0.1", port) | {"timeout": "300ms"} for kind in talkers]
        results = ask_all(probes)
    found = dict(zip(talkers, (r.reason for r in results), strict=True))
    if handler == "close":
        assert found.pop("tls") in ("tls", "reset")
    assert set(found.values()) == {reason}, found
    assert all(map(well_formed, results))


def test_a_probe_that_breaks_is_unknown_not_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_config: object, _run: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setitem(PROBES, "tcp", broken)
    result = ask(type="tcp", target="127.0.0.1:1")
    assert (result.success, result.reason) == (None, "internal")
    assert result.detail == "RuntimeError: bug"
