"""Locks what is installed: exact versions with hashes, for every Python that the project allows.

``python -m deploy.lock`` keeps what is locked and still fits; with ``--upgrade`` it takes the
newest that the ranges allow. ``locks/base.txt`` holds what both programs need, ``locks/EXTRA.txt``
what an extra adds; extras share their versions, so that any of them can be installed together.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "locks"
BASE = "base"
WHOLE = "dev"  # the extra that asks for all others
_PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: tuple[str, ...] = tuple(_PROJECT["project"]["optional-dependencies"])
_HEADER = "# Written by `make lock` from pyproject.toml. Do not edit.\n"


def pins(text: str) -> list[str]:
    """Return the entries of a lock (``NAME==VERSION ; MARKER`` and the lines of its hashes)."""
    return re.findall(r"^\w[^\n]*\n(?: +--hash[^\n]*\n)*", text, re.MULTILINE)


def locked(extra: str) -> str:
    """Return the text of an extra's lock as committed, that of ``base`` included."""
    names = dict.fromkeys((BASE, extra))
    return "".join((LOCKS / f"{name}.txt").read_text(encoding="ascii") for name in names)


def build_requirements() -> list[str]:
    """Return what the project is built with: pip would fetch it by itself, without a hash."""
    requires: list[str] = _PROJECT["build-system"]["requires"]
    return requires


def resolve(*, upgrade: bool) -> dict[str, str]:
    """Return the text of each lock, by name; asks the package index."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.txt"
        if not upgrade:
            kept = "".join(p.read_text(encoding="ascii") for p in sorted(LOCKS.glob("*.txt")))
            whole.write_text("".join(dict.fromkeys(pins(kept))), encoding="ascii")
        _compile(whole, WHOLE)
        entries = pins(whole.read_text(encoding="ascii"))
        names = {BASE: _names_of(whole, None)}
        names |= {extra: _names_of(whole, extra) - names[BASE] for extra in EXTRAS}
    return {name: _text(name, wanted, entries) for name, wanted in names.items()}


def _text(name: str, wanted: set[str], entries: list[str]) -> str:
    head = _HEADER if name == BASE else f"{_HEADER}-r {BASE}.txt\n"
    return head + "".join(entry for entry in entries if _name(entry) in wanted)


def _names_of(whole: Path, extra: str | None) -> set[str]:
    part = whole.with_name("part.txt")
    part.unlink(missing_ok=True)
    _compile(part, extra, "--constraint", str(whole))
    return {_name(entry) for entry in pins(part.read_text(encoding="ascii"))}


def _name(entry: str) -> str:
    return entry.partition("==")[0]


def _compile(output: Path, extra: str | None, *flags: str) -> None:
    oldest = _PROJECT["project"]["requires-python"].removeprefix(">=")
    chosen = [] if extra is None else ["--extra", extra]
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--python-version", oldest, *chosen, *flags]
    command += ["--output-file", str(output), "pyproject.toml", "-"]
    subprocess.run(  # noqa: S603 - the project's own tool
        [sys.executable, "-m", *command],
        cwd=ROOT,
        input="\n".join(build_requirements()),
        text=True,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def main() -> None:
    """Write the locks, once all are resolved."""
    flags = argparse.ArgumentParser(prog="python -m deploy.lock", description=__doc__)
    flags.add_argument("--upgrade", action="store_true", help="take the newest versions")
    for name, text in resolve(upgrade=flags.parse_args().upgrade).items():
        (LOCKS / f"{name}.txt").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
