"""What axe-core finds wrong with report pages, in light and in dark, and what the console says.

npm install --prefix var/axe axe-core
python -m benchmarks.accessibility [PAGE ...]

Without a page: the sample of the tests, and what `sla-engine report --period=last-month
--format=html` makes of the demo's catalogue and the demo's two outages, moved into last month.
Needs Chromium. Exits 1 where a violation is serious or critical, or a page logs anything.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.reports import FORMATS
from stack.demo.world import Plan, catalogue
from tests.reports.sample import REPORT

_AXE = "var/axe/node_modules/axe-core/axe.min.js"
_RUN = """
<script>
axe.run().then(found => {
  const out = document.createElement("pre");
  out.id = "axe";
  out.textContent = JSON.stringify(found.violations.map(v => [v.impact, v.id, v.nodes.length,
    v.nodes[0].target.join(" "), v.nodes[0].failureSummary]));
  document.body.appendChild(out);
});
</script>
"""
_CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom",
)  # fmt: skip
_SCHEMES = {"light": (), "dark": ("--blink-settings=preferredColorScheme=0",)}


def main() -> int:
    axe = Path(_AXE).read_text(encoding="utf-8")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        given = {name: Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]}
        for title, page in (given or _pages(Path(folder))).items():
            path = Path(folder) / "report.html"
            script = f"<script>{axe}</script>{_RUN}</body>"
            path.write_text(page.replace("</body>", script), encoding="utf-8")
            for scheme, flags in _SCHEMES.items():
                bad += _check(f"{title}, {scheme}", flags, path, f"{folder}/profile")
    return 1 if bad else 0


def _pages(folder: Path) -> dict[str, str]:
    return {"sample": FORMATS["html"].render(REPORT).decode(), "demo": _demo(folder)}


def _demo(folder: Path) -> str:
    """Return the report of last month on a ledger in which the demo took place then."""
    last = parse_period("last-month", UTC, time.time_ns() // 1_000_000)
    begun = datetime.fromtimestamp(last.start / 1000, UTC) + timedelta(days=9, hours=14)
    plan, down = Plan(), round(begun.timestamp() * 1000) + 20_000
    urls = {"shop": "http://127.0.0.1:1/", "library": "http://127.0.0.1:2/"}
    document = catalogue(plan, urls, "http://127.0.0.1:3/", begun)
    config, url = folder / "services.yml", f"sqlite:///{folder}/ledger.db"
    config.write_text(json.dumps(document), encoding="utf-8")
    edges = (last.start, down, down + round(plan.outage * 1000), last.end + 3_600_000)
    states = (State.UP, State.DOWN, State.UP)
    line = [Segment(*edge, state) for edge, state in zip(pairwise(edges), states, strict=True)]
    with Ledger.open(url) as ledger:
        ledger.apply(Derived(service, tuple(line), last.start) for service in urls)
    command = [
        *(sys.executable, "-m", "sla_engine", "report", f"--config.file={config}"),
        *(f"--storage.ledger={url}", "--period=last-month", "--format=html"),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _check(name: str, flags: tuple[str, ...], page: Path, profile: str) -> int:
    command = [*_CHROMIUM, *flags, f"--user-data-dir={profile}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r'<pre id="axe">(.*?)</pre>', done.stdout, re.DOTALL)
    if found is None:
        raise RuntimeError(f"{name}: axe did not finish")
    text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    violations = json.loads(text)
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    print(f"{name}: {len(violations)} violations, {len(errors)} console messages")
    for impact, rule, count, target, summary in violations:
        print(f"  {impact} {rule} x{count}: {target}: {summary}")
    print("\n".join(errors))
    return sum(v[0] in {"serious", "critical"} for v in violations) + len(errors)


if __name__ == "__main__":
    sys.exit(main())
