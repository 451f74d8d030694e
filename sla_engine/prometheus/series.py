"""What Prometheus answers: series of samples as arrays, whole or not at all."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]

KINDS = frozenset({"vector", "matrix", "scalar"})
"""The types of results that are series of numbers."""

_SERIES = b'{"metric":'
_VALUES = b',"values":['
_BETWEEN = b"},"
_NOISE = b'[]"'
_DIGITS = b"0123456789"
_UNUSUAL = (b"[0", b"[,", b"[.", b".,", b'".', b'."', b'""')
"""How numbers begin and end that JSON or Prometheus write otherwise, if at all."""
_NUMBER = re.compile(r"[+-]?(?:Inf|NaN|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)", re.ASCII).fullmatch
_SPACED_KEY = re.compile(rb'"\s+:').search
_FORM = re.compile(rb'\[(\d{1,10})(?:\.(\d{1,3}))?,"(\d{1,15})"').match
"""A sample as most are: milliseconds of this age, and a number that a float holds exactly."""
_AT_ONCE = 1 << 20
"""How much is read at once (bytes)."""
_HISTOGRAMS = frozenset({"histogram", "histograms"})
_PARTIAL = ("isPartial", "partial", "partialResponse")
_LATEST = 10**13
"""Before which every time is (ms, the year 2286): more digits are no time of a sample."""


class Series(NamedTuple):
    """A series; ``times`` are milliseconds UTC, ascending, and as many as ``values``."""

    labels: Mapping[str, str]
    times: Times
    values: Values


class QueryResult(NamedTuple):
    """The series of a query, what the server says of it (warnings, then remarks), its type.

    Of native histograms no sample is among those of the series; ``histograms`` have some.
    """

    series: tuple[Series, ...]
    warnings: tuple[str, ...]
    kind: str = "matrix"
    histograms: int = 0


def parse(body: bytes, kinds: frozenset[str] = KINDS) -> QueryResult:
    """Read a successful answer of the query API: a vector, a matrix or a scalar.

    A matrix is read on the level of bytes, many times faster than by way of JSON objects: quotes
    inside JSON strings are escaped, so that the separators occur nowhere else. Whatever is not
    exactly as Prometheus writes it is read by way of JSON, which decides.

    Raises:
        ValueError: the body is no such answer, or not all of one, or not of one of these kinds.
    """
    found = _parse_bytes(body, kinds)
    return parse_json(body, kinds) if found is None else found


def _parse_bytes(body: bytes, kinds: frozenset[str]) -> QueryResult | None:
    """Read a matrix by its bytes; None where it is not written as Prometheus writes it."""
    head, *pieces = body.split(_SERIES)
    if not pieces or b'"resultType":"matrix"' not in head or not head.endswith(b"["):
        return None
    names, texts = [], []
    last = len(pieces) - 1
    rest = b""
    for number, piece in enumerate(pieces):
        named, _, values = piece.partition(_VALUES)
        numbers, ended, rest = values.partition(b"]]")
        labels = _labels(named) if ended and (rest == _BETWEEN or number == last) else None
        if labels is None or not (numbers.startswith(b"[") and numbers.endswith(b'"')):
            return None
        names.append(labels)
        texts.append(numbers)
    samples = _all_samples(texts) if rest.startswith(b"}]") else None
    if samples is None:
        return None
    series = tuple(Series(labels, *one) for labels, one in zip(names, samples, strict=True))
    # What is around the series is judged as if there were none.
    return QueryResult(series, parse_json(head + rest[1:], kinds).warnings)


def _all_samples(texts: Sequence[bytes]) -> list[tuple[Times, Values]] | None:
    """Read the samples of all series, those together that may be written alike: many at once."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    counts = [text.count(b"[") for text in texts]
    size = 0
    for number, (text, count) in enumerate(zip(texts, counts, strict=True)):
        size += len(text)
        width, odd = divmod(len(text) + 2, count)
        groups[0 if odd else width, size // _AT_ONCE].append(number)
    found: dict[int, tuple[Times, Values]] = {}
    for (width, _), numbers in groups.items():
        whole = b"],".join([texts[number] for number in numbers])
        some = [counts[number] for number in numbers]
        read = (_alike(whole, sum(some)) if width else None) or _samples(whole, sum(some))
        if read is None:
            return None
        times, values = read
        edges = pairwise((0, *accumulate(some)))
        for number, (start, end) in zip(numbers, edges, strict=True):
            found[number] = times[start:end], values[start:end]
    return [found[number] for number in range(len(texts))]


def _alike(numbers: bytes, count: int) -> tuple[Times, Values] | None:
    """Read samples that are written alike but for their digits, by column; None if they are not.

    So are the samples of a series that is scraped regularly: each time has the same fraction.
    """
    found = _FORM(numbers)
    if found is None:
        return None
    form, most, weights = _columns(*map(len, found.groups(b"")))
    text = np.frombuffer(numbers + b"],", np.uint8)
    if text.size != count * form.size:
        return None
    digits = text.reshape(count, -1) - form
    if not (digits <= most).all() or not digits[:, 1].all():
        return None
    times, values = (digits.astype(np.float64) @ weights).T
    return times.astype(np.int64), values


@lru_cache
def _columns(
    seconds: int, fraction: int, value: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]:
    """Return a sample of so many digits, what each byte may be more, its weight in time and value.

    The time is in ms.
    """
    zeros = b"[%b%b%b," % (b"0" * seconds, b"." * bool(fraction), b"0" * fraction)
    form = np.frombuffer(b'%b"%b"],' % (zeros, b"0" * value), np.uint8)
    is_digit = form == ord("0")
    of_value = is_digit & (np.arange(form.size) >= len(zeros))
    weights = np.zeros((form.size, 2))
    weights[is_digit & ~of_value, 0] = 10.0 ** np.arange(2 + seconds, 2 - fraction, -1)
    weights[of_value, 1] = 10.0 ** np.arange(value)[::-1]
    return form, np.where(is_digit, 9, 0).astype(np.uint8), weights


def _labels(text: bytes) -> dict[str, str] | None:
    try:
        labels = orjson.loads(text)
    except ValueError:
        return None
    if not isinstance(labels, dict) or text.count(b'":') != len(labels) or _SPACED_KEY(text):
        return None
    return labels if all(isinstance(value, str) for value in labels.values()) else None


def _samples(numbers: bytes, count: int) -> tuple[Times, Values] | None:
    """Read ``[1790812807.123,"1"],[...``, without the last bracket; None if it is not so."""
    if not _is_regular(numbers.translate(None, _DIGITS), count) or not _are_apart(numbers, count):
        return None
    if numbers.count(b',"0"') + numbers.count(b',"1"') == count:
        flags = _flags(numbers, count)
        if flags is not None:
            return flags
    if any(unusual in numbers for unusual in _UNUSUAL):
        return None
    flat = np.fromstring(numbers.translate(None, _NOISE), dtype=np.float64, sep=",")
    seconds = flat[::2]
    if flat.size != 2 * count or not (seconds * 1000 < _LATEST).all():
        return None
    return np.rint(seconds * 1000).astype(np.int64), flat[1::2].copy()


def _is_regular(form: bytes, count: int) -> bool:
    """Say whether samples without their digits are all alike: at most one point in a number."""
    if form in {(b'[.,""],' * count)[:-2], (b'[,""],' * count)[:-2]}:
        return True
    plain = form.replace(b"[.,", b"[,").replace(b'"."', b'""')
    return plain == (b'[,""],' * count)[:-2]


def _are_apart(numbers: bytes, count: int) -> bool:
    """Say whether no digit stands between what parts samples, and time and value."""
    ends = numbers.startswith(b"[") and numbers.endswith(b'"')
    return ends and numbers.count(b',"') == count and numbers.count(b'"],[') == count - 1


def _flags(numbers: bytes, count: int) -> tuple[Times, Values] | None:
    """Read samples that are all 0 or 1 as integers, six times as fast as floats.

    Seconds have ten digits (2001 to 2286) and at most three behind the point, so that without
    the point the number of digits says what a time is counted in.
    """
    text = np.frombuffer(numbers, np.uint8)
    first = np.flatnonzero(text == ord("[")) + 1
    if first[-1] + 10 >= text.size or (text[first] == ord("0")).any():
        return None
    behind = text[first + 10]
    pointed = first[behind == ord(".")]
    commas = int(np.count_nonzero(behind == ord(",")))
    if pointed.size + commas != count or pointed.size != numbers.count(b"."):
        return None
    if (text[pointed + 11] == ord(",")).any():
        return None
    whole = np.fromstring(numbers.translate(None, _NOISE + b"."), dtype=np.int64, sep=",")
    times = whole[::2]
    if whole.size != 2 * count or (times >= _LATEST).any() or (times < 10**9).any():
        return None
    for digits in (10, 11, 12):
        times[times < 10**digits] *= 10 ** (13 - digits)
    return times.copy(), whole[1::2].astype(np.float64)


def parse_json(body: bytes, kinds: frozenset[str]) -> QueryResult:
    """Read as `parse` does, by way of JSON objects alone; it raises the same."""
    document = orjson.loads(body)
    if not isinstance(document, dict) or document.get("status") != "success":
        raise ValueError("not an answer of the Prometheus query API")
    data = document.get("data")
    if not isinstance(data, dict) or data.get("resultType") not in list(kinds & KINDS):
        raise ValueError(f"its result is not a {' or '.join(sorted(kinds))}")
    kind, result = data["resultType"], data.get("result")
    items = [{"metric": {}, "value": result}] if kind == "scalar" else result
    if not isinstance(items, list):
        raise ValueError("its result is no list")  # noqa: TRY004 - what came is wrong, not a call
    pairs = _pairs(items, "values" if kind == "matrix" else "value")
    # A name that stands there twice hides what it said first; JSON objects keep the last.
    names = [document, data, *items, *(item["metric"] for item in items)]
    if body.count(b'":') != sum(map(len, names)) or _SPACED_KEY(body):
        json.loads(body, object_pairs_hook=_unique)
    series = _together([item["metric"] for item in items], pairs)
    native = sum(not _HISTOGRAMS.isdisjoint(item) for item in items)
    return QueryResult(tuple(series), tuple(said(document, data, *items)), kind, native)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def said(document: Mapping[str, Any], *parts: object) -> Iterable[str]:
    """Yield what the server says of its answer, or in one of its parts.

    Raises:
        ValueError: it says what no server says of a whole answer.
    """
    for name in ("warnings", "infos"):
        told = document.get(name)
        if told is not None and not isinstance(told, list):
            raise ValueError(f"its {name} are no list")
        yield from map(str, told or ())
    for name in ("error", "errorType"):
        if told := document.get(name):
            raise ValueError(f"it is no success: its {name} is {told!r}")
    every = (part for part in (document, *parts) if isinstance(part, Mapping))
    if any(part.get(name) not in (None, False) for part in every for name in _PARTIAL):
        yield "the answer is partial"


def _pairs(items: list[Any], name: str) -> list[list[Any]]:
    """Return the pairs of time and value of each item; of histograms there are none.

    Raises:
        ValueError: these are not items.
    """
    found = []
    for item in items:
        if not isinstance(item, dict) or not _are_texts(item.get("metric")):
            raise ValueError("an item of its result has no labels")
        pairs = item.get(name, ...)
        if pairs is ...:
            if _HISTOGRAMS.isdisjoint(item):
                raise ValueError(f"an item of its result has no {name}")
            pairs = []
        elif name == "value":
            pairs = [pairs]
        if not isinstance(pairs, list) or not all(map(_is_sample, pairs)):
            raise ValueError("an item of its result holds what is no sample")
        found.append(pairs)
    return found


def _are_texts(labels: object) -> bool:
    return isinstance(labels, dict) and all(isinstance(value, str) for value in labels.values())


def _is_sample(pair: object) -> bool:
    if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a time and a value
        return False
    time, value = pair
    if type(time) not in {int, float} or not -_LATEST < time * 1000 < _LATEST:
        return False
    return isinstance(value, str) and _NUMBER(value) is not None


def _together(labels: Sequence[Mapping[str, str]], pairs: Sequence[list[Any]]) -> list[Series]:
    """Read pairs into arrays of all samples, of which each series has its part."""
    times = np.array([round(float(t) * 1000) for one in pairs for t, _ in one], dtype=np.int64)
    values = np.array([float(v) for one in pairs for _, v in one], dtype=np.float64)
    edges = pairwise((0, *accumulate(map(len, pairs))))
    return [
        Series(names, times[start:end], values[start:end])
        for names, (start, end) in zip(labels, edges, strict=True)
    ]
