"""A real VictoriaMetrics, with a past that it was given over HTTP."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.past import Pair
from tests.programs.newer import newer_program
from tests.programs.ports import free_port
from tests.programs.process import running


@contextmanager
def running_victoria(folder: Path, series: Mapping[str, Iterable[Pair]]) -> Iterator[str]:
    """Run it with samples by series (ms, value); yield its URL."""
    listen = f"127.0.0.1:{free_port()}"
    command = [
        newer_program("victoria-metrics"),
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr={listen}",
        "-retentionPeriod=100y",
        "-search.minStalenessInterval=6m",  # as docs/install.md says
    ]
    url = f"http://{listen}"
    with running(command, ready_url=f"{url}/health", log=folder / "log"):
        text = "".join(f"{n} {v} {t}\n" for n, samples in series.items() for t, v in samples)
        requests.post(f"{url}/api/v1/import/prometheus", data=text, timeout=60).raise_for_status()
        requests.get(f"{url}/internal/force_flush", timeout=60).raise_for_status()
        yield url
