"""Whether the report says what the demo did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from stack.demo.slack import Sent


@dataclass(frozen=True)
class Deed:
    """A service was taken down and brought up again, at epoch seconds."""

    service: str
    kind: Literal["planned", "unplanned"]
    down: float
    up: float


@dataclass(frozen=True)
class Finding:
    """How one deed stands in the report; ``wrong`` is empty when it agrees."""

    deed: Deed
    start: float | None = None
    end: float | None = None
    wrong: str = ""


def judge(report: dict[str, Any], deeds: Sequence[Deed], tolerance: float) -> list[Finding]:
    """Compare ``sla-engine report --format=json`` with the deeds, to ``tolerance`` seconds."""
    outages = {service["id"]: service["outages"] for service in report["services"]}
    return [_judge_one(deed, outages.get(deed.service, []), tolerance) for deed in deeds]


def _judge_one(deed: Deed, outages: list[dict[str, Any]], tolerance: float) -> Finding:
    if len(outages) != 1:
        return Finding(deed, wrong=f"expected one outage, the report has {len(outages)}")
    outage = outages[0]
    if outage["end"] is None:
        return Finding(deed, _epoch(outage["start"]), wrong="still open")
    start, end = _epoch(outage["start"]), _epoch(outage["end"])
    wrong = ", ".join(_differences(deed, outage, start, end, tolerance))
    return Finding(deed, start, end, wrong)


def _differences(
    deed: Deed, outage: dict[str, Any], start: float, end: float, tolerance: float
) -> Iterator[str]:
    for word, did, said in (("start", deed.down, start), ("end", deed.up, end)):
        # The first failed and the first good sample come after the deed, never before it.
        if not 0 <= said - did <= tolerance:
            yield f"{word} is {said - did:+.1f} s off"
    if outage["class"] != deed.kind:
        yield f"class is {outage['class']}"
    seconds = outage[f"{deed.kind}_seconds"]
    if abs(seconds - (end - start)) > 0.001:  # noqa: PLR2004 - the report's milliseconds
        yield f"{seconds} s are {deed.kind}, of {end - start:.3f} s"


def untold(sent: Sequence[Sent]) -> list[str]:
    """Return what of the shop's outage Slack was not told."""
    texts = [message.text for message in sent]
    opened = any("Web shop" in text and "down" in text for text in texts)
    resolved = any("resolved" in text or "up again" in text for text in texts)
    return [
        what
        for what, told in (("that the shop was down", opened), ("that it was up again", resolved))
        if not told
    ]


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
