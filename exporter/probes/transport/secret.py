"""Secrets from files, read at every use: they rotate."""

from functools import partial
from pathlib import Path

from exporter.probes.transport.connect import CAUSES
from exporter.probes.transport.result import HinderedError
from exporter.probes.transport.run import Run


async def secret(path: Path, run: Run) -> str:
    """Return a file's content without the line end.

    Raises:
        HinderedError: it cannot be read.
    """
    try:
        text = await run.network.blocking.call(("secret", path), partial(path.read_text, "utf-8"))
        return text.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        cause = CAUSES.get(getattr(error, "errno", None) or 0, "file")
        raise HinderedError(cause, f"{path}: {why}") from error
