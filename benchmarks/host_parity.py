"""How much of node_exporter's default host series we emit: python -m benchmarks.host_parity.

Both run with their default flags. A series counts when name and labels agree; its value is compared
when it did not move between two reads of node_exporter with ours in between.
"""

import math
import sys
import tempfile
from pathlib import Path

from benchmarks.hosts import Series, headers, node_exporter, series, sla_exporter

TARGET = 0.98


def _show(one: Series) -> str:
    labels = ",".join(f'{key}="{value}"' for key, value in one[1])
    return f"{one[0]}{{{labels}}}" if labels else one[0]


def main() -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        node_exporter(Path(folder)) as node,
        sla_exporter(Path(folder)) as ours,
    ):
        before, text, after = node.text(), ours.text(), node.text()
    theirs, mine, later = series(before), series(text), series(after)
    missing = sorted(one for one in theirs if one not in mine)
    steady = [s for s in theirs if s in mine and theirs[s] == later.get(s)]
    steady = [s for s in steady if s[0] != "node_scrape_collector_duration_seconds"]
    differ = [s for s in steady if not math.isclose(theirs[s], mine[s], rel_tol=1e-9, abs_tol=1e-9)]
    known, told = headers(before), headers(text)
    relabelled = [n for n in known if n in told and known[n] != told[n] and "build" not in n]
    share = 1 - len(missing) / len(theirs)
    print(f"node_exporter emits {len(theirs)} host series, we emit {len(mine)}")
    print(f"same name and labels: {share:.1%} (target {TARGET:.0%}); {len(missing)} missing:")
    print("".join(f"  {_show(one)}\n" for one in missing), end="")
    print(f"steady values: {len(steady)}; different: {len(differ)}")
    print("".join(f"  {_show(s)} {theirs[s]} {mine[s]}\n" for s in differ), end="")
    print(f"other type or help: {', '.join(relabelled) or 'none'}")
    return 0 if share >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
