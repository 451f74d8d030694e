"""What axe-core finds wrong with the report page, in light and in dark, and what the console says.

npm install --prefix var/axe axe-core
python -m benchmarks.accessibility [var/axe/node_modules/axe-core/axe.min.js]

Needs Chromium. Exits 1 where a violation is serious or critical, or the page logs an error.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from sla_engine.reports import REPORTS
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
    axe = Path(sys.argv[1] if len(sys.argv) > 1 else _AXE).read_text(encoding="utf-8")
    page = REPORTS["html"](REPORT).decode()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        script = f"<script>{axe}</script>{_RUN}</body>"
        path.write_text(page.replace("</body>", script), encoding="utf-8")
        for name, flags in _SCHEMES.items():
            bad += _check(name, flags, path, f"{folder}/{name}")
    return 1 if bad else 0


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
