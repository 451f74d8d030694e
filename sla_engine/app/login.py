"""Who is logged in on this machine, and whether that is one person."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sla_engine.domain.actor import machine_login

_NOBODY = 4_294_967_295
_FIRST_PERSON, _NOBODYS = 1000, 65_534
_CONTAINERS = ("/.dockerenv", "/run/.containerenv")


class Login(NamedTuple):
    """The login as the ledger keeps it; ``shared`` says why several people may be behind it."""

    name: str
    shared: str | None = None

    @property
    def account(self) -> str:
        """Return the name of the account."""
        return self.name.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Machine:
    """What tells who is logged in: the process' user, its environment, the kernel's word."""

    uid: int
    environment: Mapping[str, str]
    audit_uid: int | None
    contained: bool


def this_machine() -> Machine:
    """Return what this process knows of itself."""
    variables = ("container", "KUBERNETES_SERVICE_HOST")
    contained = any(map(os.environ.get, variables)) or any(Path(p).exists() for p in _CONTAINERS)
    return Machine(os.getuid(), os.environ, _audit_uid(), contained)


def _audit_uid() -> int | None:
    """Return who logged in as the kernel knows it through su and sudo; None where it does not."""
    try:
        uid = int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return None
    return None if uid == _NOBODY else uid


def login(machine: Machine | None = None) -> Login:
    """Return who is logged in: who called sudo, else whose process it is.

    ``SUDO_USER`` is believed of root alone, and only where the kernel does not name another.
    """
    here = machine or this_machine()
    if here.contained:
        return Login(machine_login(_account(here.uid)), "in a container all have one login")
    if here.uid == 0:
        if here.audit_uid:
            return _person(here.audit_uid)
        caller = here.environment.get("SUDO_USER", "")
        if caller not in {"", "root"}:
            return Login(machine_login(caller))
        return Login(machine_login("root"), "root may be anybody")
    return _person(here.uid)


def _person(uid: int) -> Login:
    named = Login(machine_login(_account(uid)))
    if uid < _FIRST_PERSON or uid >= _NOBODYS:
        return named._replace(shared=f"{named.account} is the account of a service, of no person")
    return named


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
