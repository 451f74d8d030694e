"""Reading a document ends in bounded time and memory with a model or its mistakes."""

import os
import threading
import time
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from uptime_common import document, source_file
from uptime_common.document import DocumentError, load_document, parse_document


class Anything(BaseModel):
    """Takes every mapping."""

    model_config = {"extra": "allow"}


def read(text: str) -> object:
    return parse_document(text, "f", Anything).model_dump()


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse_document(text, "f", Anything)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("parser", [document._FAST, yaml.SafeLoader])
@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 300_000,
        "a: " + "{b: " * 300_000,
        "- " * 300_000,
        "".join(f"{' ' * i}a:\n" for i in range(2000)),
        "a0: &a0 [x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 20)),
        "a: &a " + "x" * 1000 + "\nb: [" + "*a, " * 300_000 + "]",
        "x: 1" + "9" * 100_000,
        "x: " + "1:" * 100_000 + "1",
        "? " * 50_000,
        "&a " * 50_000,
        "!" * 100_000,
        "%" * 100_000,
        '"' + "\\u0041" * 100_000,
    ],
    ids=range(13),
)
def test_what_is_made_to_hurt_is_refused_at_once(
    text: str, parser: type[yaml.SafeLoader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_FAST", parser)
    started = time.process_time()
    assert mistakes(text)
    assert time.process_time() - started < 20


def test_a_text_of_more_than_a_megabyte_is_no_value() -> None:
    assert mistakes(f"a: {'x' * (1 << 20)}x\n") == ["f:1: a: is longer than 1048576 characters"]


def test_plain_values_are_what_pyyaml_reads() -> None:
    text = (
        "{a: 1, b: -1_000, c: 0x1F, d: 0b11, e: 1.5e+3, f: yes, g: Off, h: ~, i: null, j: '012', "
        "k: 08, l: 1e3, m: 2026-10-04, n: 2026-10-04 02:00:00, o: 2026-10-04T02:00:00+02:00, "
        'p: !!str 1, q: !!float 1, r: ! x, s: =, t: "\\x41", u: 22:61, v: !!int "7", w: [1, [2]]}'
    )
    told = yaml.safe_load(text.replace("s: =, ", ""))
    assert read(text) == told | {"s": "="}
    assert all(type(v) is type(told[k]) for k, v in read(text).items() if k != "s")  # type: ignore[attr-defined]


def test_keys_are_the_text_that_is_written() -> None:
    assert read("{on: 1, 1: 2, ~: 3, 2026-10-04: 4, 012: 5, '<<': 6}") == {
        "on": 1, "1": 2, "~": 3, "2026-10-04": 4, "012": 5, "<<": 6,
    }  # fmt: skip


def test_aliases_and_merges_are_what_pyyaml_reads() -> None:
    text = (
        "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: *a, y: 9}\nd: {<<: [*b, *a]}\n"
        "e: [*a, *a]\n"
        "f: &f one\ng: *f\n&k k: *k\n"
    )
    assert read(text) == yaml.safe_load(text)


def test_what_is_broken_hides_nothing_else() -> None:
    assert mistakes(
        "a: 2026-02-30\nb: [!x 1, *c, 012]\na: 1\nd: {? [e] : 1, f: 2}\ng: -.inf\n"
    ) == [
        "f:1: a: '2026-02-30' does not exist: day is out of range for month",
        (
            "f:2: b[0]: tag !x is not taken here; "
            "valid: !!str, !!null, !!bool, !!int, !!float, !!timestamp"
        ),
        "f:2: b[1]: *c names nothing",
        "f:2: b[2]: 012 may mean 10 (octal) or 12; write which",
        "f:3: a: is written twice",
        "f:4: d: a key must be text",
        "f:5: g: '-.inf' is not a finite number",
    ]


def test_messages_stay_on_one_line_and_short() -> None:
    class Strict(BaseModel, extra="forbid"):
        pass

    key = "k" * 1000 + "\\n\\e[31m"
    with pytest.raises(DocumentError) as caught:
        parse_document(f'"{key}": {{"{key}": 1}}\n', "f", Strict)
    [line] = map(str, caught.value.problems)
    assert line.isprintable()
    assert len(line) < 1500


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("a: 1\n",))
    writer.start()
    deadline = time.monotonic() + 10
    text = ""
    while not text and time.monotonic() < deadline:
        text = source_file.read_source(pipe)
    writer.join()
    assert text == "a: 1\n"


def test_a_pipe_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_file, "_PATIENCE_SECONDS", 0.01)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        with pytest.raises(DocumentError, match="cannot be read: nothing came for"):
            load_document(pipe, Anything)
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/dev/zero", "is larger than 32 MiB"),
        ("/", "cannot be read: Is a directory"),
        ("/nowhere/services.yml", "cannot be read: No such file or directory"),
        ("a\0b", "cannot be read: embedded null byte"),
        ("x" * 300, "cannot be read: File name too long"),
    ],
)
def test_what_is_no_file_of_ours_is_a_mistake(path: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        load_document(Path(path), Anything)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "f.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert load_document(path, Anything).model_dump() == {"a": 1, "b": 2}
