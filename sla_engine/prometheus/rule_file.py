"""Keep the rule file of the catalogue's services: written whole, judged before it replaces."""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from service_catalogue import Service
from sla_engine.domain.isolation import FaultReason, Isolation, exhaust
from sla_engine.prometheus.judge import NotJudgedError, RulesRejectedError

Judge = Callable[[Path], None]
"""Raises `RulesRejectedError` when Prometheus would not load the file."""

Reload = Callable[[], None]
"""Makes Prometheus read its rules again; raises `RulesRejectedError` when it refuses them."""


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


def culprits(
    path: Path, services: Sequence[Service], text: Callable[[Sequence[Service]], str], judge: Judge
) -> Mapping[str, str]:
    """Return the services whose rules are rejected, by id, each with why.

    None where that is nobody's own fault: all are rejected, too many, or nobody judges.

    Args:
        path: of the rule file; drafts lie beside it.
        services: those that are asked about.
        text: makes the rule file of some of them.
        judge: see there.

    Raises:
        OSError: a draft cannot be written.
    """
    draft = path.with_name(f".{path.name}.part")

    def judged(some: Sequence[Service]) -> None:
        draft.write_text(text(some), encoding="utf-8")
        judge(draft)

    found = Isolation(_rejected)
    try:
        exhaust(found.divided(services, lambda service: service.id, judged))
    except RulesRejectedError:
        return {}
    finally:
        draft.unlink(missing_ok=True)
    if len(found.faults) == len(services):
        return {}
    return {name: fault.text for name, fault in found.faults.items()}


def _rejected(error: Exception) -> FaultReason:
    if isinstance(error, RulesRejectedError) and not isinstance(error, NotJudgedError):
        return "rejected"
    raise error


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
    if not path.parent.is_dir():  # the name of a draft would say nothing to anybody
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
