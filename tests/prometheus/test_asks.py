from sla_engine.domain.interval import Interval
from sla_engine.prometheus.extract import Source, asks

HOUR = 3_600_000


def _sizes(names: list[str], hours: int) -> list[int]:
    sources = [Source(name) for name in names]
    found = list(asks(sources, Interval(0, hours * HOUR), HOUR))
    assert [s for ask in found for s in ask.sources] == sources
    return [len(ask.sources) for ask in found]


def test_a_short_time_of_many_services_is_one_question_and_a_month_is_several() -> None:
    names = [f"service-{n}" for n in range(1000)]
    assert _sizes(names, 1) == _sizes(names, 24) == [1000]
    assert _sizes(names, 25) == [250] * 4
    assert _sizes([], 1) == []


def test_a_question_is_never_longer_than_servers_take() -> None:
    names = [f"{n:04d}" + "x" * 59 for n in range(300)]
    for hours in (1, 720):
        sizes = _sizes(names, hours)
        assert max(sizes) * 64 <= 15_000
        assert len(sizes) == 2
