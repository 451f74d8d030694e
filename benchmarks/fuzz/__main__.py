"""Fuzz one target: python -m benchmarks.fuzz documents|feeds|prometheus|slack [--seconds 600].

Whatever is raised that is not declared, and an input that takes longer than ten seconds, ends the
run with the input in a file (a machine that other work shares needs more `--patience`).
"""

import argparse
import hashlib
import importlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TARGETS: Final = ("documents", "feeds", "prometheus", "slack")
_READERS = (
    *("service_catalogue", "uptime_common", "yaml"),
    *("sla_engine.maintenance", "sla_engine.prometheus", "sla_engine.slack"),
)


def seeds(patterns: Sequence[str]) -> list[Path]:
    """Return the files that a target begins with."""
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())


def main() -> None:
    """Run for as long as is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--patience", type=int, default=10, help="how long an input may take (s)")
    options = parser.parse_args()
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit("atheris is missing: pip install atheris, into an environment of its own")
    with atheris.instrument_imports(include=list(_READERS)):
        target = importlib.import_module(f"benchmarks.fuzz.{options.target}")
    one_input = _kept(target.one_input, options.target)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, path in enumerate(seeds(target.SEEDS)):
            shutil.copy(path, corpus / f"{number}_{path.name}")
        words = Path(folder) / "words"
        words.write_text("".join(f'"{word}"\n' for word in sorted(_words(corpus))))
        arguments = [
            sys.argv[0],
            f"-max_total_time={options.seconds}",
            f"-timeout={options.patience}",
            "-rss_limit_mb=4096",
            "-max_len=8192",
            f"-dict={words}",
            "-print_final_stats=1",
            str(corpus),
        ]
        atheris.Setup(arguments, one_input)
        atheris.Fuzz()


def _kept(one_input: Callable[[bytes], None], name: str) -> Callable[[bytes], None]:
    """Have what is raised leave its input in a file here."""

    def run(content: bytes) -> None:
        try:
            one_input(content)
        except BaseException:
            digest = hashlib.sha256(content).hexdigest()[:12]
            Path(f"found-{name}-{digest}").write_bytes(content)
            raise

    return run


def _words(corpus: Path) -> set[str]:
    """Return the words of the seeds, for the fuzzer to put together anew."""
    texts = [path.read_bytes().decode("utf-8", "ignore") for path in corpus.iterdir()]
    found = {word.strip(":,{}[]\"'\\") for text in texts for word in text.split()}
    return {word for word in found if word.isascii() and word.isalnum() and 2 < len(word) < 20}


if __name__ == "__main__":
    main()
