"""Secrets from files, read at every use: they rotate."""

from pathlib import Path

from exporter.probes.transport.connect import CAUSES
from exporter.probes.transport.result import HinderedError
from exporter.probes.transport.run import Run


async def secret(path: Path, run: Run) -> str:
    """Return a file's text without the line end.

    Raises:
        HinderedError: it cannot be read.
    """
    try:
        return (await secret_bytes(path, run)).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise HinderedError("file", f"{path}: {error}") from error


async def secret_bytes(path: Path, run: Run) -> bytes:
    """Return a file's content as it is.

    Raises:
        HinderedError: it cannot be read.
    """
    try:
        return await run.network.blocking.call(("secret", path), path.read_bytes)
    except OSError as error:
        cause = CAUSES.get(error.errno or 0, "file")
        raise HinderedError(cause, f"{path}: {error.strerror or error}") from error
