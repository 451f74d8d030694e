"""Wait until every program answers, then say where to look."""

import time
from collections.abc import Iterator

import requests

from stack.layout import Layout

READY_PATHS = {
    "prometheus": "/-/ready",
    "alertmanager": "/-/ready",
    "exporter": "/-/ready",
    "engine": "/-/ready",
}


def await_ready(layout: Layout, seconds: float) -> list[str]:
    """Return when all answer, or the time is up; return the names of those that do not."""
    deadline = time.monotonic() + seconds
    while (waiting := list(_not_ready(layout))) and time.monotonic() < deadline:
        time.sleep(0.1)
    return waiting


def _not_ready(layout: Layout) -> Iterator[str]:
    for program, path in READY_PATHS.items():
        try:
            if requests.get(layout.url(program) + path, timeout=2).ok:
                continue
        except requests.RequestException:
            pass  # not listening yet
        yield program


def where_to_look(layout: Layout) -> str:
    """Return the text for the terminal."""
    return f"""
  Uptime Ledger runs. Where to look:

    status page     {layout.url("engine")}/
    Prometheus      {layout.url("prometheus")}/targets   (try sla_availability_ratio or service_up)
    Alertmanager    {layout.url("alertmanager")}/
    exporter        {layout.url("exporter")}/metrics
    services        {layout.services}
    data            {layout.var}

  Ctrl-C stops everything.
"""
