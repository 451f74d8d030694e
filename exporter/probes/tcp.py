"""TCP: the connection is accepted in time."""

from catalogue.probe import TcpProbe
from exporter.probes.connect import connect
from exporter.probes.run import Run


async def probe(config: TcpProbe, run: Run) -> None:
    """Connect and close."""
    host, _, port = config.target.rpartition(":")
    sock = await connect(run, host, int(port))
    sock.close()
