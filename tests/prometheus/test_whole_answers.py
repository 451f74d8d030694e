"""An answer counts whole or not at all, however it is read."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.prometheus import series as module
from sla_engine.prometheus.series import KINDS, QueryResult, parse

Outcome = tuple[tuple[tuple[Any, ...], ...], tuple[str, ...]] | None

names = st.dictionaries(st.text(max_size=6), st.text(max_size=9), max_size=3)
times = st.integers(1_790_812_800_000, 1_790_912_800_000)
values = st.sampled_from(["0", "1", "1", "1", "0.5", "12.25", "-3", "1e+21", "NaN", "+Inf"])
plain = st.lists(st.tuples(times, st.sampled_from(["0", "1"])), min_size=1, max_size=30)
counts = st.lists(st.tuples(times, st.sampled_from(["240", "239", "007"])), min_size=1, max_size=30)
pairs = plain | counts | st.lists(st.tuples(times, values), min_size=1, max_size=30)
HEADS = ("", '"isPartial":false,')
TAILS = ("}", ',"stats":{"seriesFetched":"1"}}', ',"infos":["PromQL info: x"]}', ',"warnings":[]}')


def _matrix(found: list[tuple[dict[str, str], list[tuple[int, str]]]], head: str, tail: str) -> str:
    items = ",".join(
        f'{{"metric":{orjson.dumps(labels).decode()},"values":['
        + ",".join(f'[{t / 1000:.3f},"{v}"]' for t, v in samples)
        + "]}"
        for labels, samples in found
    )
    data = f'{{"resultType":"matrix","result":[{items}]}}'
    return f'{{"status":"success",{head}"data":{data}{tail}'


@st.composite
def matrices(draw: st.DrawFn) -> bytes:
    found = draw(st.lists(st.tuples(names, pairs), max_size=3))
    head, tail = draw(st.sampled_from(HEADS)), draw(st.sampled_from(TAILS))
    return _matrix(found, head, tail).encode()


def _outcome(read: Callable[[bytes, frozenset[str]], QueryResult | None], body: bytes) -> Outcome:
    try:
        answer = read(body, KINDS)
    except ValueError:
        return None
    assert answer is not None
    series = tuple(
        (tuple(s.labels.items()), s.times.tolist(), [repr(v) for v in s.values.tolist()])
        for s in answer.series
    )
    return series, answer.warnings


def _slow(body: bytes) -> Outcome:
    return _outcome(module.parse_json, body)


def _fast(body: bytes) -> Outcome:
    return _outcome(parse, body)


@given(matrices())
def test_both_ways_of_reading_agree_and_refuse_every_proper_prefix(body: bytes) -> None:
    assert _slow(body) is not None
    assert _fast(body) == _slow(body)
    for end in range(len(body)):
        assert _slow(body[:end]) is None
        assert _fast(body[:end]) is None


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.integers(0, 3),
        st.sampled_from([*b'0123456789.,"[]{}:-+eaN \n\\']) | st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


@given(matrices(), CHANGES)
def test_both_ways_of_reading_agree_on_changed_bytes(
    body: bytes, changes: list[tuple[int, int, int]]
) -> None:
    text = bytearray(body)
    for position, cut, byte in changes:
        at = position % len(text)
        text[at : at + cut] = bytes([byte]) if cut < 3 else b""  # put in, change, shorten, cut out
    assert _fast(bytes(text)) == _slow(bytes(text))


EXAMPLE = _matrix([({"a": "b"}, [(1_790_812_800_123, "1")]), ({}, [(1500, "0.5")])], "", "}")
EXAMPLE = EXAMPLE.replace("1.500", "1.5")


@pytest.mark.parametrize("put", ["0", "1", "7.", "-"])
def test_what_is_put_in_anywhere_is_read_in_both_ways_alike(put: str) -> None:
    for at in range(len(EXAMPLE) + 1):
        body = f"{EXAMPLE[:at]}{put}{EXAMPLE[at:]}".encode()
        assert _fast(body) == _slow(body), body


@pytest.mark.parametrize("value", ["1", "240"])
@pytest.mark.parametrize("first", [1_790_812_800_000, 1_790_812_800_120, 1_790_812_800_123])
def test_whatever_byte_is_another_is_read_in_both_ways_alike(value: str, first: int) -> None:
    samples = [(first + i * 15_000, value) for i in range(3)]
    text = _matrix([({}, samples), ({"a": "b"}, samples)], "", "}").replace("0,", ",")
    body = text.replace(".00,", ",").encode()
    assert _fast(body) == _slow(body) is not None
    for at in range(len(body)):
        for byte in b'019.,"[]-+eE ':
            other = body[:at] + bytes([byte]) + body[at + 1 :]
            assert _fast(other) == _slow(other), other


@pytest.mark.parametrize("time", ["1", "17", "17908", "1790812", "179081280", "17908.5"])
def test_a_time_long_ago_is_read_in_both_ways_alike(time: str) -> None:
    pairs = ",".join(f'[{1_790_812_800 + 15 * i},"{i % 2}"]' for i in range(9))
    body = _matrix([({}, [])], "", "}").replace('"values":[]', f'"values":[[{time},"0"],{pairs}]')
    assert time in body
    assert _fast(body.encode()) == _slow(body.encode())


VECTOR = (
    '{"status":"success","data":{"resultType":"vector",'
    '"result":[{"metric":{"a":"b"},"value":[1.5,"2"]}]}}'
)


@pytest.mark.parametrize("said", ['"isPartial":true', '"isPartial": true', '"warnings":["lost"]'])
@pytest.mark.parametrize("place", ["first", "before", "after", "data", "end of data", "series"])
@pytest.mark.parametrize("body", [EXAMPLE, VECTOR])
def test_what_the_server_lacks_is_seen_wherever_it_stands(body: str, place: str, said: str) -> None:
    told = {
        "first": body.replace("{", f"{{{said},", 1),
        "before": body.replace('"data"', f'{said},"data"', 1),
        "after": f"{body[:-1]},{said}}}",
        "data": body.replace('"resultType"', f'{said},"resultType"', 1),
        "end of data": f"{body[:-2]},{said}}}}}",
        "series": body.replace('{"metric"', f'{{{said},"metric"', 1),
    }[place].encode()
    if "lost" in said and place not in {"first", "before", "after"}:
        return
    for read in (_fast, _slow):
        outcome = read(told)
        assert outcome is not None
        assert outcome[1] == (("lost",) if "lost" in said else ("the answer is partial",))


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ('"matrix"', '"vector"'),
        ('"matrix"', '"string"'),
        ('"matrix"', '"streams"'),
        ('"success"', '"error"'),
        ('"status":"success"', '"status":"error","status":"success"'),
        ('"data"', '"data":{},"data"'),
        ('"data"', '"isPartial":true,"isPartial":false,"data"'),
        ('"a":"b"', '"a":"b","a":"c"'),
        ('"a":"b"', '"a":1'),
        ('{"a":"b"}', "null"),
        (',"values":[[1.5', ',"other":[[1.5'),
        (',"values":[[1.5', ',"values":[],"values":[[1.5'),
        ('[1.5,"0.5"]', '[1.5,"0.5",2,"1"]'),
        ('[1.5,"0.5"]', '[1.5,"0.5"],[]'),
        ('[1.5,"0.5"]', "[1.5]"),
        ('[1.5,"0.5"]', '["1.5","0.5"]'),
        ('[1.5,"0.5"]', "[1.5,0.5]"),
        ('[1.5,"0.5"]', '[1.5,""]'),
        ('[1.5,"0.5"]', '[1.5,"one"]'),
        ('[1.5,"0.5"]', '[true,"1"]'),
        ('[1.5,"0.5"]', '[17908128001230,"1"]'),
        ("]}}", "]}}x"),
        ("]}}", "]}}{}"),
        ("]}}", '],"result":[]}}'),
        ("]}}", ']},"warnings":"lost"}'),
        ("]}}", ']},"error":"context deadline exceeded"}'),
        ("]}}", ']},"errorType":"timeout"}'),
    ],
)
def test_what_is_no_answer_is_refused_by_both(what: str, instead: str) -> None:
    assert what in EXAMPLE
    head, _, tail = EXAMPLE.rpartition(what)
    body = f"{head}{instead}{tail}".encode()
    assert _slow(body) is None
    assert _fast(body) is None


def test_what_prometheus_writes_is_read_by_its_bytes() -> None:
    samples = [(1_790_812_800_000 + i * 15_000, "1") for i in range(30)]
    counter = [(time, str(i * 1.5)) for i, (time, _) in enumerate(samples)]
    body = _matrix([({"a": "{"}, samples), ({}, counter)], HEADS[1], TAILS[1]).encode()
    assert _outcome(module._parse_bytes, body) == _slow(body) is not None


def test_histograms_are_no_samples_and_do_no_harm() -> None:
    histogram = '{"metric":{},"histograms":[[1.5,{"count":"1","sum":"2"}]]}'
    body = EXAMPLE.replace('"result":[', f'"result":[{histogram},').encode()
    outcome = _fast(body)
    assert outcome is not None
    assert [times for _, times, _ in outcome[0]] == [[], [1_790_812_800_123], [1500]]


@pytest.mark.parametrize(
    ("body", "kinds"), [(EXAMPLE, frozenset({"vector"})), (VECTOR, frozenset({"matrix"}))]
)
def test_an_answer_of_another_kind_than_asked_for_is_refused(
    body: str, kinds: frozenset[str]
) -> None:
    with pytest.raises(ValueError, match="its result is not"):
        parse(body.encode(), kinds)
