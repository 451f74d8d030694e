"""What a probe asks of its target, a model per type; imported by catalogue and probes."""

from typing import Annotated

from pydantic import Field

from service_catalogue.probes.base import AnyProbe, NetworkProbe, SourcedProbe, TlsPeer
from service_catalogue.probes.http import HttpProbe, OAuth2
from service_catalogue.probes.local import CommandProbe, FileProbe, ProcessProbe, SystemdProbe
from service_catalogue.probes.network import (
    DnsProbe,
    GrpcProbe,
    IcmpProbe,
    ImapProbe,
    MysqlProbe,
    NtpProbe,
    PostgresProbe,
    RedisProbe,
    SmtpProbe,
    SshProbe,
    Step,
    TcpProbe,
    TlsProbe,
)

Probe = Annotated[
    HttpProbe
    | TcpProbe
    | TlsProbe
    | DnsProbe
    | IcmpProbe
    | GrpcProbe
    | SshProbe
    | SmtpProbe
    | ImapProbe
    | PostgresProbe
    | MysqlProbe
    | RedisProbe
    | NtpProbe
    | CommandProbe
    | FileProbe
    | SystemdProbe
    | ProcessProbe,
    Field(discriminator="type"),
]

__all__ = [
    "AnyProbe",
    "CommandProbe",
    "DnsProbe",
    "FileProbe",
    "GrpcProbe",
    "HttpProbe",
    "IcmpProbe",
    "ImapProbe",
    "MysqlProbe",
    "NetworkProbe",
    "NtpProbe",
    "OAuth2",
    "PostgresProbe",
    "Probe",
    "ProcessProbe",
    "RedisProbe",
    "SmtpProbe",
    "SourcedProbe",
    "SshProbe",
    "Step",
    "SystemdProbe",
    "TcpProbe",
    "TlsPeer",
    "TlsProbe",
]
