"""October of an estate as people have it: blackbox_exporter, node_exporter, Gatus, two replicas."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from sla_engine.domain.interval import Interval
from tests.past import Pair

HOUR = 3_600_000
OCTOBER = Interval(1_790_812_800_000, 1_793_491_200_000)
STEP = 300_000  # coarse, so that a month is quickly made
SHOP = 'job="blackbox",instance="https://shop.example/"'
NODE = 'job="node",instance="10.0.0.1:9100"'


def series(
    down: Iterable[tuple[int, int]] = (),
    gone: Iterable[tuple[int, int]] = (),
    *,
    offset: int = 7_000,
    step: int = STEP,
) -> tuple[Pair, ...]:
    """Return samples of October and an hour before; ``down`` and ``gone`` in ms after its start."""
    off, lost = tuple(down), tuple(gone)
    return tuple(
        (time, int(not _in(off, time)))
        for time in range(OCTOBER.start - HOUR + offset, OCTOBER.end, step)
        if not _in(lost, time)
    )


def _in(spans: tuple[tuple[int, int], ...], time: int) -> bool:
    return any(start <= time - OCTOBER.start < end for start, end in spans)


DAY = 24 * HOUR
METRICS: Mapping[str, Mapping[str, tuple[Pair, ...]]] = {
    "probe_success": {
        SHOP: series(down=((3 * DAY, 3 * DAY + 40 * 60_000),)),
        'job="blackbox",instance="https://api.example/"': series(gone=((9 * DAY, 10 * DAY),)),
        'job="pair",instance="mail:25",replica="a"': series(
            down=((5 * DAY, 5 * DAY + HOUR),), gone=((7 * DAY, 8 * DAY),)
        ),
        'job="pair",instance="mail:25",replica="b"': series(
            down=((5 * DAY, 5 * DAY + HOUR),), offset=9_000
        ),
    },
    "up": {
        SHOP: series(),
        NODE: series(down=((12 * DAY, 12 * DAY + 25 * 60_000),), step=600_000),  # restarted
        'job="node",instance="10.0.0.2:9100"': series(gone=((-HOUR, 15 * DAY),)),  # since the 16th
        'job="gatus",instance="gatus:8080"': series(),
    },
    "gatus_results_endpoint_success": {
        'job="gatus",instance="gatus:8080",key="core_front-end",group="core",name="front-end"'
        ',type="HTTP"': series(down=((20 * DAY, 20 * DAY + 3 * HOUR),)),
    },
    "monitor_status": {
        'job="kuma",instance="kuma:3001",monitor_name="Intranet",monitor_type="http"': series(),
    },
}


SLO = 'sloth_id="web-ok",sloth_service="web",sloth_slo="ok"'
FAILED, ALL = 'sum(rate(hits_total{code=~"5.."}[5m]))', "sum(rate(hits_total[5m]))"
RULES = f"""\
groups:
  - name: sloth
    rules:
      - record: slo:sli_error:ratio_rate5m
        expr: ({FAILED}) / ({ALL})
        labels: {{sloth_id: web-ok}}
"""
CONFIG = "global: {scrape_interval: 15s}\nrule_files: [sloth.yml]\n"


def _events() -> Iterator[str]:
    """Yield an SLO of Sloth: ten requests every five minutes, all failed for two hours."""
    times = range(OCTOBER.start - HOUR + 7_000, OCTOBER.end, STEP)
    yield "# TYPE hits counter\n"
    for code in ("200", "500"):
        count = 0
        for time in times:
            broken = 6 * DAY <= time - OCTOBER.start < 6 * DAY + 2 * HOUR
            count += 10 if broken is (code == "500") else 0
            labels = f'job="web",instance="w:80",code="{code}"'
            yield f"hits_total{{{labels}}} {count} {time / 1000:.3f}\n"
    for metric, value in (("sloth_slo_info", 1), ("slo:objective:ratio", 0.995),
                          ("slo:time_period:days", 30)):  # fmt: skip
        yield f"# TYPE {metric} gauge\n"
        yield from (f"{metric}{{{SLO}}} {value} {time / 1000:.3f}\n" for time in times)


def write(out: TextIO) -> None:
    """Write the month as OpenMetrics text."""
    out.writelines(_lines())


def _lines() -> Iterator[str]:
    for metric, some in METRICS.items():
        yield f"# TYPE {metric} gauge\n"
        for labels, samples in some.items():
            yield from (f"{metric}{{{labels}}} {v} {t / 1000:.3f}\n" for t, v in samples)
    yield from _events()
    yield "# EOF\n"
