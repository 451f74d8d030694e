import pytest

from exporter.services.target import shard_of, targets
from tests.exporter.services.test_store import service

SERVICES = [service(f"s{i}") for i in range(300)]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_share_the_services_evenly_and_leave_none_out(count: int) -> None:
    shards = [shard_of(SERVICES, number, count) for number in range(1, count + 1)]
    assert sorted(s.id for shard in shards for s in shard) == sorted(s.id for s in SERVICES)
    assert min(map(len, shards)) > 300 / count * 0.6


def test_offsets_spread_over_the_interval() -> None:
    tenths = [int(target.offset) for target in targets(SERVICES)]
    assert set(tenths) == set(range(10))
