"""Is a report right on every server as people have it, or does it say why not?

    python -m benchmarks.discovered [--only WORDS] [--quick] [--update]

Prints the table of docs/discover.md; every row is a report of `report --discover` on a real server,
compared with the audit's oracle, which shares no code with the engine, and what it said. Exit code
1 where one is wrong. `--update` writes the table into the page.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.discovered.cases import cases
from benchmarks.discovered.table import judged

_PAGE = Path(__file__).parents[2] / "docs/discover.md"
HEAD = "| server | what the report says | |\n|---|---|---|\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.discovered")
    parser.add_argument("--only", default="", metavar="WORDS", help="rows with these in the title")
    parser.add_argument("--quick", action="store_true", help="without the row of 10,000 series")
    parser.add_argument("--update", action="store_true", help="write docs/discover.md")
    options = parser.parse_args(arguments)
    chosen = [case for case in cases() if options.only in case.title]
    chosen = [case for case in chosen if not (options.quick and case.server == "many")]
    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        for one in judged(chosen, Path(folder)):
            took, begun = time.perf_counter() - begun, time.perf_counter()
            rows.append(row(one.case.title, one.case.note, refused=bool(one.case.code)))
            verdict = "wrong" if one.wrong else "right"
            sys.stdout.write(
                f"{verdict} {one.case.title} ({one.services} services, {took:.1f} s)\n"
            )
            sys.stdout.writelines(f"    {line}\n" for line in one.wrong[:20])
            wrong += bool(one.wrong)
            sys.stdout.flush()
    sys.stdout.write(f"\n{HEAD}{''.join(rows)}\n{len(rows)} rows, {wrong} wrong\n")
    if options.update and not wrong and not (options.only or options.quick):
        _update("".join(rows))
    return 1 if wrong or not rows else 0


def row(title: str, note: str, *, refused: bool) -> str:
    """Return a row of the table."""
    return f"| {title} | {note} | {'refused' if refused else 'right'} |\n"


def _update(rows: str) -> None:
    text = _PAGE.read_text("utf-8")
    before, _, rest = text.partition(HEAD)
    after = "\n" + rest.partition("\n\n")[2]
    _PAGE.write_text(before + HEAD + rows + after, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
