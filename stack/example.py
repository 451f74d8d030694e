"""The example catalogue, fitted to where the stack listens and to what resolves here."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import yaml

from stack.layout import PREFERRED, ROOT

EXAMPLE = ROOT / "examples" / "services.yml"
NAME_SERVER = "127.0.0.53:53"  # in the example, in place of this machine's own


def adapted_example(
    text: str,
    ports: dict[str, int],
    resolves: Callable[[str], bool],
    name_server: str = NAME_SERVER,
) -> tuple[str, list[str]]:
    """Return the catalogue with real ports and name server, and the ids of what was left out.

    A service is left out when a name that it needs does not resolve: on a machine without
    Internet access it would be an outage that nobody can end.
    """
    for program, port in PREFERRED.items():
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:<{program}>")
    for program, port in ports.items():
        text = text.replace(f"127.0.0.1:<{program}>", f"127.0.0.1:{port}")
    document = yaml.safe_load(text.replace(NAME_SERVER, name_server))
    services = document["services"]
    kept = [service for service in services if all(map(resolves, _names(service)))]
    document["services"] = kept
    left_out = [service["id"] for service in services if service not in kept]
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True), left_out


def _names(service: dict[str, Any]) -> list[str]:
    """Return the host names that a service's probes need."""
    names = []
    for probe in service.get("probes", ()):
        place = probe.get("url") or f"//{probe.get('target') or probe.get('query', '')}"
        names.append(urlsplit(place).hostname or "")
    return [name for name in names if name]


def own_name_server(resolv_conf: str) -> str:
    """Return the first name server of a resolv.conf as host:port."""
    for line in resolv_conf.splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1:
            return f"[{words[1]}]:53" if ":" in words[1] else f"{words[1]}:53"
    return NAME_SERVER


def resolves(name: str) -> bool:
    """Return whether the name has an address."""
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False
