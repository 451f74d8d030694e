"""The opening handshake of WebSocket (RFC 6455, section 4)."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from typing import Final

from exporter.probes.transport.result import ProbeError

_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHING: Final = 101
_OFFERS: Final = ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")


def handshake_headers(key: str) -> dict[str, str]:
    """Return what asks for WebSocket; the key is 16 random bytes in base64."""
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
    }


def judge_handshake(
    key: str,
    status: int,
    values: Callable[[str], Sequence[str]],
    asked: Mapping[str, str],
) -> None:
    """Accept an answer that begins a WebSocket connection, as section 4.1 has it.

    Args:
        key: what was sent.
        status: of the answer.
        values: gives what a header of the answer says.
        asked: the catalogue's headers, which may offer protocols and extensions.

    Raises:
        ProbeError: it does not.
    """
    if status != _SWITCHING:
        raise ProbeError("status", f"{status}, not {_SWITCHING}")
    digest = sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()
    expected = b64encode(digest).decode()
    if _told(values, "Upgrade").lower() != "websocket":
        raise ProbeError("protocol", f"Upgrade: {_told(values, 'Upgrade')[:80]!r}")
    if "upgrade" not in _tokens(_told(values, "Connection")):
        raise ProbeError("protocol", f"Connection: {_told(values, 'Connection')[:80]!r}")
    if _told(values, "Sec-WebSocket-Accept") != expected:
        raise ProbeError("protocol", "Sec-WebSocket-Accept does not answer our key")
    offered = {name.lower(): text for name, text in asked.items()}
    for name in _OFFERS:
        chosen, may = _tokens(_told(values, name)), _tokens(offered.get(name.lower(), ""))
        if not chosen <= may:
            raise ProbeError("protocol", f"{name}: {', '.join(sorted(chosen - may))[:80]!r}")


def _told(values: Callable[[str], Sequence[str]], name: str) -> str:
    return (values(name) or [""])[-1]


def _tokens(text: str) -> set[str]:
    """Return the items of a list, without their parameters."""
    return {part.partition(";")[0].strip().lower() for part in text.split(",") if part.strip()}
