"""Wait until every program answers, then say where to look."""

import time
from collections.abc import Iterator

import requests

from service_catalogue import says_nothing
from stack.layout import ROOT, Layout

COMMAND = f"{ROOT / '.venv/bin/sla-engine'}"

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


def _moved(layout: Layout, wanted: dict[str, int]) -> str:
    """Return a line for each port that was taken, by what is not ours to disturb."""
    moved = {name: port for name, port in layout.ports.items() if wanted[name] != port}
    said = [f"\n  {name}: {wanted[name]} is taken, so {port}" for name, port in moved.items()]
    return "".join(said) + "\n" * bool(said)


def where_to_look(layout: Layout, wanted: dict[str, int]) -> str:
    """Return the text for the terminal; ``wanted`` are the ports that were tried first."""
    empty = says_nothing(layout.services)
    services = f"{layout.services}" + ("   (empty: the status page says how to begin)" * empty)
    return f"""{_moved(layout, wanted)}
  Uptime Ledger runs. Where to look:

    status page     {layout.url("engine")}/
    Prometheus      {layout.url("prometheus")}/targets   (try sla_availability_ratio or service_up)
    Alertmanager    {layout.url("alertmanager")}/
    exporter        {layout.url("exporter")}/metrics
    services        {services}
    data            {layout.var}

  In another terminal, with these ports and this ledger by themselves:

    {COMMAND} report --period=this-month
    {COMMAND} doctor

  Ctrl-C stops everything.
"""
