"""The recording rules of services that the generic ones cannot see, as a rule file.

``alert_rules/slo.rules.yml`` stands on two series per service: ``service:sli_total:observed``, what
could have gone well, and ``service:sli_errors:observed``, the part of it that did not. It makes
them itself from ``service_up``; here they are made for services by PromQL, by counters and of
components.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from service_catalogue.counters import Counters, read_counters
from service_catalogue.service import Service
from sla_engine.prometheus.defaults import with_default
from sla_engine.prometheus.promql import bracketed

ERRORS: Final = "service:sli_errors:observed"
TOTAL: Final = "service:sli_total:observed"

_HEAD = "# Written by `sla-engine rules` from the catalogue; edits are lost.\n"
_INTERVAL = "15s"  # half that of the group `slo`, which reads these and sees no old ones
_SHORTEST_RANGE = 120_000


@dataclass(frozen=True, slots=True)
class _Sli:
    errors: str
    total: str


def rule_file(
    services: Iterable[Service],
    scrape_interval: int | None = None,
    replica_labels: Sequence[str] = (),
) -> str:
    """Return the rule file of these services, in the order of their ids; probed ones need none.

    Args:
        services: of the catalogue.
        scrape_interval: milliseconds, where the service does not say; rates span four of them.
        replica_labels: tell two Prometheus apart that scrape the same.
    """
    rules = [
        {"record": name, "expr": expression, "labels": {"service": service.id}}
        for service, sli in _slis(services, scrape_interval, tuple(replica_labels))
        for name, expression in ((TOTAL, sli.total), (ERRORS, sli.errors))
    ]
    group = {"name": "sla_engine", "interval": _INTERVAL, "rules": rules}
    document = {"groups": [group] if rules else []}
    return _HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)


def expressions(text: str) -> Iterator[tuple[str, str]]:
    """Yield service and expression of every rule in a rule file."""
    for group in yaml.safe_load(text)["groups"]:
        for rule in group["rules"]:
            yield rule["labels"]["service"], rule["expr"]


def _slis(
    services: Iterable[Service], interval: int | None, replicas: tuple[str, ...]
) -> Iterator[tuple[Service, _Sli]]:
    for service in sorted(services, key=lambda s: s.id):
        sli = _sli(service, interval, replicas)
        if sli is not None:
            yield service, sli


def _sli(service: Service, interval: int | None, replicas: tuple[str, ...]) -> _Sli | None:
    if service.method == "components":
        return _composite(service.components, service.need)
    if service.method == "promql":
        return _state(service)
    if service.method == "events":
        span = max(_SHORTEST_RANGE, 4 * (service.scrape_interval or interval or 0))
        return _events(service, _Rates(span // 1000, replicas, _total(service)))
    return None


def _state(service: Service) -> _Sli:
    """Up where non-zero; the expression's series are the locations (rule 2 of the policy).

    NaN is no state: no comparison but ``!=`` lets it pass.
    """
    expression = with_default((service.sli and service.sli.promql) or "")
    states = f"{bracketed(expression)} >= -Inf != bool 0"
    need = service.quorum.locations
    if isinstance(need, int):
        known = f"count({states}) >= {need}"
        failed = f"sum({states}) < bool {need} and {known}"
        return _Sli(_seen_twice(failed, service.id), f"({known}) >= bool 0")
    up = {
        "any": f"max({states})",
        "all": f"min({states})",
        "majority": f"((sum(2 * ({states}) - 1) != 0) > bool 0)",  # a tie is 0 exactly
    }[need]
    return _Sli(_seen_twice(f"{up} < bool 0.5", service.id), f"{up} >= bool 0")


def _seen_twice(failed: str, service: str) -> str:
    """Let three failed evaluations in a row be four: the group `slo` looks at every second one.

    Else an outage of three samples is seen twice or once, by the moment. No other number changes.
    """
    before = f'{ERRORS}{{service="{service}"}}'
    three = f"sum_over_time({before}[46s]) >= bool 3 unless {before} offset 1m == 1"
    return f"clamp_max(({failed}) + (sum({three}) or vector(0)), 1)"


def _total(service: Service) -> Counters:
    return read_counters((service.sli and service.sli.total) or "")


def _events(service: Service, rates: "_Rates") -> _Sli:
    """Events per second, counted as the ledger counts them."""
    all_, sli = rates.total, service.sli
    part = read_counters((sli and (sli.errors or sli.good)) or "")
    total = rates.of(all_)
    if sli is not None and sli.errors is not None:
        # Of what never failed there may be no series.
        return _Sli(f"{rates.of(part)} or 0 * {total}", total)
    left = Counters((*all_.added, *part.taken), (*all_.taken, *part.added))
    return _Sli(rates.of(left), total)


@dataclass(frozen=True, slots=True)
class _Rates:
    """How counters become events per second over so many seconds, of events that are in total."""

    seconds: int
    replicas: tuple[str, ...]
    total: Counters

    def of(self, counters: Counters) -> str:
        """Return what the counters gained together; no series of them hides another's."""
        if len(counters.added) == 1 and not counters.taken:
            return self._gained(counters.added[0])
        signed = [(1, one) for one in counters.added] + [(-1, one) for one in counters.taken]
        parts = (
            f'label_replace({sign} * {self._gained(one)}, "part", "{number}", "", "")'
            for number, (sign, one) in enumerate(signed)
        )
        return f"clamp_min(sum({' or '.join(parts)}), 0)"

    def _gained(self, selector: str) -> str:
        """Rate before sum, so that a restart of one target counts nothing wrong.

        A series that was born while its target was scraped begins at zero, which `rate` does not
        know; one of a metric that is new altogether does not count. A rate that is NaN is none.
        """
        ago = f"offset {self.seconds}s"
        seen = " or ".join(f"{one} {ago}" for one in self.total.added)
        target = ", ".join(("job", "instance", *self.replicas))
        born = (
            f"{selector} unless {selector} {ago} and on ({target}) up {ago} == 1"
            f" and on () count({seen})"
        )
        gained = f"({born}) / {self.seconds} or rate({selector}[{self.seconds}s])"
        one = f"max without ({', '.join(self.replicas)}) ({gained})" if self.replicas else gained
        return f"sum(({one}) >= 0)"


def _composite(components: tuple[str, ...], need: int | None) -> _Sli:
    """Up where enough components are; one in maintenance fails nothing."""
    these = "|".join(name.replace(".", "\\\\.") for name in components)
    spare = len(components) - (need or len(components))
    down = f'(count(service:down_now:bool{{service=~"{these}"}} == 1) or vector(0))'
    known = f'count({TOTAL}{{service=~"{these}"}})'
    failed = f"{down} > {spare}"
    working = f"{known} - {down} >= {len(components) - spare}"
    return _Sli(
        f"({failed}) * 0 + 1 or ({working}) * 0",
        f"({failed} or {working}) >= bool 0",
    )


class _Dumper(yaml.SafeDumper):
    """Expressions of several lines as they are read."""


def _string(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _string)
