"""Probes, one file per type, each asks its target once; imported by services."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from exporter.probes import (
    command,
    dns,
    file,
    grpc,
    http,
    icmp,
    imap,
    mysql,
    ntp,
    postgres,
    process,
    redis,
    smtp,
    ssh,
    systemd,
    tcp,
    tls,
)
from exporter.probes.transport.run import Run

ProbeFunction = Callable[[Any, Run], Awaitable[None]]
"""Takes the catalogue's model of its type; a failure is a ProbeError, measures go to the run."""

PROBES: Final[dict[str, ProbeFunction]] = {
    "command": command.probe,
    "dns": dns.probe,
    "file": file.probe,
    "grpc": grpc.probe,
    "http": http.probe,
    "icmp": icmp.probe,
    "imap": imap.probe,
    "mysql": mysql.probe,
    "ntp": ntp.probe,
    "postgres": postgres.probe,
    "process": process.probe,
    "redis": redis.probe,
    "smtp": smtp.probe,
    "ssh": ssh.probe,
    "systemd": systemd.probe,
    "tcp": tcp.probe,
    "tls": tls.probe,
}
