from uptime_common.seldom import Seldom


def test_one_complaint_a_minute_of_each_kind_says_how_many_there_were() -> None:
    clock = [0.0]
    seldom = Seldom(lambda: clock[0])
    assert [seldom.due("a") for _ in range(3)] == [1, 0, 0]
    assert seldom.due("b") == 1
    clock[0] = 60
    assert [seldom.due("a"), seldom.due("a")] == [3, 0]


def test_kinds_without_end_take_no_memory_without_end() -> None:
    seldom = Seldom(lambda: 0.0)
    assert all(seldom.due(kind) == 1 for kind in range(10_000))
    assert len(seldom._kinds) <= 256
