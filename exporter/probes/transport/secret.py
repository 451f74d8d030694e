"""Secrets from files, read at every use: they rotate."""

import asyncio
from pathlib import Path

from exporter.probes.transport.result import ProbeError


async def secret(path: Path) -> str:
    """Return a file's content without the line end.

    Raises:
        ProbeError: it cannot be read.
    """
    try:
        return (await asyncio.to_thread(path.read_text, "utf-8")).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ProbeError("setup", f"{path}: {why}") from error
