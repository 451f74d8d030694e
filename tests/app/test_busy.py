"""Whoever waits sees that something works, and nothing of it stays."""

import io
import sys
import threading

import pytest

from sla_engine.app.busy import Busy, busy


class Terminal(io.StringIO):
    """A stream that is a terminal, and says when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        found = super().write(text)
        self.written.set()
        return found


def test_a_command_that_takes_long_is_shown_and_the_line_goes_when_it_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal, out = Terminal(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr("sla_engine.app.busy.Busy.__init__.__defaults__", (0.01,))
    with busy("sla-engine report", quiet=False):
        assert terminal.written.wait(10)
        sys.stdout.write("the report")
        assert terminal.getvalue().startswith("\r\x1b[Ksla-engine report: ")
        assert terminal.getvalue().endswith("\r\x1b[K")
        said = terminal.getvalue()
    assert terminal.getvalue() == said
    assert out.getvalue() == "the report"


@pytest.mark.parametrize("quiet", [True, False])
def test_nothing_is_shown_where_nobody_looks_or_the_command_does(
    quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if quiet else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = sys.stdout
    with busy("sla-engine report", quiet=quiet):
        assert sys.stdout is before
    assert stream.getvalue() == ""


def test_a_command_that_is_quick_shows_nothing() -> None:
    terminal = Terminal()
    line = Busy("sla-engine check", terminal, after=3600)
    line.stop()
    assert terminal.getvalue() == ""
