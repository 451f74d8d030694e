import asyncio
from collections import Counter

import pytest

from exporter.services import schedule as module
from exporter.services.schedule import Schedule
from exporter.services.target import Target, targets
from tests.exporter.services.test_store import service


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run(many: list[Target], seconds: float) -> list[tuple[float, Target, float]]:
    """Return (time, target, lateness) of every run of the first seconds."""
    runs: list[tuple[float, Target, float]] = []

    async def job(target: Target, late: float) -> None:
        runs.append((asyncio.get_running_loop().time(), target, late))

    async def main() -> None:
        schedule = Schedule(job)
        schedule.replace(many)
        await asyncio.sleep(seconds)
        await schedule.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
    return runs


@pytest.fixture(autouse=True)
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", lambda: 1_000_000.0)


def many(count: int) -> list[Target]:
    return targets([service(f"s{i}") for i in range(count)])


def test_every_target_runs_once_per_interval_and_at_most_100_ms_late() -> None:
    runs = run(many(200), 105.0)
    per_target = Counter(target.key for _, target, _ in runs)
    assert set(per_target.values()) <= {10, 11, 12}
    assert max(late for *_, late in runs) <= 0.1


def test_runs_start_in_small_batches_spread_over_the_interval() -> None:
    runs = [when for when, *_ in run(many(1000), 40.0) if when >= 20.0]
    assert max(Counter(runs).values()) <= 5
    per_second = Counter(int(when) for when in runs)
    assert min(per_second.values()) > 60
    assert max(per_second.values()) < 140


def test_offsets_are_the_same_after_a_restart() -> None:
    first = {t.key: round(when, 6) for when, t, _ in run(many(50), 40.0)}
    second = {t.key: round(when, 6) for when, t, _ in run(many(50), 40.0)}
    assert first == second


def test_a_rare_probe_does_not_wait_an_interval_for_its_first_run() -> None:
    rare = service("rare", probes=[{"type": "tcp", "target": "a:1", "interval": "1h"}])
    assert len(run(targets([rare]), 5.2)) == 1


def test_a_reload_keeps_the_turns_of_what_did_not_change() -> None:
    runs: list[tuple[float, str]] = []

    async def job(target: Target, _late: float) -> None:
        runs.append((asyncio.get_running_loop().time(), target.key.service))

    async def main(reload: bool) -> list[tuple[float, str]]:
        runs.clear()
        schedule = Schedule(job)
        schedule.replace(many(3))
        await asyncio.sleep(25)
        if reload:
            schedule.replace([*many(3), *targets([service("new")])])
        await asyncio.sleep(25)
        await schedule.close()
        return [r for r in runs if r[1] != "new"]

    outcomes = []
    for reload in (False, True):
        with asyncio.Runner(loop_factory=Loop) as runner:
            outcomes.append(runner.run(main(reload)))
    assert [s for _, s in outcomes[0]] == [s for _, s in outcomes[1]]
    assert max(abs(a - b) for (a, _), (b, _) in zip(*outcomes, strict=True)) <= 0.1


def test_a_removed_target_is_cancelled_and_a_long_run_skips_its_turn() -> None:
    cancelled = []

    async def job(target: Target, _late: float) -> None:
        try:
            await asyncio.sleep(1_000)
        except asyncio.CancelledError:
            cancelled.append(target.key.service)
            raise

    async def main() -> int:
        schedule = Schedule(job)
        schedule.replace(many(2))
        await asyncio.sleep(30)
        schedule.replace(many(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (cancelled, schedule.in_flight) == (["s1"], 1)
        await schedule.close()
        return schedule.skipped

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(main()) >= 4
    assert sorted(cancelled) == ["s0", "s1"]


def test_a_target_that_changes_between_its_wake_up_and_its_run_goes_on() -> None:
    asked = []

    async def job(target: Target, _late: float) -> None:
        asked.append(target.config.target)

    async def main() -> int:
        schedule = Schedule(job)
        schedule.replace(many(1))
        schedule._fire()
        changed = service("s0", probes=[{"type": "tcp", "target": "b:2", "interval": "10s"}])
        schedule.replace(targets([changed]))
        await asyncio.sleep(30)
        await schedule.close()
        return schedule.in_flight

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(main()) == 0
    assert asked == ["b:2"] * len(asked)
    assert len(asked) >= 3
