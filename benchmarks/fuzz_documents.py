"""Fuzz the reading of services.yml, guided by coverage: ``python -m benchmarks.fuzz_documents``.

The only outcomes of a text are a Catalogue and a DocumentError; whatever else is raised, and an
input that takes longer than ten seconds, ends the run with the input in a file. It needs atheris,
which is no dependency of the project: ``pip install atheris`` into an environment of its own.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is missing: pip install atheris (see the head of this file)")

with atheris.instrument_imports(include=["service_catalogue", "uptime_common", "yaml"]):
    from service_catalogue.load import parse_catalogue
    from uptime_common.document import DocumentError
    from uptime_common.source_file import SourceError, decoded

ROOT = Path(__file__).parent.parent
SEEDS = ("tests/service_catalogue/bad", "tests/service_catalogue/corpus", "examples")
NOW = 1_790_000_000_000  # ms UTC; the same on every run


def one_input(content: bytes) -> None:
    """Read one text; an exception of another type is a finding."""
    try:
        text = decoded(content)
    except SourceError:
        return
    try:
        parse_catalogue(text, "services.yml", NOW)
    except DocumentError as error:
        lines = [str(problem) for problem in error.problems]
        if not lines or not all(line.isprintable() for line in lines):
            raise AssertionError(lines) from error


def main() -> None:
    """Run for as long as is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder)
        for seed in SEEDS:
            for path in (ROOT / seed).rglob("*.yml"):
                shutil.copy(path, corpus / f"{seed.replace('/', '_')}_{path.name}")
        words = corpus.parent / f"{corpus.name}.dict"
        words.write_text("".join(f'"{word}"\n' for word in sorted(_words(corpus))))
        arguments = [
            sys.argv[0],
            f"-max_total_time={options.seconds}",
            "-timeout=10",
            "-rss_limit_mb=4096",
            "-max_len=8192",
            f"-dict={words}",
            "-print_final_stats=1",
            str(corpus),
        ]
        atheris.Setup(arguments, one_input)
        atheris.Fuzz()


def _words(corpus: Path) -> set[str]:
    """Return the words of the seeds, for the fuzzer to put together anew."""
    texts = [path.read_bytes().decode("utf-8", "ignore") for path in corpus.iterdir()]
    found = {word.strip(":,{}[]\"'\\") for text in texts for word in text.split()}
    return {word for word in found if word.isascii() and word.isalnum() and 2 < len(word) < 20}


if __name__ == "__main__":
    main()
