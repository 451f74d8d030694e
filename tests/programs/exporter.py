"""The exporter as a process of its own."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from tests.programs.ports import free_port
from tests.programs.process import running


@dataclass(frozen=True)
class RunningExporter:
    """Where it serves and which process it is."""

    url: str
    process: Popen[bytes]
    log: Path


@contextmanager
def exporter(folder: Path, catalogue: str, *flags: str) -> Iterator[RunningExporter]:
    """Run the exporter on a catalogue's text until the block ends."""
    config, log = folder / "services.yml", folder / "exporter.log"
    config.write_text(catalogue, encoding="utf-8")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "exporter",
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
        *flags,
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, ready_url=f"{url}/-/ready", log=log) as process:
        yield RunningExporter(url, process, log)
