"""Commands: Nagios plug-ins, by exit code and performance data."""

from exporter.metrics import COMMAND_VALUE
from exporter.probes.transport.child import finished
from exporter.probes.transport.perfdata import perfdata
from exporter.probes.transport.result import ProbeError, Reason
from exporter.probes.transport.run import Run
from service_catalogue.probes import CommandProbe

_OK, _WARNING, _CRITICAL = 0, 1, 2
_MOST_VALUES = 100


async def probe(config: CommandProbe, run: Run) -> None:
    """Run the plug-in and judge its exit code."""
    done = await finished(config.command, run)
    run.log(f"exit code {done.code}: {done.output.strip()}")
    for datum in perfdata(done.output)[:_MOST_VALUES]:
        run.measure(COMMAND_VALUE, datum.value, datum.label, datum.unit)
    good = (_OK, _WARNING) if config.warning == "up" else (_OK,)
    if done.code not in good:
        first = done.output.partition("\n")[0].partition("|")[0].strip()
        raise ProbeError(_reason(done.code), f"exit code {done.code}: {first[:200]}")


def _reason(code: int) -> Reason:
    """Return why: a plug-in that does not know, or breaks, tells nothing of its target."""
    return "status" if code in (_WARNING, _CRITICAL) else "setup"
