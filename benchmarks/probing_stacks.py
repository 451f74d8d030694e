"""Our exporter, and blackbox_exporter, each with a Prometheus of its own, on the same targets."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil
import requests

from benchmarks.cpu import cpu_seconds
from tests.programs.ports import free_port
from tests.programs.process import find_program, running, stop

INTERVAL = "15s"
LIMITS = {"timeout": "9500ms"}
"""What blackbox_exporter leaves of a scrape's 10 s."""
MODULES = {
    "http": {"prober": "http", "http": {"preferred_ip_protocol": "ip4"}},
    "https": {"prober": "http", "http": {"preferred_ip_protocol": "ip4"}},
    "tcp": {"prober": "tcp", "tcp": {"preferred_ip_protocol": "ip4"}},
    "dns": {
        "prober": "dns",
        "dns": {"preferred_ip_protocol": "ip4", "query_name": "example.org", "query_type": "A"},
    },
    "icmp": {"prober": "icmp", "icmp": {"preferred_ip_protocol": "ip4"}},
}


class Prober(NamedTuple):
    """Our exporter, and where it listens."""

    process: psutil.Process
    address: str


@dataclass(frozen=True)
class Stack:
    """A prober and the Prometheus that stores what it finds."""

    prober: psutil.Process
    prometheus: psutil.Process
    url: str
    prometheus_url: str

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds of prober and Prometheus since they started."""
        return cpu_seconds(self.prober.pid), cpu_seconds(self.prometheus.pid)


@contextmanager
def target_server(folder: Path) -> Iterator[dict[str, int]]:
    """Run the targets; give their ports."""
    command = [sys.executable, "-m", "benchmarks.probe_targets", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            stop(process)


def targets(kind: str, count: int, ports: dict[str, int]) -> list[str]:
    """Return what blackbox_exporter is told to ask."""
    match kind:
        case "http" | "https":
            return [f"{kind}://127.0.0.1:{ports[kind]}/{i}" for i in range(count)]
        case "icmp":
            return [f"127.0.{i // 250}.{i % 250 + 1}" for i in range(count)]
    return [f"127.0.0.1:{ports[kind]}"] * count


def probe(kind: str, target: str, folder: Path) -> dict[str, object]:
    """Return the same question as our catalogue asks it."""
    match kind:
        case "http":
            return {"type": "http", "url": target}
        case "https":
            return {"type": "http", "url": target, "tls": {"ca_file": str(folder / "ca.pem")}}
        case "dns":
            return {"type": "dns", "server": target, "query": "example.org"}
    return {"type": kind, "target": target}


def catalogue(kind: str, asked: list[str], folder: Path, limits: dict[str, str]) -> Path:
    """Write services.yml: a service per target."""
    services = [
        {"id": f"s{i}", "name": f"S {i}", "probes": [probe(kind, target, folder) | limits]}
        for i, target in enumerate(asked)
    ]
    document = {"organization": "Benchmark", "timezone": "UTC", "services": services}
    path = folder / f"{kind}.yml"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@contextmanager
def program(
    folder: Path, name: str, command: list[str], ready: str, env: dict[str, str] | None = None
) -> Iterator[psutil.Process]:
    with running(command, ready_url=ready, log=folder / f"{name}.log", env=env) as process:
        yield psutil.Process(process.pid)


@contextmanager
def exporter(
    folder: Path, kind: str, asked: list[str], python: str, limits: dict[str, str] | None = None
) -> Iterator[Prober]:
    """Run our exporter without host collectors, by a Python of this one's version."""
    config = catalogue(kind, asked, folder, limits or LIMITS)
    address = f"127.0.0.1:{free_port()}"
    command = [
        *(python, "-m", "exporter", f"--config.file={config}"),
        *(f"--web.listen-address={address}", "--collector.disable-defaults"),
    ]
    env = {"PYTHONPATH": f"{Path.cwd()}:{sysconfig.get_paths()['purelib']}"}
    with program(folder, "ours", command, f"http://{address}/-/ready", env) as process:
        yield Prober(process, address)


@contextmanager
def prometheus(
    folder: Path, name: str, job: dict[str, object]
) -> Iterator[tuple[psutil.Process, str]]:
    config, url = folder / f"{name}.json", f"http://127.0.0.1:{free_port()}"
    document = {"global": {"scrape_interval": INTERVAL}, "scrape_configs": [job]}
    config.write_text(json.dumps(document), encoding="utf-8")
    command = [
        find_program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / name}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--log.level=warn",
    ]
    with program(folder, name, command, f"{url}/-/ready") as process:
        yield process, url


@contextmanager
def ours(
    folder: Path, kind: str, asked: list[str], python: str, limits: dict[str, str] | None = None
) -> Iterator[Stack]:
    """Run our exporter and Prometheus."""
    with ExitStack() as stack:
        prober = stack.enter_context(exporter(folder, kind, asked, python, limits))
        job = {"job_name": "sla-exporter", "static_configs": [{"targets": [prober.address]}]}
        storage, where = stack.enter_context(prometheus(folder, "ours-prometheus", job))
        yield Stack(prober.process, storage, f"http://{prober.address}", where)


@contextmanager
def theirs(
    folder: Path, kind: str, asked: list[str], timeout: str | None = None
) -> Iterator[Stack]:
    """Run blackbox_exporter, and Prometheus with a scrape per target."""
    address = f"127.0.0.1:{free_port()}"
    modules = json.loads(json.dumps(MODULES))
    modules["https"]["http"]["tls_config"] = {"ca_file": str(folder / "ca.pem")}
    if timeout:
        modules[kind]["timeout"] = timeout
    config = folder / "blackbox.yml"
    config.write_text(json.dumps({"modules": modules}), encoding="utf-8")
    command = [
        find_program("prometheus-blackbox-exporter", "blackbox_exporter"),
        f"--config.file={config}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    job = {
        "job_name": "blackbox",
        "metrics_path": "/probe",
        "params": {"module": [kind]},
        "static_configs": [
            {"targets": [target], "labels": {"n": str(i)}} for i, target in enumerate(asked)
        ],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": address},
        ],
    }
    with ExitStack() as stack:
        url = f"http://{address}"
        prober = stack.enter_context(program(folder, "theirs", command, f"{url}/-/healthy"))
        storage, where = stack.enter_context(prometheus(folder, "theirs-prometheus", job))
        yield Stack(prober, storage, url, where)


def up(stack: Stack, query: str) -> int:
    """Return what a query of one number gives; 0 without a sample."""
    answer = requests.get(
        f"{stack.prometheus_url}/api/v1/query", params={"query": query}, timeout=10
    ).json()
    return int(float(answer["data"]["result"][0]["value"][1])) if answer["data"]["result"] else 0
