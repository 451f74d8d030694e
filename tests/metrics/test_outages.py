import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sla_engine.domain.outage_list import ListedOutage, ListedWindow, NewestOutages
from sla_engine.metrics import outages_text

BEGIN = 1_795_817_338_000  # 2026-11-27T22:08:58Z
OVER = ListedOutage("shop", "O-1", BEGIN, BEGIN + 195_000, "overrun", 'a "b"\n', 60_000, 135_000)
OPEN = ListedOutage("mail", "O-2", BEGIN + 1, None, "unplanned", "", 0, 5_500)
WINDOW = ListedWindow("shop", "w", BEGIN, BEGIN + 7_200_000)
NEWEST = NewestOutages((OPEN, OVER), BEGIN - 5, (WINDOW,))
OCCURRENCE = ("shop", "w", "2026-11-27T22:08:58Z")


def test_begin_end_downtime_class_and_reason_are_told_in_seconds() -> None:
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(outages_text(NEWEST).decode())
        for sample in family.samples
    }
    assert samples == {
        ("sla_outage_start_timestamp_seconds", "mail", "O-2"): 1_795_817_338.001,
        ("sla_outage_start_timestamp_seconds", "shop", "O-1"): 1_795_817_338,
        ("sla_outage_end_timestamp_seconds", "shop", "O-1"): 1_795_817_533,
        ("sla_outage_downtime_seconds", "mail", "O-2", "planned"): 0,
        ("sla_outage_downtime_seconds", "mail", "O-2", "unplanned"): 5.5,
        ("sla_outage_downtime_seconds", "shop", "O-1", "planned"): 60,
        ("sla_outage_downtime_seconds", "shop", "O-1", "unplanned"): 135,
        ("sla_outage_info", "mail", "O-2", "unplanned", ""): 1,
        ("sla_outage_info", "shop", "O-1", "overrun", 'a "b"\n'): 1,
        ("sla_outages_complete_since_timestamp_seconds",): 1_795_817_337.995,
        ("sla_maintenance_start_timestamp_seconds", *OCCURRENCE): 1_795_817_338,
        ("sla_maintenance_end_timestamp_seconds", *OCCURRENCE): 1_795_824_538,
    }


def test_where_nothing_is_known_nothing_is_complete() -> None:
    lines = outages_text(NewestOutages()).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == []
    assert len(lines) == 2 * 7


@pytest.mark.integration
def test_promtool_has_nothing_to_say_of_outages() -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=outages_text(NEWEST),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
