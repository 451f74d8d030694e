"""systemd's units over a real D-Bus daemon."""

from pathlib import Path

import pytest

from exporter.collectors import systemd
from exporter.collectors.support.api import NoDataError
from exporter.collectors.systemd import Unit
from tests.exporter.collectors.fake import system, values
from tests.programs.systemd_bus import systemd_bus


def test_units_are_chosen_by_their_whole_name_and_loaded() -> None:
    units = [
        Unit("a.service", "loaded", "active", ""),
        Unit("b.service", "not-found", "active", ""),
        Unit("a.mount", "loaded", "active", ""),
        Unit("a.mount.service", "loaded", "active", ""),
    ]
    shown = systemd.wanted(units, ".+", r".+\.mount")
    assert [unit.name for unit in shown] == ["a.service", "a.mount.service"]


@pytest.mark.integration
def test_units_timers_sockets_and_the_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {
        "systemd.enable-restarts-metrics": True,
        "systemd.enable-start-time-metrics": True,
    }
    with systemd_bus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        host = system(tmp_path, **options)
        found = values(systemd.read(host))
        assert values(systemd.read(host)) == found
        host.close()
    states = found["node_systemd_unit_state"]
    assert states["shop.service", "active", "notify"] == 1
    assert states["bad.service", "failed", "oneshot"] == 1
    assert states["bad.service", "active", "oneshot"] == 0
    assert {labels[0] for labels in states} == {
        *("shop.service", "bad.service", "daily.timer", "api.socket"),
    }
    assert found["node_systemd_units"][("active",)] == 4
    assert found["node_systemd_system_running"] == {(): 0}
    assert found["node_systemd_version"] == {("252.30-1~deb12u2",): 252.30}
    assert found["node_systemd_virtualization_info"] == {("none",): 1}
    assert found["node_systemd_timer_last_trigger_seconds"] == {("daily.timer",): 1_700_000_000.5}
    assert found["node_systemd_socket_accepted_connections_total"] == {("api.socket",): 7}
    assert found["node_systemd_service_restart_total"] == {("shop.service",): 3}
    assert found["node_systemd_unit_start_time_seconds"] == {("shop.service",): 1_700_000_000}


@pytest.mark.integration
def test_a_bus_that_went_away_is_an_error_and_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with systemd_bus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        host = system(tmp_path)
        assert systemd.read(host)
    with pytest.raises((OSError, EOFError)):
        systemd.read(host)
    with systemd_bus() as address:
        host.part(systemd.Bus)._address = address
        assert systemd.read(host)
        host.close()


def test_a_host_without_systemd_has_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SYSTEM_BUS_ADDRESS", raising=False)
    with pytest.raises(NoDataError):
        systemd.read(system(tmp_path))
