"""Keep the rule file of the catalogue's services: written whole, judged before it replaces."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from service_catalogue import Catalogue
from sla_engine.prometheus.judge import RulesRejectedError
from sla_engine.prometheus.rules import rule_file

Judge = Callable[[Path], None]
"""Raises `RulesRejectedError` when Prometheus would not load the file."""

Reload = Callable[[], None]
"""Makes Prometheus read its rules again; raises `RulesRejectedError` when it refuses them."""


def rendered(catalogue: Catalogue) -> str:
    """Return the rule file of a catalogue."""
    settings = catalogue.prometheus
    return rule_file(catalogue.services, settings.scrape_interval, settings.replica_labels)


def update(path: Path, text: str, judge: Judge, reload: Reload) -> bool:
    """Make a rule file hold this text; return whether that was a change.

    A text that is rejected, before or by the reload, leaves the file as it was.

    Raises:
        RulesRejectedError: see there.
        OSError: the file cannot be written.
    """
    before = _read(path)
    if before == text:
        return False
    # A name that no `*.rules.yml` of Prometheus' configuration matches.
    draft = path.with_name(f".{path.name}.draft")
    _write(draft, text)
    try:
        judge(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    try:
        reload()
    except RulesRejectedError:
        _restore(path, before, draft)
        # Where it complains again, it is of something else, and the first complaint tells as much.
        with suppress(RulesRejectedError):
            reload()
        raise
    return True


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _restore(path: Path, before: str | None, draft: Path) -> None:
    if before is None:
        path.unlink()
        return
    _write(draft, before)
    draft.replace(path)


def _write(path: Path, text: str) -> None:
    """Write to the disk, not only to its cache: a power cut leaves the old file or the new."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
