"""The day before a run, as OpenMetrics: samples as if scraped, and what our rules record of them.

All was well then, so that the sums of our rules are known; Sloth's look at samples alone.
"""

from collections.abc import Iterator

from benchmarks.situations.night import PROBES, Night, service_lines

STEP = 15
DAY = 86400


def past(found: list[Night], begin: int) -> Iterator[str]:
    """Yield the lines for a run that begins at a time (epoch seconds)."""
    raw: dict[str, list[tuple[str, Night]]] = {}
    for night in found:
        for line in service_lines(night, -1e6 if night.given.get("born") is None else 0):
            series = line.rpartition(" ")[0]
            raw.setdefault(series.partition("{")[0], []).append((series, night))
    for metric, listed in raw.items():
        if metric.startswith("service_tls"):
            continue
        kind = "counter" if metric.endswith("_total") else "gauge"
        yield f"# TYPE {metric.removesuffix('_total')} {kind}\n"
        for name, night in listed:
            yield _scraped(name, night, begin)
    yield from _recorded(found, begin)
    yield "# EOF\n"


def _scraped(series: str, night: Night, begin: int) -> str:
    job, instance = _home(night)
    head = f'{series[:-1]},job="{job}",instance="{instance}"}} '
    text = []
    for time in range(begin - DAY, begin, STEP):
        minute = (time - begin) / 60 - night.at
        if night.has_data(minute):
            text.append(f"{head}{_value(series, night, minute)} {time}\n")
    return "".join(text)


def _value(series: str, night: Night, minute: float) -> float:
    if "rate" not in night.given:
        return 1
    total, failed = night.counters(minute)
    return total - failed if 'code="200"' in series else failed


def _home(night: Night) -> tuple[str, str]:
    if not night.given.get("exporter"):
        return PROBES
    (target,) = night.targets
    return target, f"{target}:9100"


def _recorded(found: list[Night], begin: int) -> Iterator[str]:
    for name, step, since, factor in (("rate", 30, 3600, 1), ("sum5m", 300, DAY, 10)):
        for kind in ("total", "errors"):
            metric = f"service:sli_{kind}:{name}"
            yield f"# TYPE {metric} gauge\n"
            for night in found:
                rate = night.given.get("rate", 1) if kind == "total" else 0
                for service in night.services:
                    yield "".join(
                        f'{metric}{{service="{service}"}} {rate * factor} {time}\n'
                        for time in range(begin - since, begin - 60, step)
                        if night.has_data((time - begin) / 60 - night.at)
                    )
