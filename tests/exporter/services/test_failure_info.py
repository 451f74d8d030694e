"""Why a probe failed, as a series that is there while the last run failed."""

import pytest

from exporter.metrics import FAILURE_INFO
from exporter.probes.transport.connect import network_error
from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.tls import tls_alert
from exporter.services.store import Store
from exporter.services.target import targets
from service_catalogue import Service
from tests.exporter.services.test_store import samples

URL = "https://ann:secret@shop.example/pay?token=abc#x"


def _store(url: str = URL) -> Store:
    probe = {"type": "http", "name": "home", "url": url, "interval": "10s"}
    shop = Service.model_validate({"id": "shop", "name": "Shop", "probes": [probe]})
    store = Store("fra")
    store.replace([shop], targets([shop]))
    return store


def _record(store: Store, result: ProbeResult, at: float = 0.0) -> None:
    [entry] = store.entries()
    store.record(entry.target, result, at)


def test_it_says_phase_reason_and_code_and_hides_what_may_be_secret() -> None:
    store = _store("https://shop.example/pay?token=abc")
    _record(
        store, ProbeResult("status", "503 secret", {"connect": 0.1, "processing": 1}, code="503")
    )
    [(labels, value)] = samples(store, 1.0, FAILURE_INFO.name)
    assert value == 1
    assert labels == {
        "service": "shop",
        "probe": "home",
        "target": "https://shop.example/pay",
        "location": "fra",
        "phase": "processing",
        "reason": "status",
        "detail": "503",
    }


@pytest.mark.parametrize("after", [ProbeResult(), ProbeResult("setup", cause="permission")])
def test_it_vanishes_with_the_first_run_that_did_not_fail(after: ProbeResult) -> None:
    store = _store("https://shop.example/")
    _record(store, ProbeResult("refused", code="ECONNREFUSED"))
    assert samples(store, 1.0, FAILURE_INFO.name)
    _record(store, after, 10.0)
    assert samples(store, 11.0, FAILURE_INFO.name) == []


@pytest.mark.parametrize(
    ("reason", "phases", "phase"),
    [
        ("refused", {}, "connect"),
        ("certificate_expired", {"connect": 1.0, "tls": 1.0}, "tls"),
        ("timeout", {"resolve": 1.0, "connect": 1.0}, "connect"),
        ("missing", {}, None),
    ],
)
def test_the_phase_is_the_one_in_which_it_failed(
    reason: str, phases: dict[str, float], phase: str | None
) -> None:
    assert ProbeResult(reason, "", phases).failed_in == phase  # type: ignore[arg-type]


def test_an_error_of_a_system_call_is_told_by_its_name() -> None:
    assert network_error(ConnectionRefusedError(111, "refused")).code == "ECONNREFUSED"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "handshake_failure"),
        ("TLS connect error: error:0A000410:SSL routines::ssl/tls alert handshake failure",
         "handshake_failure"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate_required"),
        ("alert my password is hunter2", ""),
        ("WRONG_VERSION_NUMBER", ""),
    ],
)  # fmt: skip
def test_only_alerts_of_the_protocol_become_a_label(said: str, name: str) -> None:
    assert tls_alert(said) == name
