"""What a server holds and says of itself: series by name, recording rules, version, targets."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sla_engine.domain.interval import Interval
from sla_engine.prometheus import promql
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import AnswerError, LimitError, PrometheusError

MOST_SERIES = 20_000
"""How many series of one name are asked for; more are left out by name."""

Labels = Mapping[str, str]


class Rule(NamedTuple):
    """A recording rule: the name of its series, its expression, the labels that it adds."""

    record: str
    expression: str
    labels: Labels


class Inventory(NamedTuple):
    """What was found in a period.

    ``series`` are the labels of each by name of the metric, ``values`` the last values of some
    metrics with their labels, ``failed`` says by name why series could not be had, and
    ``rules_failed`` why rules could not.
    """

    series: Mapping[str, tuple[Labels, ...]]
    values: Mapping[str, tuple[tuple[Labels, float], ...]] = MappingProxyType({})
    rules: tuple[Rule, ...] = ()
    failed: Mapping[str, str] = MappingProxyType({})
    rules_failed: str | None = None


def inventory(
    client: Client,
    names: Sequence[str],
    valued: Sequence[str],
    period: Interval,
    matchers: str = "",
) -> Inventory:
    """Return which series of these names have samples in a period (ms UTC).

    Args:
        client: the server to ask.
        names: of metrics whose series are wanted; one question each.
        valued: of metrics whose last values are wanted, too; a few series each.
        period: when they must have a sample.
        matchers: narrows the series, such as ``job="blackbox"``.

    Raises:
        PrometheusError: it does not answer at all; what fails alone is named in the inventory.
    """
    client.instant("vector(1)", period.end - 1)
    series: dict[str, tuple[Labels, ...]] = {}
    failed: dict[str, str] = {}
    for name in names:
        try:
            found = client.series(
                f"{name}{{{matchers}}}", period.start, period.end - 1, MOST_SERIES + 1
            )
        except PrometheusError as error:
            failed[name] = str(error)
            continue
        if len(found) > MOST_SERIES:
            failed[name] = f"it has more than {MOST_SERIES} series"
        elif found:
            series[name] = found
    values = {name: _values(client, name, period.end - 1) for name in valued}
    try:
        rules, problem = recording_rules(client), None
    except PrometheusError as error:
        rules, problem = (), str(error)
    return Inventory(series, values, rules, failed, problem)


def _values(client: Client, name: str, at: int) -> tuple[tuple[Labels, float], ...]:
    """Return the last values of a metric's series of the hour before; none where it fails."""
    try:
        answer = client.instant(promql.last_known(name), at)
    except (LimitError, AnswerError):
        return ()
    return tuple((one.labels, float(one.values[-1])) for one in answer.series if one.values.size)


def recording_rules(client: Client) -> tuple[Rule, ...]:
    """Return the recording rules that the server has loaded.

    Raises:
        PrometheusError: it does not tell.
    """
    data = client.document("rules", {"type": "record"})
    try:
        return tuple(
            Rule(one["name"], one["query"], one.get("labels") or {})
            for group in data["groups"]
            for one in group["rules"]
            if one.get("type") == "recording"
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise AnswerError(f"{client.url}: its rules are not as Prometheus has them") from error


_NOT_SET = (None, "0s", "0")
"""What a server's flag says where nobody gave it: its own default, or a size, holds then."""


class Build(NamedTuple):
    """Which Prometheus it is, and for how long it keeps samples, as far as it says so.

    Servers that only speak its API count their versions in their own way, and have none here.
    """

    version: str | None
    retention: str | None


def build(client: Client) -> Build:
    """Return what a server says of itself; what it does not say is None.

    Raises:
        UnreachableError: it does not answer at all.
    """
    kept = _said(client, "status/flags", "storage.tsdb.retention.time")
    if kept in _NOT_SET:
        kept = _said(client, "status/runtimeinfo", "storageRetention")
    return Build(_version(client), None if kept in _NOT_SET else kept)


def _version(client: Client) -> str | None:
    """Return a version of Prometheus: VictoriaMetrics tells no Go, Mimir an application."""
    try:
        told: Any = client.document("status/buildinfo")
    except PrometheusError:
        return None
    if not isinstance(told, dict) or "goVersion" not in told:
        return None
    version, application = told.get("version"), told.get("application", "Prometheus")
    theirs = application == "Prometheus" and not str(version).startswith(("0.", "v0."))
    return version if theirs and isinstance(version, str) else None


def _said(client: Client, path: str, key: str) -> str | None:
    try:
        document: Any = client.document(path)
    except PrometheusError:
        return None
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) and value else None
