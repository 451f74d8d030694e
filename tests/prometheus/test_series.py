from collections.abc import Callable

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.prometheus.series import parse

numbers = st.one_of(st.integers(-5, 5).map(float), st.floats(allow_nan=False, width=32))
labels = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=12), max_size=3)
series = st.tuples(
    labels, st.lists(st.tuples(st.integers(0, 2**41), numbers), min_size=1, max_size=5)
)


def _text(value: float) -> str:
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(repr(value), repr(value))


def _body(found: list[tuple[dict[str, str], list[tuple[int, float]]]], **more: object) -> bytes:
    result = [
        {"metric": names, "values": [[t / 1000, _text(v)] for t, v in pairs]}
        for names, pairs in found
    ]
    data = {"resultType": "matrix", "result": result}
    return orjson.dumps({"status": "success", "data": data} | more)


@given(st.lists(series, max_size=4))
def test_a_matrix_comes_out_as_it_went_in(
    found: list[tuple[dict[str, str], list[tuple[int, float]]]],
) -> None:
    answer = parse(_body(found))
    assert [dict(one.labels) for one in answer.series] == [names for names, _ in found]
    for one, (_, pairs) in zip(answer.series, found, strict=True):
        assert one.times.tolist() == [t for t, _ in pairs]
        assert one.values.tolist() == [v for _, v in pairs]


def test_labels_that_look_like_the_format_do_no_harm() -> None:
    names = {"a": '{"metric":', "b": '"values":[[1,"2"]]', "c": "]]}"}
    (one,) = parse(_body([(names, [(1500, 1.0)])])).series
    assert (dict(one.labels), one.times.tolist()) == (names, [1500])


def test_what_is_not_a_number_stays_so() -> None:
    (one,) = parse(_body([({}, [(1, float("nan")), (2, float("inf")), (3, 0.0)])])).series
    assert np.isnan(one.values[0])
    assert one.values.tolist()[1:] == [float("inf"), 0.0]


@pytest.mark.parametrize(
    ("more", "warnings"),
    [
        ({"warnings": ["disk on fire"]}, ("disk on fire",)),
        ({"isPartial": True}, ("the answer is partial",)),
    ],
)
def test_warnings_are_kept(more: dict[str, object], warnings: tuple[str, ...]) -> None:
    answer = parse(_body([({}, [(1, 1.0)])], **more))
    assert answer.warnings == warnings
    assert len(answer.series) == 1


def test_a_vector_and_a_scalar_are_series_of_one() -> None:
    vector = {"resultType": "vector", "result": [{"metric": {"a": "b"}, "value": [1.5, "2"]}]}
    (one,) = parse(orjson.dumps({"status": "success", "data": vector})).series
    assert (dict(one.labels), one.times.tolist(), one.values.tolist()) == ({"a": "b"}, [1500], [2])
    scalar = {"resultType": "scalar", "result": [1.5, "2"]}
    (one,) = parse(orjson.dumps({"status": "success", "data": scalar})).series
    assert one.values.tolist() == [2]


OF_NO_TYPE = b'{"status":"success","data":{"resultType":[{}],"result":[]}}'


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"status":"error"}', b'{"status":', OF_NO_TYPE]
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(body)


def _prometheus(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds}.{rest:03d}" if rest else f"{seconds}"


def _shortest(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")


@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(10**12 - 5000, 10**12 + 5000), st.integers(0, 2**41)),
            st.sampled_from(["0", "1", "1", "0.5", "10"]),
        ),
        min_size=1,
        unique_by=lambda pair: pair[0],
    ).map(sorted),
    st.sampled_from([_prometheus, _shortest]),
)
def test_good_and_bad_are_read_whatever_the_time(
    pairs: list[tuple[int, str]], written: Callable[[int], str]
) -> None:
    values = ",".join(f'[{written(time)},"{value}"]' for time, value in pairs)
    series = f'{{"metric":{{}},"values":[{values}]}}'
    body = f'{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}'
    (one,) = parse(body.encode()).series
    assert one.times.tolist() == [time for time, _ in pairs]
    assert one.values.tolist() == [float(value) for _, value in pairs]
