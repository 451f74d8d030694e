"""Programs that probes run."""

import asyncio
import errno
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from exporter.children import watched
from exporter.probes.transport.connect import CAUSES
from exporter.probes.transport.result import Cause, HinderedError
from exporter.probes.transport.run import Run

_LONGEST = 64 * 1024
_PATIENCE = 5.0  # seconds for a killed program to be gone, also on a busy machine


class Finished(NamedTuple):
    """A program's exit code (negative: the signal that ended it) and the start of its output."""

    code: int
    output: str


async def finished(command: Sequence[str], run: Run) -> Finished:
    """Run a program to its end; whoever is cancelled ends it and its children.

    Raises:
        HinderedError: it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise HinderedError(_cause(error), f"{command[0]}: {error.strerror}") from error
    try:
        with watched(process.pid), run.phase("processing"):
            output = await _output(process)
            return Finished(await process.wait(), output.decode("utf-8", "replace"))
    finally:
        await _release(process)


def _cause(error: OSError) -> Cause:
    """Return why a program could not be started; EAGAIN is the limit on processes."""
    return "processes" if error.errno == errno.EAGAIN else CAUSES.get(error.errno or 0, "file")


async def _release(process: asyncio.subprocess.Process) -> None:
    """Release the pipe of a program that was killed."""
    if process.returncode is None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await process.communicate()
    process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 - has no public name


async def _output(process: asyncio.subprocess.Process) -> bytes:
    kept = bytearray()
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    while part := await process.stdout.read(_LONGEST):
        kept += part[: _LONGEST - len(kept)]
    return bytes(kept)
