"""The example catalogue, fitted to where the stack listens and to what resolves here."""

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import yaml

from stack.layout import PREFERRED, ROOT

EXAMPLE = ROOT / "examples" / "services.yml"


def adapted_example(
    text: str, ports: dict[str, int], resolves: Callable[[str], bool]
) -> tuple[str, list[str]]:
    """Return the catalogue with the stack's real ports, and the ids of the services left out.

    A service is left out when a name that it needs does not resolve: on a machine without
    Internet access it would be an outage that nobody can end.
    """
    for program, port in PREFERRED.items():
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:<{program}>")
    for program, port in ports.items():
        text = text.replace(f"127.0.0.1:<{program}>", f"127.0.0.1:{port}")
    document = yaml.safe_load(text)
    services = document["services"]
    kept = [service for service in services if all(map(resolves, _names(service)))]
    document["services"] = kept
    left_out = [service["id"] for service in services if service not in kept]
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True), left_out


def _names(service: dict[str, Any]) -> list[str]:
    """Return the host names that a service's probes need."""
    names = []
    for probe in service.get("probes", ()):
        place = probe.get("url") or f"//{probe.get('target') or probe.get('name', '')}"
        names.append(urlsplit(place).hostname or "")
    return [name for name in names if name]


def resolves(name: str) -> bool:
    """Return whether the name has an address."""
    try:
        return bool(socket.getaddrinfo(name, None))
    except OSError:
        return False
