"""systemd: a unit's state."""

from exporter.probes.transport.child import finished
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import SystemdProbe

_PROPERTIES = "LoadState,ActiveState,SubState,Result"


async def probe(config: SystemdProbe, run: Run) -> None:
    """Ask the system's manager."""
    command = ("systemctl", "show", f"--property={_PROPERTIES}", "--", config.unit)
    done = await finished(command, run)
    if done.code != 0:
        raise HinderedError("plugin", done.output.strip()[:200])
    state = dict(line.split("=", 1) for line in done.output.splitlines() if "=" in line)
    run.log(str(state))
    if state.get("LoadState") == "not-found":
        raise ProbeError("missing", f"no unit {config.unit}")
    if state.get("ActiveState") not in config.expect:
        words = [state.get(key, "") for key in ("ActiveState", "SubState", "Result")]
        raise ProbeError("status", ", ".join(word for word in words if word))
