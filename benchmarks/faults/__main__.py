"""Run the cases and print a table: python -m benchmarks.faults [--short] [--runs 3] [--only TEXT].

``--write`` puts the table into docs/faults.md. A case that needs what this machine does not have
says so and is none that was kept.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults import (
    clients,
    clock,
    documents,
    engine,
    postgresql,
    prometheus,
    slack,
    sqlite,
)
from benchmarks.faults.case import Case
from benchmarks.faults.world import world
from tests.programs.postgresql import fresh_database, running_postgresql

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"
GROUPS = (engine, prometheus, postgresql, sqlite, clock, clients, documents, slack)
CASES: tuple[Case, ...] = tuple(case for group in GROUPS for case in group.CASES)
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def violations(case: Case, folder: Path) -> list[str]:
    """Run one case once; return what it violated, a fault of its own included."""
    with ExitStack() as stack:
        url = None
        if case.database == "postgresql":
            url = fresh_database(stack.enter_context(running_postgresql()), "ledger")
        made = stack.enter_context(world(folder, url))
        try:
            return list(case.run(made))
        except Exception as error:  # noqa: BLE001 - a promise of which nothing came is violated
            return [f"{type(error).__name__}: {error}"]


def rows(cases: Sequence[Case], runs: int) -> Iterator[tuple[Case, int, list[str]]]:
    """Run each case so many times; yield it with its runs and violations."""
    for case in cases:
        found: list[str] = []
        begun = time.monotonic()
        for _ in range(runs):
            with tempfile.TemporaryDirectory(prefix="faults-") as folder:
                found += violations(case, Path(folder))
        took = (time.monotonic() - begun) / runs
        print(f"{case.group}: {case.fault}: {len(found)} violations ({took:.0f} s)", flush=True)
        for text in found:
            print(f"  {text}", flush=True)
        yield case, runs, found


def table(found: Sequence[tuple[Case, int, list[str]]]) -> str:
    """Return the table of the documents."""
    lines = ["| fault | promise | runs | violations |", "|---|---|---|---|"]
    lines += [
        f"| {case.group}: {case.fault} | {case.promise} | {runs} | {len(wrong)} |"
        for case, runs, wrong in found
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; 1 where a promise was violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few cheap cases")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--write", action="store_true", help="write docs/faults.md")
    options = parser.parse_args(arguments)
    chosen = [
        case
        for case in CASES
        if (case.cheap or not options.short) and options.only in f"{case.group}: {case.fault}"
    ]
    found = list(rows(chosen, options.runs))
    text = table(found)
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        head, tail = page.partition(_BEGIN)[0], page.partition(_END)[2]
        said = f"Python {platform.python_version()}, {time.strftime('%Y-%m-%d', time.gmtime())}"
        PAGE.write_text(f"{head}{_BEGIN}\n{said}:\n\n{text}\n{_END}{tail}", encoding="utf-8")
    return int(any(wrong for _, _, wrong in found))


if __name__ == "__main__":
    sys.exit(main())
