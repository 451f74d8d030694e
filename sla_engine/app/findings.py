"""What an examination found, one line each: what, what was found, what to type next."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from service_catalogue import Catalogue
from sla_engine.app.errors import JobError
from sla_engine.domain.isolation import one_line
from uptime_common.document import DocumentError

Verdict = Literal["ok", "note", "fault"]


class Finding(NamedTuple):
    """One thing that was looked at; ``next`` is what to do, empty where nothing is needed."""

    what: str
    found: str
    verdict: Verdict = "ok"
    next: str = ""


Check = Callable[[], Iterable[Finding]]


def examined(checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    """Yield what every check finds; one that fails is a fault of its own."""
    for what, check in checks:
        try:
            yield from check()
        except DocumentError as error:
            first, *more = error.problems
            others = f", and {len(more)} more" if more else ""
            yield Finding(what, f"{first}{others}", "fault", "sla-engine check")
        except (JobError, OSError, ValueError) as error:
            yield Finding(what, one_line(error), "fault", "mend it, and run doctor again")
        except Exception as error:  # noqa: BLE001 - other checks must still be made
            kind = type(error).__name__
            yield Finding(what, f"the check itself failed: {kind}: {one_line(error)}", "fault")


def has_probes(catalogue: Catalogue) -> bool:
    """Say whether a service of a catalogue is judged by our exporter."""
    return any(service.method == "probes" for service in catalogue.services)
