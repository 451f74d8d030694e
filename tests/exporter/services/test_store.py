import pytest

from exporter.metrics import HTTP_STATUS
from exporter.probes.transport.result import Measure, ProbeResult
from exporter.services.store import Store
from exporter.services.target import Key, targets
from service_catalogue import Service
from tests.exporter.parsers import parsed
from uptime_common.exposition import Style


def service(identifier: str, **fields: object) -> Service:
    """Return a service with one tcp probe that runs every 10 s."""
    probe = {"type": "tcp", "target": f"{identifier}:1", "interval": "10s"}
    return Service.model_validate(
        {"id": identifier, "name": identifier.title(), "probes": [probe], **fields}
    )


def store_of(*services: Service) -> Store:
    store = Store("fra")
    store.replace(services, targets(services))
    return store


def text(store: Store, now: float, style: Style = "text") -> str:
    page = b"".join(store.render(style, now)).decode()
    parsed(page, style)
    return page


def samples(store: Store, now: float, name: str) -> list[tuple[dict[str, str], float]]:
    return [
        (sample.labels, sample.value)
        for family in parsed(text(store, now)).values()
        for sample in family.samples
        if sample.name == name
    ]


UP = ProbeResult(phases={"connect": 0.25})
DOWN = ProbeResult("refused", phases={"connect": 0.25})


def test_a_service_that_was_never_probed_has_no_state() -> None:
    store = store_of(service("shop"))
    assert samples(store, 0, "service_up") == []
    assert samples(store, 0, "service_info")[0][0]["owner"] == "unknown"


@pytest.mark.parametrize(("result", "value"), [(UP, 1.0), (DOWN, 0.0)])
def test_a_result_is_shown_until_it_is_stale(result: ProbeResult, value: float) -> None:
    shop = service("shop")
    store = store_of(shop)
    store.record(targets([shop])[0], result, 1000.0)
    assert samples(store, 1024.9, "service_up") == [({"service": "shop", "location": "fra"}, value)]
    assert samples(store, 1024.9, "service_probe_duration_seconds")[0][1] == 0.25
    assert samples(store, 1025.0, "service_up") == []
    assert samples(store, 1025.0, "service_probe_success") == []
    assert samples(store, 1025.0, "service_probe_last_run_timestamp_seconds")[0][1] == 1000.0


def test_a_newer_result_keeps_the_series_alive() -> None:
    shop = service("shop")
    store = store_of(shop)
    for start in (1000.0, 1010.0, 1020.0):
        store.record(targets([shop])[0], UP, start)
    assert samples(store, 1044.0, "service_up") != []
    assert samples(store, 1045.0, "service_up") == []


def test_what_cannot_be_judged_is_unknown_never_down() -> None:
    shop = service("shop")
    store = store_of(shop)
    store.record(targets([shop])[0], UP, 1000.0)
    store.record(targets([shop])[0], ProbeResult("setup"), 1010.0)
    assert samples(store, 1011.0, "service_up") == []
    assert samples(store, 1011.0, "service_probe_success") == []


def test_targets_that_left_the_catalogue_vanish_at_once_and_others_keep_their_results() -> None:
    shop, api = service("shop"), service("api")
    store = store_of(shop, api)
    for target in targets([shop, api]):
        store.record(target, UP, 1000.0)
        store.count(target.key, "refused")
    store.replace([api], targets([api]))
    assert "shop" not in text(store, 1001.0)
    assert samples(store, 1001.0, "service_up") == [({"service": "api", "location": "fra"}, 1.0)]
    store.record(targets([shop])[0], UP, 1002.0)
    store.count(Key("shop", "tcp"), "refused")
    assert "shop" not in text(store, 1003.0)


def test_a_changed_probe_starts_anew() -> None:
    shop = service("shop")
    store = store_of(shop)
    store.record(targets([shop])[0], UP, 1000.0)
    changed = service("shop", probes=[{"type": "tcp", "target": "shop:2"}])
    store.replace([changed], targets([changed]))
    assert samples(store, 1001.0, "service_up") == []


def test_both_styles_parse_and_agree() -> None:
    note = 'a "quoted"\\\n line'  # the catalogue refuses such a label; the page must bear it
    shop = service("shop").model_copy(update={"labels": {"note": note}})
    store = store_of(shop)
    target = targets([shop])[0]
    store.count(target.key, "refused")
    store.record(target, ProbeResult("refused", measures=(Measure(HTTP_STATUS, 503),)), 1000.0)
    loose = {
        (s.name, tuple(s.labels.items()), s.value)
        for f in parsed(text(store, 1001.0)).values()
        for s in f.samples
    }
    strict = {
        (s.name, tuple(s.labels.items()), s.value)
        for f in parsed(text(store, 1001.0, "openmetrics"), "openmetrics").values()
        for s in f.samples
    }
    assert loose == strict
    assert {name for name, _, _ in loose} >= {"service_http_status_code", "service_info"}


def test_many_targets_are_shown_in_parts_under_one_header() -> None:
    services = [service(f"s{number}") for number in range(2_500)]
    store = store_of(*services)
    for target in targets(services):
        store.record(target, UP, 1000.0)
    parts = list(store.render("text", 1001.0))
    assert max(map(len, parts)) < sum(map(len, parts)) / 5
    found = b"".join(parts).decode()
    assert found.count("# TYPE service_probe_success gauge\n") == 1
    assert found.count("\nservice_probe_success{") == 2_500


def test_what_a_run_measured_twice_is_shown_once_with_the_last_value() -> None:
    shop = service("shop")
    store = store_of(shop)
    measures = (Measure(HTTP_STATUS, 302), Measure(HTTP_STATUS, 200))
    store.record(targets([shop])[0], ProbeResult(measures=measures), 1000.0)
    assert [value for _, value in samples(store, 1001.0, "service_http_status_code")] == [200]
