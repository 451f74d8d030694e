"""Reports elsewhere than in Slack: what apprise reaches (extra ``apprise``), from mail to Matrix.

A service's URL holds its secrets. The outbox knows it by a digest alone, ``apprise:REPORT:DIGEST``,
so that each URL is a delivery of its own: what failed is sent again, what arrived is not.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from service_catalogue.notifications import AppriseTargets, Report
from sla_engine.domain.notice import Message
from sla_engine.notifiers.contract import Capabilities, Delivered, Notifier, Outcome, Retry, plain

SCHEME = "apprise"
_DAY = 24 * 3_600_000


class AppriseNotifier(Notifier):
    """Services by places, ``REPORT:DIGEST``.

    Nothing can be looked up there: an attempt whose answer was lost comes twice.
    """

    name = SCHEME
    capabilities = Capabilities(retry_for=_DAY)

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def addresses(self, report: str) -> tuple[str, ...]:
        """Return the addresses of a scheduled report."""
        found = (place for place in self._urls if place.startswith(f"{report}:"))
        return tuple(f"{SCHEME}:{place}" for place in found)

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        """Send a message once, whole, as text."""
        del key, thread
        if place not in self._urls:
            return Retry("apprise: this URL is no longer configured", doubtful=False)
        import apprise  # noqa: PLC0415 - an optional extra

        service = apprise.Apprise()
        service.add(self._urls[place])
        text = plain(message) or message.title
        with apprise.LogCapture(level=logging.WARNING, name="apprise") as log:  # type: ignore[no-untyped-call]
            sent = service.notify(
                body=text, title=message.title, body_format=apprise.NotifyFormat.TEXT
            )
            said = log.getvalue().splitlines()
        return Delivered(place) if sent else Retry(f"apprise: {_reason(said)}")


def apprise_notifier(
    reports: Iterable[Report],
    environment: Mapping[str, str],
    named: Mapping[str, AppriseTargets] = MappingProxyType({}),
) -> AppriseNotifier:
    """Return the services that scheduled reports go to besides Slack, and those that routes name.

    Raises:
        ValueError: a URL is missing or none that apprise knows, or the extra is not installed.
    """
    urls = {
        f"{report.id}:{sha256(url.encode()).hexdigest()[:12]}": url
        for report in reports
        for url in _urls(report, environment)
    }
    for name, targets in named.items():
        for url in _valid([(str(targets.urls_file), _text(targets.urls_file))]):
            urls[f"{name}:{sha256(url.encode()).hexdigest()[:12]}"] = url
    return AppriseNotifier(urls)


def _urls(report: Report, environment: Mapping[str, str]) -> Iterator[str]:
    yield from _valid(_given(report, environment))


def _valid(given: Iterable[tuple[str, str]]) -> Iterator[str]:
    for place, text in given:
        lines = [line.strip() for line in text.splitlines()]
        found = [(n, line) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]
        if not found:
            raise ValueError(f"{place} holds no URL")
        for number, url in found:
            if not _known(url):  # its text stays unsaid: it holds secrets
                raise ValueError(f"{place}, line {number}, is no URL that apprise knows")
            yield url


def _given(report: Report, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield where URLs stand, and the text there."""
    if report.apprise_file is not None:
        yield str(report.apprise_file), _text(report.apprise_file)
    if report.apprise_variable is not None:
        yield f"${report.apprise_variable}", environment.get(report.apprise_variable, "")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error


def _known(url: str) -> bool:
    try:
        import apprise  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ValueError("reports elsewhere need the extra 'apprise'") from error
    logging.getLogger("apprise").propagate = False  # outcomes say what it would
    return bool(apprise.Apprise().add(url))


def _reason(said: list[str]) -> str:
    """Return the last line of what apprise logged, which hides secrets itself."""
    return said[-1].strip() if said else "not delivered, no reason given"
