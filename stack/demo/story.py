"""What happens in the demo, and what is shown of it."""

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from stack.demo.service import DemoService
from stack.demo.slack import Sent, slack_stand_in
from stack.demo.verdict import Deed, Finding, judge, untold
from stack.demo.world import Plan, World, catalogue, running_world

SEND_SECONDS = 15  # the engine looks at its outbox this often, at the very least


def tell(plan: Plan) -> int:
    """Run the demo; return 0 if report and Slack say what was done, else 1."""
    begun = time.time()

    def say(text: str) -> None:
        minutes, seconds = divmod(int(time.time() - begun), 60)
        print(f"  {minutes}:{seconds:02}  {text}", flush=True)

    services = {"shop": DemoService(), "library": DemoService()}
    for service in services.values():
        service.up()
    urls = {name: service.url for name, service in services.items()}
    print("Uptime Ledger demo: two services fail, one of them as planned.\n")
    with tempfile.TemporaryDirectory(prefix="uptime-ledger-") as folder, slack_stand_in() as slack:
        document = catalogue(plan, urls, slack.api_url, datetime.now(UTC))
        say("starting Prometheus, Alertmanager, exporter and engine")
        with running_world(Path(folder), plan, document) as world:
            say(f"all answer; Prometheus scrapes every {plan.scrape:g} s")
            deeds = _fail(world, services, plan, say)
            _settle(world, slack.sent, begun, plan)
            report = json.loads(world.report(begun, "json"))
            text = world.report(begun, "text")
        say("stopped")
        return _verdict(text, slack.sent, judge(report, deeds, plan.scrape), plan)


def _fail(
    world: World,
    services: dict[str, DemoService],
    plan: Plan,
    say: Callable[[str], None],
) -> list[Deed]:
    """Take both down and bring them up again, midway between two scrapes."""
    say("the library's maintenance window is open")
    world.last_scrape()  # Prometheus may begin seconds after it says that it is ready
    time.sleep(plan.calm)
    _midway(world, plan)
    down = {}
    for name, service in services.items():
        down[name] = time.time()
        service.down()
    say(f"shop and library are taken down for {plan.outage:g} s")
    time.sleep(plan.outage)
    _midway(world, plan)
    up = {}
    for name, service in services.items():
        service.up()
        up[name] = time.time()
    say("both are up again")
    return [
        Deed("shop", "unplanned", down["shop"], up["shop"]),
        Deed("library", "planned", down["library"], up["library"]),
    ]


def _midway(world: World, plan: Plan) -> None:
    """Return midway between two scrapes: the probes see the change well before the next one."""
    passed = (time.time() - world.last_scrape()) % plan.scrape
    time.sleep((plan.scrape / 2 - passed) % plan.scrape)


def _settle(world: World, sent: list[Sent], begun: float, plan: Plan) -> None:
    """Return once every outage has ended in the report and Slack was told, or time is up."""
    deadline = time.monotonic() + 4 * plan.tick + 2 * plan.scrape + SEND_SECONDS
    while time.monotonic() < deadline:
        report = json.loads(world.report(begun, "json"))
        outages = [outage for service in report["services"] for outage in service["outages"]]
        ended = len(outages) > 1 and all(outage["end"] for outage in outages)
        if ended and not untold(sent):
            return
        time.sleep(0.5)


def _verdict(text: str, sent: list[Sent], findings: list[Finding], plan: Plan) -> int:
    print("\nWhat would have been sent to Slack, #uptime:\n")
    for message in sent:
        at = datetime.fromtimestamp(message.time, UTC)
        print(f"  {at:%H:%M:%S} {message.how}: {message.text}")
        for line in message.lines:
            print(f"      {line}")
    print(f"\n{text}")
    for finding in findings:
        print(_line(finding))
    missing = untold(sent)
    for what in missing:
        print(f"  WRONG: Slack was not told {what}")
    wrong = bool(missing) or any(finding.wrong for finding in findings)
    print("\nThe report disagrees." if wrong else f"\nAll agree within {plan.scrape:g} s.")
    return int(wrong)


def _line(finding: Finding) -> str:
    deed = finding.deed
    did = f"{_clock(deed.down)} to {_clock(deed.up)}"
    if finding.start is None or finding.end is None:
        return f"  WRONG: {deed.service} was down {did}: {finding.wrong}"
    said = f"{_clock(finding.start)} to {_clock(finding.end)}, {deed.kind}"
    return f"  {deed.service:8} was down {did}; ledger: {said}  {finding.wrong or 'ok'}"


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S.%f}"[:-5]
