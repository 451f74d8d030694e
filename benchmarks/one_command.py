"""The README's picture of its one command: what a real run prints, on a month of an estate.

python -m benchmarks.one_command
"""

import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

import resvg_py

from tests.discovery.estate import CONFIG, RULES, write
from tests.programs.prometheus import create_blocks, running_prometheus

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "images" / "one-command.png"
SHOWN = "http://127.0.0.1:9090"
FLAGS = ("--period=2026-10", "--objective=99.9")
WIDTH, LINE, LETTER, EDGE = 132, 20, 8.43, 24


def printed() -> list[str]:
    """Return the lines that the command prints in a terminal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "october.om").open("w", encoding="utf-8") as out:
            write(out)
        create_blocks(folder / "prometheus", folder / "october.om", block="1000h")
        with running_prometheus(
            folder / "prometheus", config=CONFIG, files={"sloth.yml": RULES}
        ) as prometheus:
            command = [sys.executable, "-m", "sla_engine", "report", "--discover"]
            flags = [f"--prometheus.url={prometheus.url}", *FLAGS]
            done = subprocess.run(
                [*command, *flags], capture_output=True, text=True, check=True, cwd=ROOT
            )
    place = prometheus.url.removeprefix("http://")
    return done.stdout.replace(place, SHOWN.removeprefix("http://")).rstrip().splitlines()


def drawn(lines: list[str]) -> str:
    """Return a terminal with these lines as SVG."""
    height = LINE * (len(lines) + 1) + 2 * EDGE
    width = int(LETTER * max(map(len, lines)) + 2 * EDGE)
    rows = [
        f'<text x="{EDGE}" y="{EDGE + LINE * (number + 1)}" class="{_kind(line)}">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
    ]
    style = (
        "text{font:14px 'DejaVu Sans Mono';fill:#e6edf3;white-space:pre}"
        ".command{fill:#7ee787}.missed{fill:#ff8a80}.head{font-weight:bold}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'xml:space="preserve"><style>{style}</style>'
        f'<rect width="100%" height="100%" rx="10" fill="#0d1117"/>{"".join(rows)}</svg>'
    )


def _kind(line: str) -> str:
    if line.startswith("$"):
        return "command"
    if line.startswith(("Service levels", "Service ")):
        return "head"
    return "missed" if line.startswith("Missed") or ": missed, " in line else "plain"


def main() -> None:
    """Write the picture."""
    command = f"$ sla-engine report --discover --prometheus.url={SHOWN} --period=last-month"
    lines = [f"{command} --objective=99.9", "", *printed()]
    lines = [line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in lines]
    PICTURE.write_bytes(
        bytes(resvg_py.svg_to_bytes(svg_string=drawn(lines[: lines.index("What hurt most:") - 1])))
    )


if __name__ == "__main__":
    main()
