"""Free ports on loopback."""

import secrets
import socket

# Under Linux's ephemeral range (32768 up): no outgoing connection takes the port between the
# look and the program's bind. Random, not counted, so that parallel workers seldom meet.
_RANGE = (10_000, 32_000)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nobody listens now."""
    for _ in range(100):
        port = _RANGE[0] + secrets.randbelow(_RANGE[1] - _RANGE[0])
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port found in 100 tries")
