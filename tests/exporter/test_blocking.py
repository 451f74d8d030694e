"""Calls that hang in the kernel, as stat(2) does on a dead NFS server."""

import asyncio
import os
import threading
from pathlib import Path

import pytest
import uvloop

from exporter.probes import file
from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from tests.exporter.asking import target_of


def test_files_that_hang_cost_one_thread_each_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back, look = threading.Event(), file._newest

    def dead(pattern: str) -> os.stat_result:
        back.wait(30)
        return look(pattern)

    monkeypatch.setattr(file, "_newest", dead)
    paths = [tmp_path / f"f{i}" for i in range(40)]
    for path in paths:
        path.touch()

    async def main() -> None:
        network = Network.open()
        targets = [target_of(type="file", path=str(p), timeout="50ms") for p in paths]
        before = set(threading.enumerate())
        for _ in range(3):
            results = await asyncio.gather(*(attempt(t, network) for t in targets))
            assert {r.reason for r in results} == {"timeout"}
        assert len(set(threading.enumerate()) - before) == len(paths)
        await asyncio.wait_for(asyncio.to_thread(int), 5)
        back.set()
        many = (target_of(type="file", path=str(p), timeout="5s") for p in paths)
        results = await asyncio.gather(*(attempt(t, network) for t in many))
        assert all(r.success for r in results)
        await network.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
