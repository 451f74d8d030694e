"""200 outages told to a Slack that fails in 30 % of the calls, by an engine killed 50 times.

python -m benchmarks.outbox_faults [outages] [kills]

The sender is a process of its own that dies by SIGKILL; its clock runs 100 times faster, so that
waits are short. Prints how many outages have exactly one thread with one final state.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from random import Random

from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.sender import Sender
from sla_engine.slack.notifier import SlackBot
from tests.notices.faults import T0, book, end_outage, fault_maker, open_outage, wrong_threads
from tests.programs.slack import TOKEN, local_slack

_FASTER = 100
_BEGAN = time.monotonic()


def main() -> int:
    if sys.argv[1:2] == ["--send"]:
        return send(*sys.argv[2:6])
    outages = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    random, faults = Random(11), Counter[str]()
    with tempfile.TemporaryDirectory() as folder, local_slack() as slack:
        slack.retry_after = 1
        spoil = fault_maker(random, 0.3)

        def fault(method: str) -> str | None:
            found: str | None = spoil(method)
            faults[found or "none"] += 1
            return found

        slack.fault = fault
        url = f"sqlite:///{folder}/l.db"
        with Ledger.open(url) as ledger:
            outbox = Outbox(ledger.engine)
            for change in (open_outage, end_outage):
                for number in range(outages):
                    change(outbox, number)
                for _ in range(kills // 2):
                    _sender(url, slack.api_url, outages, random.uniform(0.1, 2.0))
            spoil = fault_maker(random, 0.3, permanent=False)
            for _ in range(3):  # the last ones revive what was given up
                _sender(url, slack.api_url, outages, None)
        wrong = wrong_threads(slack, outages)
    calls = sum(faults.values())
    spoilt = 100 * (1 - faults["none"] / calls)
    print(f"{outages} outages, {kills} kills, {calls} calls of which {spoilt:.0f} % failed")
    print(f"exactly one thread with one final state: {outages - len(wrong)} of {outages}")
    print("\n".join(wrong[:10]))
    return 1 if wrong else 0


def _sender(url: str, api: str, outages: int, lifetime: float | None) -> None:
    """Run a sender until it is killed, or to the end."""
    module = "benchmarks.outbox_faults"
    command = [sys.executable, "-m", module, "--send", url, api, str(outages), str(_BEGAN)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        if lifetime is not None:
            time.sleep(lifetime)
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def send(url: str, api: str, outages: str, began: str) -> int:
    """Send until nothing waits; ``began`` is when all senders' clock began."""
    with Ledger.open(url) as ledger:
        outbox = Outbox(ledger.engine)

        def clock() -> int:
            return T0 + round((time.monotonic() - float(began)) * 1000 * _FASTER)

        sender = Sender(
            Books(book(int(outages)), ledger),
            outbox,
            {"slack": SlackBot(TOKEN, api, timeout=1)},
            clock,
        )
        sender.revive()
        print("sending", flush=True)
        while outbox.pending():
            sender.run()
            time.sleep(0.005)
    return 0


if __name__ == "__main__":
    sys.exit(main())
