"""A job that fails at every run says so once."""

import pytest
from structlog.testing import capture_logs

from sla_engine.app.log_once import LogOnce


def test_a_failure_is_told_when_it_begins_and_when_it_changes() -> None:
    log_once = LogOnce("jobs", "not done", job="x")
    with capture_logs() as logged:
        for failure in ("gone", "gone", "denied\nhere", None, None, "denied here"):
            with log_once.about(OSError):
                if failure:
                    raise OSError(failure)
    assert [entry["error"] for entry in logged] == ["gone", "denied here", "denied here"]
    assert {(entry["event"], entry["job"], entry["log_level"]) for entry in logged} == {
        ("not done", "x", "error")
    }


def test_what_nobody_expects_is_not_caught() -> None:
    with pytest.raises(KeyError), LogOnce("jobs", "not done").about(OSError):
        raise KeyError("x")
