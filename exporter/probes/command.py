"""Commands: Nagios plug-ins, by exit code and performance data."""

from exporter.metrics import COMMAND_VALUE
from exporter.probes.transport.child import finished
from exporter.probes.transport.perfdata import perfdata
from exporter.probes.transport.result import HinderedError, ProbeError
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
    if done.code in good:
        return
    first = done.output.partition("\n")[0].partition("|")[0].strip()
    told = f"exit code {done.code}: {first[:200]}"
    if done.code in (_WARNING, _CRITICAL):
        raise ProbeError("status", told)
    raise HinderedError("plugin", told)  # that it does not know says nothing of its target
