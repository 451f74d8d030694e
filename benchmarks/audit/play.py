"""One world from end to end, by command lines: derive, report, correct, derive again."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.audit.judge import (
    Json,
    carried,
    changed,
    csv_differs,
    differences,
    less_known,
    milliseconds,
    sums_differ,
    text_differs,
)
from benchmarks.audit.oracle import Oracle
from benchmarks.audit.run import Done, command, note, ticks
from benchmarks.audit.time import Span, days, wall
from benchmarks.audit.world import Said, Servers, World

_FROZEN = (
    "availability_ratio", "agreed_seconds", "excluded_seconds", "downtime_seconds",
    "unknown_seconds", "outage_count",
)  # fmt: skip
_PROMISED = ("start", "end", "availability_ratio", "met", "credit_percent", "credit_amount")

_TRIES = 3
_TRAIL = 7_200_000
"""More than ticks go back before an open outage (ms)."""


class Play:
    """Plays a world; counts what it compared."""

    def __init__(
        self, folder: Path, world: World, servers: Servers, *, processes: bool = False
    ) -> None:
        folder.mkdir(parents=True)
        self._folder, self._world, self._processes = folder, world, processes
        self._chance = random.Random(world.seed + 1_000_000)
        self._failed: list[str] = []
        self._clocks: list[int] = []
        self._config = folder / "services.yml"
        self._frozen = False
        self.figures = self.reports = self.outages = 0
        self._servers = servers
        world.catalogue["prometheus"]["url"] = servers.whole
        self._config.write_text(json.dumps(world.catalogue, indent=1))

    def run(self, *arguments: str, ledger: str = "pieces", at: int | None = None) -> Done:
        """Run a command against one of the world's ledgers; one that fails is a finding."""
        done = self.attempt(*arguments, ledger=ledger, at=at)
        if done.code:
            last = (done.err.strip() or done.out.strip()).splitlines()[-1:]
            self._failed.append(f"{' '.join(arguments)}: exit code {done.code}: {last}")
        return done

    def attempt(self, *arguments: str, ledger: str = "pieces", at: int | None = None) -> Done:
        """Run a command that may fail."""
        flags = [f"--config.file={self._config}", f"--storage.ledger={self._ledger(ledger)}"]
        clock = self._world.clock if at is None else at
        return command([*arguments, *flags], clock, process=self._processes)

    def _ledger(self, name: str) -> str:
        return f"sqlite:///{self._folder}/{name}.db"

    def findings(self) -> Iterator[str]:
        """Yield what is wrong with this world."""
        self._learn()
        self._ask()
        self._derive()
        oracle = Oracle(self._world)
        self.outages = sum(len(truth.outages) for truth in oracle.truths.values())
        before = {}
        for period in self._periods():
            before[period] = document = self._report(period)
            yield from self._judged(oracle, document)
        self._freeze(period, document)
        yield from self._sums(oracle)
        yield from self._whole_is_pieces(before)
        yield from self._listed(oracle)
        self._correct()
        for period, earlier in list(before.items())[:: len(before) - 1]:
            document = self._report(period)
            yield from self._judged(oracle, document)
            frozen = document.get("period") == list(before.values())[-1].get("period")
            yield from self._restated(period[0], earlier, document, frozen=frozen)
        yield from self._formats()
        yield from self._kept(self._periods()[0])
        yield from self._outlived(self._periods()[0])
        yield from self._came_late(self._periods()[0])
        yield from self._answered_in_part(self._periods()[0])
        yield from self._failed

    def _learn(self) -> None:
        """Let every ledger see the agreements as they were, and as they were edited."""
        for at, agreements in self._world.agreements if self._world.agreements[1:] else ():
            self._config.write_text(json.dumps(self._world.catalogue | {"agreements": agreements}))
            for ledger in ("pieces", "whole", "late", "part"):
                if (done := note(self._config, self._ledger(ledger), at)).code:
                    self._failed.append(f"terms: {done.err.strip().splitlines()[-1]}")

    def _ask(self) -> None:
        """Ask for the windows and decide about them."""
        for i, request in enumerate(self._world.requests):
            said = ["--author=ann", "--reason=planned work", f"--title=work {i}"]
            done = self.run("maintenance", "request", *request.flags, *said, at=request.at)
            request.id = done.out.split(" ")[0]
            for verb, author, at in request.decisions:
                self.run("maintenance", verb, request.id, f"--author={author}", at=at)

    def _derive(self) -> None:
        """Backfill in pieces, in any order, one of them twice, the end by ticks; and as a whole."""
        start, end = self._world.span
        self.run("backfill", *_flags((start, end)), ledger="whole")
        if self._world.clock == end:
            end = self._ticked(start, end)
        cuts = [self._chance.randrange(start + 1, end) for _ in range(self._chance.randrange(4))]
        edges = [start, *sorted(set(cuts)), end]
        pieces = list(pairwise(edges))
        self._chance.shuffle(pieces)
        for piece in [*pieces, *pieces[:1]]:
            self.run("backfill", *_flags(piece))
        if self._clocks:
            done = ticks(self._config, self._ledger("pieces"), self._clocks)
            if done.code:
                self._failed.append(f"ticks: {done.err.strip().splitlines()[-1]}")

    def _ticked(self, start: int, end: int) -> int:
        """Let ticks derive the end of the span; return where they begin."""
        at = begin = end - min(3 * 3_600_000, (end - start) // 2)
        if any(
            outage.start < start + _TRAIL and (outage.end is None or outage.end > begin)
            for truth in Oracle(self._world).truths.values()
            for outage in truth.outages
        ):
            return end  # ticks would go back before its start, and so before the span
        while (at := at + self._chance.choice((20_000, 30_000, 30_000, 400_000, 1_500_000))) < end:
            self._clocks.append(at)
        self._clocks.append(end)
        return begin

    def _periods(self) -> tuple[tuple[str, ...], ...]:
        """Return the periods to report, as flags: whole, part, day, week, month."""
        start, end = self._world.span
        day = wall(start + (end - start) // 2, self._world.zone).date()
        year, week, _ = day.isocalendar()
        part = start + (end - start) // 7, end - (end - start) // 5 + 123
        return (
            _flags((start, end)),
            _flags(part),
            (f"--period={day}",),
            (f"--period={year}-W{week:02d}",),
            (f"--period={day:%Y-%m}",),
        )

    def _freeze(self, period: Sequence[str], document: Json) -> None:
        """Freeze a period that is over; what is not known to its end is not."""
        if document["services"] and _ms(document, "end") <= self._world.clock:
            failed = list(self._failed)
            done = self.run("report", "--format=json", "--freeze", *period)
            self._frozen = done.code == 0
            if "not known to the end" in done.err:
                self._failed = failed

    def _report(self, period: Sequence[str], ledger: str = "pieces") -> Json:
        done = self.run("report", "--format=json", *period, ledger=ledger)
        self.reports += 1
        found: Json = json.loads(done.out) if done.code == 0 else {"services": []}
        found.pop("ledger_head", None)  # tells what was written, and not what is known
        return found

    def _judged(self, oracle: Oracle, document: Json) -> Iterator[str]:
        if document["services"]:
            self.figures += sum(18 + 9 * len(s["outages"]) for s in document["services"])
            yield from differences(oracle, document, self._world.clock)

    def _sums(self, oracle: Oracle) -> Iterator[str]:
        """Yield where days are wrong, or do not add up to a span of whole days."""
        zone, (start, end) = self._world.zone, self._world.span
        first, last = (wall(at, zone).date() for at in (start, end))
        chosen = [day for day in days((start, end), zone) if first <= day <= last][:3]
        found = [self._report((f"--period={day}",)) for day in chosen]
        whole = self._report(_flags((_ms(found[0], "start"), _ms(found[-1], "end"))))
        for document in found:
            yield from self._judged(oracle, document)
        yield from sums_differ(whole, found)

    def _whole_is_pieces(self, before: dict[tuple[str, ...], Json]) -> Iterator[str]:
        """Yield where a ledger derived in one says something else (requests are not in it)."""
        if self._world.requests:
            return
        for period in list(before)[:1]:
            yield from changed("whole", before[period], self._report(period, ledger="whole"))

    def _listed(self, oracle: Oracle) -> Iterator[str]:
        done = self.run("outages", "list", "--format=json")
        found = sorted((o["service"], o["start"], o["end"]) for o in json.loads(done.out))
        wanted = sorted(
            (name, _text(o.start), None if o.end is None else _text(o.end))
            for name, truth in oracle.truths.items()
            for o in truth.outages
        )
        for one in sorted({*found, *wanted}, key=str):
            if (one in found) != (one in wanted):
                yield f"outages list: {one} only in {'the list' if one in found else 'the oracle'}"

    def _correct(self) -> None:
        """Reclassify and annotate some outages."""
        listed = json.loads(self.run("outages", "list", "--format=json").out)
        for outage in self._chance.sample(listed, min(len(listed), 3)):
            word = self._chance.choice(("planned", "unplanned", "measured", "cause", "ticket"))
            if word in {"cause", "ticket"}:
                name, flags = word, ["annotate", f"--{word}=T-1"]
            else:
                name, flags = "class", ["reclassify", f"--as={word}"]
            verb, flag = flags
            self.run("outages", verb, outage["id"], flag, "--author=eve", "--reason=seen")
            value = {"measured": None, "cause": "T-1", "ticket": "T-1"}.get(word, word)
            said = Said(outage["service"], milliseconds(outage["start"]), name, value)
            self._world.corrections.append(said)

    def _restated(self, period: str, before: Json, after: Json, *, frozen: bool) -> Iterator[str]:
        """Yield restatements that a month lacks or has too many, or that another period has."""
        closed = frozen and before["services"] and _ms(before, "end") <= self._world.clock
        if closed and not self._frozen:
            return  # some of its services are not known to the end, others may be restated
        pairs = zip(before["services"], after["services"], strict=True) if closed else ()
        names = [b["name"] for b, a in pairs if any(b[key] != a[key] for key in _FROZEN)]
        wanted = sorted([*names, *(_owed_otherwise(before, after) if closed else ())])
        found = sorted(one["service"] for one in after.get("restatements", ()))
        if wanted != found:
            yield f"{period}: restated are {found}, not {wanted}"

    def _formats(self) -> Iterator[str]:
        period = self._periods()[-1]
        document = self._report(period)
        yield from csv_differs(document, self.run("report", "--format=csv", *period).out)
        yield from text_differs(document, self.run("report", "--format=text", *period).out)

    def _kept(self, period: Sequence[str]) -> Iterator[str]:
        """Yield what deriving anew, or moving the ledger, changes; nothing must."""
        earlier = self._report(period)
        done = self.run("recompute", *_flags(self._world.span))
        if not done.out.endswith("\n0 changes\n") and done.out != "0 changes\n":
            yield f"recompute: {done.out.strip().splitlines()[-3:]}"
        yield from changed("recomputed", earlier, self._report(period))
        self.run("verify")
        self.run("export", f"--output={self._folder}/ledger.jsonl")
        self.run("import", f"{self._folder}/ledger.jsonl", ledger="moved")
        self.run("verify", ledger="moved")
        yield from changed("moved", earlier, self._report(period, ledger="moved"))

    def _outlived(self, period: Sequence[str]) -> Iterator[str]:
        """Yield what is lost from the ledger where Prometheus lost samples of it; nothing must."""
        earlier = self._report(period)
        self.run("recompute", *_flags(self._world.span), f"--prometheus.url={self._servers.lossy}")
        yield from changed("outlived", earlier, self._report(period))
        self.run("verify")

    def _came_late(self, period: Sequence[str]) -> Iterator[str]:
        """Yield what a ledger lacks that was derived while some samples were still to come.

        What it took to be known at the edge of the hole stays so (rule 9), until that is forgotten,
        and so does what it took to be unknown while an expression goes on after its last sample.
        """
        flags = _flags(self._world.span)
        self.run("backfill", *flags, f"--prometheus.url={self._servers.lossy}", ledger="late")
        self.run("recompute", *flags, ledger="late")
        whole = self._report(period, ledger="whole")
        loose = carried(self._world)
        yield from less_known("late", whole, self._report(period, ledger="late"), loose)
        why = ("--author=ann", "--reason=samples came late")
        self.run("recompute", "--forget", *why, *flags, ledger="late")
        yield from changed("forgotten", whole, self._report(period, ledger="late"))

    def _answered_in_part(self, period: Sequence[str]) -> Iterator[str]:
        """Yield what is wrong after answers of which some are partial, warned about or cut."""
        flags = [*_flags(self._world.span), f"--prometheus.url={self._servers.faulty}"]
        for _ in range(_TRIES):
            done = self.attempt("backfill", *flags, ledger="part")
            if not done.code:
                break
        self.run("backfill", *_flags(self._world.span), ledger="part")
        whole = self._report(period, ledger="whole")
        yield from changed("in part", whole, self._report(period, ledger="part"))


def _flags(span: Span) -> tuple[str, str]:
    return f"--from={_text(span[0])}", f"--to={_text(span[1])}"


def _text(at: int) -> str:
    """Return a moment as the engine writes it."""
    text = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{at % 1000:03d}Z" if at % 1000 else f"{text}Z"


def _ms(document: Json, edge: str) -> int:
    return milliseconds(document["period"][edge])


def _owed_otherwise(before: Json, after: Json) -> Iterator[str]:
    """Yield the customers whose agreements' closed windows say something else in another report."""
    agreements = (one.get("agreements", ()) for one in (before, after))
    for was, now in zip(*agreements, strict=True):
        closed = ([[w[key] for key in _PROMISED] for w in one["closed"]] for one in (was, now))
        if len({str(windows) for windows in closed}) > 1:
            yield was["customer"]
