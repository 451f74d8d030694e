"""The command line of the stack."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from service_catalogue import says_nothing
from stack.configs import write_configs
from stack.demo.story import tell
from stack.demo.world import QUICK, NotReadyError, Plan
from stack.example import EXAMPLE, adapted_example, own_name_server, resolves
from stack.layout import PREFERRED, ROOT, Layout, free_ports
from stack.leftovers import AlreadyRunningError, alone, end_orphans
from stack.ready import await_ready, where_to_look
from stack.reload import reload
from stack.supervisor import supervise

READY_SECONDS = 120


def main(arguments: Sequence[str]) -> int:
    """Run ``run``, ``reload`` or ``demo``; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "demo":
            return tell(QUICK if options.quick else Plan())
        if options.command == "reload":
            return reload(options.var.resolve())
        return _run(options)
    except (AlreadyRunningError, NotReadyError, OSError) as error:
        print(f"uptime-ledger: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="everything on this machine, in the foreground")
    run.add_argument(
        "--config.file",
        dest="services",
        type=Path,
        default=ROOT / "services.yml",
        metavar="FILE",
        help="the catalogue (default: services.yml; the example when that is missing)",
    )
    again = commands.add_parser("reload", help="have a running stack read services.yml again")
    for command in (run, again):
        command.add_argument("--var", type=Path, default=ROOT / "var", help="for files and data")
    run.add_argument("--scrape-interval", default="15s", metavar="DURATION")
    run.add_argument("--tick", default="30s", metavar="DURATION", help="the engine's")
    run.add_argument(
        "--port",
        dest="ports",
        action="append",
        default=[],
        type=_port,
        metavar="PROGRAM=PORT",
        help=f"of {', '.join(PREFERRED)}; the next free one is taken",
    )
    demo = commands.add_parser("demo", help="outages, notices and a report in three minutes")
    demo.add_argument("--quick", action="store_true", help="outages of seconds: for tests")
    return parser


def _port(text: str) -> tuple[str, int]:
    program, _, port = text.partition("=")
    if program not in PREFERRED or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not PROGRAM=PORT")
    return program, int(port)


def _run(options: argparse.Namespace) -> int:
    var = options.var.resolve()
    with alone(var):
        if ended := end_orphans(var):
            print(f"uptime-ledger: ended what a killed stack left running: {ended}")
        wanted = {**PREFERRED, **dict(options.ports)}
        ports = free_ports(wanted)
        services = _catalogue(options.services, var, ports)
        if not says_nothing(services) and not _is_valid(services):
            return 1
        layout = Layout(var, services, ports, options.scrape_interval, options.tick)
        write_configs(layout)
        procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
        return supervise(procfile, layout.environment(), meanwhile=lambda: _tell(layout, wanted))


def _is_valid(services: Path) -> bool:
    """Return whether the engine accepts the catalogue; it prints what is wrong."""
    command = [sys.executable, "-m", "sla_engine", "check", f"--config.file={services}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _catalogue(services: Path, var: Path, ports: dict[str, int]) -> Path:
    """Return the file to run on: the user's own as it is, or the example made to fit."""
    if services.exists() or services != ROOT / "services.yml":
        return services.resolve()
    resolv_conf = Path("/etc/resolv.conf")
    server = own_name_server(resolv_conf.read_text("utf-8") if resolv_conf.exists() else "")
    text, left_out = adapted_example(EXAMPLE.read_text("utf-8"), ports, resolves, server)
    for service in left_out:
        print(f"uptime-ledger: left out {service}: its name does not resolve here")
    path = var / "services.yml"
    path.write_text(text, encoding="utf-8")
    return path


def _tell(layout: Layout, wanted: dict[str, int]) -> None:
    waiting = await_ready(layout, READY_SECONDS)
    if waiting:
        print(f"uptime-ledger: not ready after {READY_SECONDS} s: {', '.join(waiting)}", flush=True)
    else:
        print(where_to_look(layout, wanted), flush=True)
