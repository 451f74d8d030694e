"""Nights in real time: messages a person gets from our rules, from Sloth's, and from the engine.

    python -m benchmarks.situations [--minutes 28] [--sloth PROGRAM] [--output FILE]

One Prometheus scrapes every 15 s, evaluates our rules and Sloth's for every service, with a day of
samples before, and tells two Alertmanagers: one has our shipped configuration, the other plain
routing of Sloth's alerts with the same waits. `sla-engine serve` reads a catalogue of all services
and publishes objectives, windows and service hours. What happens is in nights.yml.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import yaml

from benchmarks.situations import books
from benchmarks.situations.count import counted, lines, untold
from benchmarks.situations.night import Night, closer, nights, spans
from benchmarks.situations.past import past
from benchmarks.situations.stage import Heard, Stage, served
from tests.programs.alertmanager import running_alertmanager
from tests.programs.ports import free_port
from tests.programs.process import stop, tied
from tests.programs.prometheus import create_blocks, running_prometheus


class Engine:
    """The engine's process, which a night may end for a while."""

    def __init__(self, folder: Path, address: str, stage: Stage, url: str) -> None:
        self.folder, self.address, self.stage, self.url = folder, address, stage, url
        self.book = folder / "services.yml"
        self.process: subprocess.Popen[bytes] | None = None
        self.write()

    def write(self) -> bool:
        """Write the catalogue of this minute; say whether it is another than before."""
        stage = self.stage
        book = books.catalogue(stage.nights, stage.begin, self.url, self.folder, stage.minute)
        before = self.book.read_text("utf-8") if self.book.exists() else ""
        self.book.write_text(yaml.safe_dump(book, sort_keys=False), encoding="utf-8")
        return before != self.book.read_text("utf-8")

    def start(self) -> None:
        command = [
            *(sys.executable, "-m", "sla_engine", "serve", f"--config.file={self.book}"),
            f"--storage.ledger=sqlite:///{self.folder / 'ledger.db'}",
            f"--web.listen-address={self.address}",
            f"--rules.file={self.folder / 'prometheus' / 'generated.rules.yml'}",
        ]
        with (self.folder / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(tied(command), stdout=log, stderr=log)

    def step(self) -> None:
        """Begin or end the process, and have it read its catalogue anew, as the nights say."""
        away = any(
            start <= self.stage.minute - night.at < end
            for night in self.stage.nights
            for start, end in spans(night.given.get("engine", ()))
        )
        if away and self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        elif not away and not self.process:
            self.start()
        if self.process and self.write():
            self.process.send_signal(signal.SIGHUP)

    def end(self) -> None:
        if self.process:
            stop(self.process)


def main() -> int:
    """Play the nights, print what was told; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--sloth", metavar="PROGRAM", help="its own, instead of its layout")
    parser.add_argument("--output", type=Path, help="for the records, as JSON")
    parser.add_argument("--folder", type=Path, help="keep all files there")
    parser.add_argument("--only", default="", metavar="WORDS", help="nights whose text has them")
    parser.add_argument(
        "--gap", type=float, metavar="MINUTES", help="no longer until the next night"
    )
    options = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    found = [n for n in nights() if re.search(options.only, n.what)]
    found = [n for n in closer(found, options.gap) if n.at < options.minutes]
    with tempfile.TemporaryDirectory(prefix="nights-") as name:
        heard = played(found, options.folder or Path(name), options.minutes, options.sloth)
    records = counted(found, heard)
    text = list(lines(records))
    sys.stdout.write("\n".join([*text, *untold(found, heard)]) + "\n")
    if options.output:
        written = json.dumps(records, indent=1, ensure_ascii=False)
        options.output.write_text(f"{written}\n", encoding="utf-8")
    return int(any("NOT AS PROMISED" in line for line in text))


def played(found: list[Night], folder: Path, minutes: float, program: str | None) -> list[Heard]:
    """Play the nights for so long, in a folder; return what was told."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = int(time.time()) // 15 * 15
    inner = folder / "prometheus"
    inner.mkdir(exist_ok=True)
    written = inner / "past.om"
    with written.open("w", encoding="utf-8") as file:
        file.writelines(past(found, begin))
    create_blocks(inner, written)
    written.unlink()
    with ExitStack() as stack:
        stage = stack.enter_context(served(Stage(found, begin)))
        (folder / "hook").write_text(stage.url, encoding="utf-8")
        configs = (books.our_alertmanager(folder), books.their_alertmanager(folder))
        told = [
            stack.enter_context(running_alertmanager(folder / f"am{n}", config=yaml.safe_dump(c)))
            for n, c in enumerate(configs)
        ]
        engine_at = f"127.0.0.1:{free_port()}"
        receivers = [one.url.removeprefix("http://") for one in told]
        config = books.prometheus(found, stage.url.removeprefix("http://"), engine_at, receivers)
        rules = {n: (books.RULES / n).read_text("utf-8") for n in books.names()}
        rules["sloth.rules.yml"] = books.sloths(found, program, folder)
        server = running_prometheus(inner, config=yaml.safe_dump(config), files=rules)
        engine = Engine(folder, engine_at, stage, stack.enter_context(server).url)
        stack.callback(engine.end)
        while stage.minute < minutes:
            engine.step()
            _keep(folder, stage.heard)
            time.sleep(1)
        return list(stage.heard)


def _keep(folder: Path, heard: list[Heard]) -> None:
    """Write what was told so far, so that a run that is ended shows it."""
    text = "".join(json.dumps(one._asdict()) + "\n" for one in list(heard))
    (folder / "heard.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
