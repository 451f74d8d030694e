"""The recording rules of services that the generic ones cannot see, as a rule file.

``alert_rules/slo.rules.yml`` stands on two series per service: ``service:sli_total:observed``, what
could have gone well, and ``service:sli_errors:observed``, the part of it that did not. It makes
them itself from ``service_up``; here they are made for services by PromQL, by counters and of
components.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from service_catalogue.service import Service
from sla_engine.prometheus.promql import bracketed, is_selector, with_default

ERRORS: Final = "service:sli_errors:observed"
TOTAL: Final = "service:sli_total:observed"

_HEAD = "# Written by `sla-engine rules` from the catalogue; edits are lost.\n"
_INTERVAL = "30s"  # of the group `slo`, which reads these
_SHORTEST_RANGE = 120_000


class NoRuleError(ValueError):
    """A service's SLI cannot become a recording rule."""


@dataclass(frozen=True, slots=True)
class _Sli:
    errors: str
    total: str


def rule_file(
    services: Iterable[Service],
    scrape_interval: int | None = None,
    left_out: dict[str, str] | None = None,
) -> str:
    """Return the rule file of these services, in the order of their ids; probed ones need none.

    Args:
        services: of the catalogue.
        scrape_interval: milliseconds, where the service does not say; rates span four of them.
        left_out: takes the services of which there can be no rule, by id, each with why; without it
            the first is raised.

    Raises:
        NoRuleError: ``sli.good`` or ``sli.total`` is neither a selector nor a rate.
    """
    rules = [
        {"record": name, "expr": expression, "labels": {"service": service.id}}
        for service, sli in _slis(services, scrape_interval, left_out)
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
    services: Iterable[Service], interval: int | None, left_out: dict[str, str] | None
) -> Iterator[tuple[Service, _Sli]]:
    for service in sorted(services, key=lambda s: s.id):
        try:
            sli = _sli(service, interval)
        except NoRuleError as error:
            if left_out is None:
                raise
            left_out[service.id] = str(error)
            continue
        if sli is not None:
            yield service, sli


def _sli(service: Service, interval: int | None) -> _Sli | None:
    if service.method == "components":
        return _composite(service.components, service.need)
    if service.method == "promql":
        return _state(service)
    if service.method == "events":
        return _events(
            service, max(_SHORTEST_RANGE, 4 * (service.scrape_interval or interval or 0))
        )
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
        return _Sli(f"sum({states}) < bool {need} and {known}", f"({known}) >= bool 0")
    up = {
        "any": f"max({states})",
        "all": f"min({states})",
        "majority": f"((sum(2 * ({states}) - 1) != 0) > bool 0)",  # a tie is 0 exactly
    }[need]
    return _Sli(f"{up} < bool 0.5", f"{up} >= bool 0")


def _events(service: Service, span: int) -> _Sli:
    """Events per second; rate before sum, so that a restart of one target counts nothing wrong.

    A rate that is NaN is none: it passes no comparison, and makes no sum NaN.
    """
    sli = service.sli
    good = _rate(service.id, "good", (sli and sli.good) or "", span)
    total = _rate(service.id, "total", (sli and sli.total) or "", span)
    # No good series at all is no good event, as long as there are events.
    return _Sli(f"clamp_min({total} - ({good} or 0 * {total}), 0)", total)


def _rate(service: str, field: str, given: str, span: int) -> str:
    if is_selector(given):
        return f"sum(rate({given.strip()}[{span // 1000}s]) >= 0)"
    if "[" in given:
        return f"sum({bracketed(given)} >= 0)"
    raise NoRuleError(
        f"service {service!r}: sli.{field} is neither a selector of counters nor a rate"
    )


def _composite(components: tuple[str, ...], need: int | None) -> _Sli:
    """Up where enough components are; one in maintenance fails nothing."""
    these = "|".join(name.replace(".", "\\\\.") for name in components)
    spare = len(components) - (need or len(components))
    down = f'(count(service:down:bool{{service=~"{these}"}} == 1) or vector(0))'
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
