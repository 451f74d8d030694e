"""What servers say first."""

import re

from exporter.probes.transport.pattern import search
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run


async def judge(
    run: Run, text: bytes, protocol: str, expect: str | None = None, *, refusal: str | None = None
) -> None:
    """Accept a greeting that is of the protocol and, beyond that, as expected.

    Raises:
        ProbeError: it is not; ``status`` where it is the protocol's ``refusal``.
    """
    if refusal and re.match(refusal.encode(), text):
        raise ProbeError("status", text[:80].decode("utf-8", "replace"))
    if not re.match(protocol.encode(), text):
        raise ProbeError("protocol", f"greeted with {text[:80]!r}")
    if expect and not await search(expect, text, run):
        raise ProbeError("answer", f"nothing matches {expect!r} in {text[:80]!r}")
