"""Sixty days of an invented estate under the shipped alert rules: pages for each true incident.

    python -m benchmarks.sixty_days_rules [--days 60] [--services 200] [--seed 1] [--part 1/1]

What happens is drawn for the whole time: blips, outages, floods of one owner, hosts that die, work
in approved windows that may overrun, deployments of services that are counted by events, holes in
the data, an engine that restarts or is away. Then the quiet stretches are cut out. A scene is what
happens to services that have to do with each other, from four minutes before to 35 after (8 where
nothing was down for long). Stretches of a service are less than two hours apart, and then in one
scene with their true distance, or six hours and more, and then apart: no window that pages looks
back further, and the weight that rules give to missing data makes an empty past count as good.
Scenes of one service that differ in its name alone are played once. They are laid side by side,
each with services, owners, hosts and an engine of its own, and promtool evaluates on them the rules
that are shipped, every 30 seconds: those of pages and of what holds them back, and all they rest
on. Samples are 15 seconds apart; a true incident is an outage with three failed ones outside of
windows. A page of an hour in which 2 % of the month's budget was used up, by deployments that fail
half of the requests, is no page without one: counted by itself. What Alertmanager holds back is
worked out from the shipped configuration by PromQL, its groups and their intervals here.
"""

import argparse
import random
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from benchmarks.sixty_days_rules.estate import drawn, scenes, worlds
from benchmarks.sixty_days_rules.judge import Verdict, concerns, judge, pages
from benchmarks.sixty_days_rules.world import played


def main() -> int:
    """Run, print the figures; 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--part", default="1/1", metavar="N/OF", help="of the worlds, for processes side by side"
    )
    options = parser.parse_args()
    dice = random.Random(options.seed)
    events = drawn(dice, options.services, options.days)
    laid = worlds(scenes(dice, events))
    dice.shuffle(laid)
    part, parts = map(int, options.part.split("/"))
    chosen = laid[part - 1 :: parts]
    found: list[Verdict] = []
    elsewhere = 0
    for number, world in enumerate(chosen):
        with tempfile.TemporaryDirectory() as folder:
            told = pages(played(world, options.services, Path(folder)))
        for scene in world:
            found += [judge(scene, told, options.services)] * scene.times
        elsewhere += sum(not any(concerns(page, scene) for scene in world) for page in told)
        print(f"world {number + 1} of {len(chosen)}: {_sum(found)}", file=sys.stderr, flush=True)
    kinds: Counter[str] = Counter()
    for scene in chain.from_iterable(chosen):
        kinds.update(dict(Counter(e.kind for e in scene.events for _ in range(scene.times))))
    incidents, causes = sum(v.incidents for v in found), sum(v.causes for v in found)
    count = sum(v.pages for v in found)
    untold = [line for verdict in found for line in verdict.untold]
    needless = [line for verdict in found for line in verdict.needless]
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    steps = sum(max(s.at + s.length for s in world) for world in chosen)
    print(
        f"{options.services} services, {options.days} days, seed {options.seed}: {dict(kinds)}, "
        f"{sum(s.times for s in chain.from_iterable(chosen))} scenes, of which "
        f"{sum(map(len, chosen))} differ, in {len(chosen)} of {len(laid)} worlds, "
        f"{steps} evaluations, {spent.ru_utime + spent.ru_stime:.0f} CPU s\n"
        f"{incidents} true incidents of {causes} causes, {count} pages: "
        f"{count / max(1, causes):.2f} a cause, {count / max(1, incidents):.2f} an incident; "
        f"incidents without a page {len(untold)}, pages without an incident {len(needless)}, "
        f"pages of no scene {elsewhere}, of burns that are no outage {sum(v.burns for v in found)}"
    )
    print(*(f"  {line}" for line in (*untold[:40], *needless[:40])), sep="\n")
    return int(bool(untold or needless) or elsewhere > 0 or count > 1.2 * causes)


def _sum(found: Sequence[Verdict]) -> str:
    return (
        f"incidents {sum(v.incidents for v in found)}, causes {sum(v.causes for v in found)}, "
        f"pages {sum(v.pages for v in found)}, untold {sum(len(v.untold) for v in found)}, "
        f"needless {sum(len(v.needless) for v in found)}"
    )


if __name__ == "__main__":
    sys.exit(main())
