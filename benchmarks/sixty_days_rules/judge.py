"""Alerts as the messages of a pager, and what is missing or too much among them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.sixty_days_rules.estate import HOUR, LEAST, Event, Scene, hosted
from benchmarks.sixty_days_rules.world import Told, name

ALONE: Final = ("ServiceDown", "HostDown", "ManyServicesDown", "TargetsMissing", "LocationDown")
"""Alerts with a route of their own; what they are grouped by there makes each its own group."""
EVERY: Final = 20  # steps of `group_interval`
SOON: Final = 40  # steps within which an incident that is over must have been told
LATE: Final = 2 * HOUR  # steps for which a page may speak of one
FAST: Final = 14.4 * 0.001 * HOUR  # failed steps of an hour that use up 2 % of a month's budget
SHARES: Final = {"hole": 0.0, "deploy": 0.5}
"""Which part of what is asked fails in an event; all of it in those of other kinds."""


class Page(NamedTuple):
    """A message at the pager: when (step of its world), and the alerts that it tells first."""

    step: int
    alerts: frozenset[str]
    services: frozenset[str]
    """Those that are down together, of such an alert."""


def pages(told: Told) -> list[Page]:
    """Group alerts as the shipped configuration does, and return messages that tell new ones."""
    groups: dict[str, dict[int, set[str]]] = {}
    for step, found in told.firing.items():
        for alert in found:
            groups.setdefault(_group(alert), {}).setdefault(step, set()).add(alert)
    return sorted(page for of in groups.values() for page in _messages(of, told))


def _labels(alert: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', alert))


def _group(alert: str) -> str:
    labels = _labels(alert)
    own = alert if labels["alertname"] in ALONE else ""
    return f"{own} {labels.get('service')} {labels.get('instance')}"


def _messages(of: dict[int, set[str]], told: Told) -> Iterator[Page]:
    known: set[str] = set()
    due = -1
    for step in range(min(of), max(of) + 2 * EVERY + 1, 2):
        now = of.get(step, set())
        if (due < 0 and not now) or step < due:
            continue
        if new := now - known:
            together = {
                service
                for alert in new
                if 'alertname="ManyServicesDown"' in alert
                for later, firing in told.firing.items()
                if later >= step and alert in firing
                for service in told.together.get(later, {}).get(_labels(alert).get("owner", ""), ())
            }
            yield Page(step, frozenset(new), frozenset(together))
        known = now
        due = step + EVERY if now else -1


class Verdict(NamedTuple):
    """What came of scenes: true incidents, their causes, pages, and what is wrong."""

    incidents: int
    causes: int
    pages: int
    untold: list[str]
    needless: list[str]
    burns: int
    """Pages of no outage, but of an hour in which 2 % of the month's budget was used up."""


def judge(scene: Scene, told: Sequence[Page], services: int) -> Verdict:
    """Compare what was told in a scene with what happened in it."""
    mine = [page for page in told if concerns(page, scene)]
    true = [(e, s) for e in scene.events for s in e.parts if e.unplanned(s) >= LEAST]
    telling = {
        (number, event.kind, service, event.parts[service]): _lateness(
            scene, page, event, service, hosted(service, services)
        )
        for number, page in enumerate(mine)
        for event, service in true
    }
    untold = [
        f"{e.kind} {name(scene, s)} of {e.unplanned(s)} samples"
        for e, s in true
        if not any(
            0 <= telling[number, e.kind, s, e.parts[s]] <= e.parts[s][1] - e.parts[s][0] + SOON
            for number, _ in enumerate(mine)
        )
    ]
    outside = [
        page
        for number, page in enumerate(mine)
        if not any(
            0 <= telling[number, e.kind, s, e.parts[s]] <= e.parts[s][1] - e.parts[s][0] + LATE
            for e, s in true
        )
    ]
    needless = [
        f"{sorted(page.alerts)} in {[(e.kind, *scene_span(scene, e)) for e in scene.events]}"
        for page in outside
        if not _burnt(scene, page)
    ]
    burns = len(outside) - len(needless)
    causes = len({id(e) for e, _ in true})
    return Verdict(len(true), causes, len(mine), untold, needless, burns)


def _burnt(scene: Scene, page: Page) -> bool:
    """Say whether a page of a burn has one: outside of windows, in the hour before it."""
    burns = all('alertname="ServiceErrorBudgetBurnFast"' in alert for alert in page.alerts)
    ids = {_labels(alert).get("service") for alert in page.alerts}
    failed = (
        max(0, min(end, page.step) - max(start, page.step - HOUR)) * SHARES.get(event.kind, 1)
        for event in scene.events
        if event.window is None
        for service, part in event.parts.items()
        if name(scene, service) in ids
        for start, end in [map(scene.world, part)]
    )
    return burns and sum(failed) >= FAST


def scene_span(scene: Scene, event: Event) -> tuple[int, int]:
    """Return when an event happens, in steps of its world."""
    return scene.world(event.span[0]), scene.world(event.span[1])


def concerns(page: Page, scene: Scene) -> bool:
    """Say whether a message is about anything of a scene."""
    ends = re.compile(rf'_{scene.number}(?:[":]|$)')
    return any(ends.search(text) for text in (*page.alerts, *page.services))


def _lateness(scene: Scene, page: Page, event: Event, service: int, host: int) -> int:
    """Return how many steps after its beginning a page tells of an event's service; -1: never."""
    id_ = name(scene, service)
    by_service = f'service="{id_}"'
    by_host = (f'alertname="HostDown".*"h{host}_{scene.number}"', f'job="node_{scene.number}"')
    tells = id_ in page.services or any(
        by_service in alert or (event.host and any(re.search(p, alert) for p in by_host))
        for alert in page.alerts
    )
    return max(-1, page.step - scene.world(event.parts[service][0])) if tells else -1
