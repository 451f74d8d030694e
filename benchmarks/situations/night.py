"""What a night of nights.yml means: which series have which value, when."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

import yaml

PROBES: Final = ("probes", "probes:9710")
"""Job and instance of what probes services, unless a night has an exporter of its own."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Night:
    """A night; times are minutes after it begins, ``at`` is when it does in the run."""

    what: str
    at: float
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def services(self) -> list[str]:
        """Return the ids of its services, the composite last."""
        more = [self.given["composite"]] if "composite" in self.given else []
        return [*_names(self.given.get("services", "")), *more]

    @cached_property
    def targets(self) -> list[str]:
        """Return the hosts and exporters that it has for itself."""
        return _names(self.given.get("targets", ""))

    @cached_property
    def probed(self) -> list[str]:
        """Return the services whose state is a series ``service_up``."""
        mine = {"rate", "promql"} & self.given.keys()
        return [] if mine else _names(self.given.get("services", ""))

    @cached_property
    def since(self) -> float:
        """Return from when on somebody is to hear of it."""
        return float(self.given.get("since", 0))

    @cached_property
    def _down(self) -> list[Span]:
        if "flaps" not in self.given:
            return spans(self.given.get("down", ()))
        length, apart, until = self.given["flaps"]
        count = int(until // apart) + 1
        return [(n * apart, n * apart + length) for n in range(count) if n * apart <= until]

    @cached_property
    def _unknown(self) -> list[Span]:
        return spans(self.given.get("unknown", ()))

    @cached_property
    def places(self) -> dict[str, list[Span]]:
        """Return when the service is down, by the location that probes it."""
        given = self.given.get("locations")
        return {k: spans(v) for k, v in given.items()} if given else {"a": self._down}

    def has_data(self, minute: float) -> bool:
        """Say whether anything is known of its services."""
        there = float(self.given.get("born", -1e9)) <= minute
        return there and minute < self.given.get("removed", 1e9) and not _in(self._unknown, minute)

    def up(self, service: str, location: str, minute: float) -> bool:
        """Return the state of a probed service."""
        one = self.given.get("of", service) == service
        return not (one and _in(self.places[location], minute))

    def lost(self, number: int, minute: float) -> bool:
        """Say whether a target does not answer."""
        share = self.given.get("share", 1)
        mine = number < share * len(self.targets)
        return mine and _in(spans(self.given.get("lost", ())), minute)

    def counters(self, minute: float) -> tuple[float, float]:
        """Return the requests and the failed ones that were counted; a day ago both are 0."""
        rate, begin = self.given["rate"], -25 * 60.0
        if self.given.get("reset", 1e9) <= minute:
            begin = self.given["reset"]
        if self.given.get("hourly"):
            return (minute - begin) // 60, float(minute >= 0)
        failed = sum(
            per_second * 60 * max(0.0, min(minute, end) - start)
            for text, per_second in self.given.get("failed", {}).items()
            for start, end in spans([text])
        )
        # Whole, as counters are: a hair less than before would be a restart to rate().
        return float(round(rate * 60 * max(0.0, minute - begin))), float(round(failed))


def spans(given: Any) -> list[Span]:
    """Return spans of minutes, written ``0-6``."""
    found = (re.fullmatch(r"(-?[\d.]+)-(-?[\d.]+)", str(text)) for text in given)
    return [(float(match[1]), float(match[2])) for match in found if match]


def nights() -> list[Night]:
    """Return the nights."""
    listed = yaml.safe_load((Path(__file__).parent / "nights.yml").read_text("utf-8"))
    return [Night(one["what"], float(one["at"]), one) for one in listed]


def closer(found: list[Night], gap: float | None) -> list[Night]:
    """Let nights begin no longer after the one before than a gap (minutes), the first after 2.5."""
    if gap is None:
        return found
    times = sorted({night.at for night in found})
    at = dict.fromkeys(times[:1], 2.5)
    for before, after in pairwise(times):
        at[after] = at[before] + min(gap, after - before)
    return [replace(night, at=at[night.at]) for night in found]


def _in(found: list[Span], minute: float) -> bool:
    return any(start <= minute < end for start, end in found)


def _names(text: str) -> list[str]:
    return list(chain.from_iterable(_several(part) for part in text.split(",") if part))


def _several(text: str) -> Iterator[str]:
    name, mark, count = text.partition("*")
    return (f"{name}{n:02}" for n in range(int(count))) if mark else iter([name])


def lines(found: list[Night], target: str, minute: float) -> Iterator[str]:
    """Yield what a scrape of a target shows at a minute of the run, as series and value."""
    if target == "probes":
        for night in found:
            if not night.given.get("exporter"):
                yield from service_lines(night, minute - night.at)
        return
    night = next(one for one in found if target in one.targets)
    at = minute - night.at
    if night.given.get("exporter"):
        yield from service_lines(night, at)
        return
    yield "node_boot_time_seconds 1700000000"
    if length := night.given.get("disk"):
        left = 300 * min(1.0, max(0.0, 1 - at / length))
        yield f'node_filesystem_avail_bytes{{mountpoint="/",device="a",fstype="ext4"}} {left}'
        yield 'node_filesystem_size_bytes{mountpoint="/",device="a",fstype="ext4"} 1000'


def service_lines(night: Night, at: float) -> Iterator[str]:
    """Yield the series of a night's services, at a minute of it."""
    if not night.has_data(at):
        return
    for service in night.probed:
        for place in night.places:
            value = int(night.up(service, place, at))
            yield f'service_up{{service="{service}",location="{place}"}} {value}'
    if "rate" in night.given:
        total, failed = night.counters(at)
        (service,) = night.services
        yield f'requests_total{{app="{service}",code="500"}} {failed}'
        yield f'requests_total{{app="{service}",code="200"}} {total - failed}'
    if "promql" in night.given:
        for service in night.services:
            yield f'probe_success{{target="{service}"}} {int(night.up(service, "a", at))}'
    if days := night.given.get("certificates"):
        (service,) = night.services
        left = days[int(at * 4) % len(days)] * 86400
        labels = f'service="{service}",probe="tls",target="{service}:443",location="a"'
        end = time.time() - at * 60 + left
        yield f"service_tls_certificate_expiry_timestamp_seconds{{{labels}}} {end:.0f}"
