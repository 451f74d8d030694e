"""Prometheus is dead, stands still, is slow, lies, or lost all it knew."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

from benchmarks.faults.case import NOT_A_VERDICT, NOTHING_LOST, OWN_TIME, TIME, Case
from benchmarks.faults.relay import Answer, as_it_is
from benchmarks.faults.truth import now
from benchmarks.faults.world import World

_GAP = 5
_HOUR = 3_600


def _begun(world: World) -> None:
    world.start_engine()
    world.outage("mail")
    world.settle()


def _says_that_it_stopped_knowing(world: World) -> Iterator[str]:
    """Two max_gap after the last data nothing is shown as up or down."""
    time.sleep(2 * _GAP + 2)
    page = world.status()
    if "3 unknown" not in page:
        yield "the status page does not say 3 unknown"


def _dead(world: World) -> Iterator[str]:
    _begun(world)
    with world.blindness():
        world.kill_prometheus()
        world.truth.down("shop")
        yield from _says_that_it_stopped_knowing(world)
        world.start_prometheus()
    world.sees("shop", down=True)
    world.truth.up("shop")
    world.sees("shop", down=False)
    world.settle()
    yield from world.violations()


def _stands_still(world: World) -> Iterator[str]:
    _begun(world)
    assert world.prometheus is not None
    with world.blindness():
        os.kill(world.prometheus.pid, signal.SIGSTOP)
        yield from _says_that_it_stopped_knowing(world)
        os.kill(world.prometheus.pid, signal.SIGCONT)
    world.outage("shop")
    world.settle()
    yield from world.violations()


def _wiped(world: World) -> Iterator[str]:
    _begun(world)
    told = len(world.slack.messages)
    with world.blindness():
        world.kill_prometheus()
        shutil.rmtree(world.folder / "prometheus" / "data")
        world.start_prometheus()
    world.settle()
    if len(world.slack.messages) != told:
        yield f"{len(world.slack.messages) - told} messages about a past that Prometheus lost"
    world.outage("shop")
    world.settle()
    yield from world.violations()


def _spoilt(spoil: Callable[[str, Answer], Answer | None]) -> Callable[[World], Iterator[str]]:
    """Return what runs a case in which every answer is spoilt while an outage begins and ends."""

    def run(world: World) -> Iterator[str]:
        world.start_engine()
        world.settle()
        world.relay.spoil = spoil
        world.truth.down("shop")
        time.sleep(4)
        world.truth.up("shop")
        time.sleep(3)
        world.relay.spoil = as_it_is
        world.settle()
        yield from world.violations()

    return run


def _changed(change: Callable[[bytes], bytes]) -> Callable[[str, Answer], Answer]:
    return lambda _form, answer: (answer[0], change(answer[1]))


def _late(_form: str, answer: Answer) -> Answer:
    time.sleep(4)  # longer than the catalogue's timeout
    return answer


def _all_down(_form: str, answer: Answer) -> Answer:
    return 200, answer[1].replace(b'"1"]', b'"0"]').replace(b'"status":"success"', b'"status":"x"')


def _partial(_form: str, answer: Answer) -> Answer:
    document = json.loads(answer[1])
    if isinstance(document.get("data", {}).get("result"), list):
        document["data"]["result"] = document["data"]["result"][:0]
    return 200, json.dumps({"status": "success", "isPartial": True, **document}).encode()


def _clock(seconds: int) -> Callable[[str, Answer], Answer]:
    """Return what makes Prometheus' own time another."""

    def spoil(form: str, answer: Answer) -> Answer:
        if parse_qs(form).get("query") != ["time()"]:
            return answer
        moment = time.time() + seconds
        result = {"resultType": "scalar", "result": [moment, str(moment)]}
        return 200, json.dumps({"status": "success", "data": result}).encode()

    return spoil


def _ahead(world: World) -> Iterator[str]:
    yield from _spoilt(_clock(40 * 24 * _HOUR))(world)


def _behind(world: World) -> Iterator[str]:
    """Nothing is derived of what is the future to Prometheus; then it is made up for."""
    _begun(world)
    world.relay.spoil = _clock(-_HOUR)
    time.sleep(3)
    skew = world.metric("sla_engine_clock_skew_seconds")
    if skew is None or not _HOUR - 10 < skew < _HOUR + 10:
        yield f"the difference of the clocks is shown as {skew}"
    world.truth.down("shop")
    time.sleep(4)
    world.truth.up("shop")
    begun = now()
    world.relay.spoil = as_it_is
    world.settle()
    if now() - begun > 30_000:
        yield "it took over 30 s to make up for it"
    yield from world.violations()


CASES = (
    Case("Prometheus", "dead for 12 s, an outage meanwhile", OWN_TIME, _dead),
    Case("Prometheus", "stands still for 12 s (SIGSTOP)", NOT_A_VERDICT, _stands_still),
    Case("Prometheus", "its data deleted", NOTHING_LOST, _wiped),
    Case("Prometheus", "every answer later than the timeout", NOT_A_VERDICT, _spoilt(_late)),
    Case("Prometheus", "every answer cut off", NOT_A_VERDICT,
         _spoilt(_changed(lambda body: body[: len(body) * 2 // 3]))),
    Case("Prometheus", "every answer partial, and empty", NOT_A_VERDICT, _spoilt(_partial)),
    Case("Prometheus", "every answer garbage", NOT_A_VERDICT,
         _spoilt(_changed(lambda body: os.urandom(len(body))))),
    Case("Prometheus", "a login page for an answer", NOT_A_VERDICT,
         _spoilt(_changed(lambda _: b"<html>log in</html>"))),
    Case("Prometheus", "says down for up, and that it failed", NOT_A_VERDICT, _spoilt(_all_down)),
    Case("Prometheus", "answers 500", NOT_A_VERDICT, _spoilt(lambda _f, _a: (500, b"panic"))),
    Case("Prometheus", "hangs up", NOT_A_VERDICT, _spoilt(lambda _f, _a: None)),
    Case("Prometheus", "its clock 40 days ahead", TIME, _ahead),
    Case("Prometheus", "its clock an hour behind", TIME, _behind),
)  # fmt: skip
