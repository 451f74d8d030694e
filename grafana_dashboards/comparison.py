"""What each page is for, beside the pages that people know; part of docs/dashboards.md."""

from collections.abc import Iterator
from typing import NamedTuple


class Compared(NamedTuple):
    """A page, its question, what others have for it, what ours has, and why others do not do."""

    page: str
    question: str
    theirs: str
    ours: str
    why: str


PAGES = (
    Compared(
        "Service levels",
        "Which contracts are at risk?",
        "Sloth 14348: a month's burn-down and alerts of one SLO at a time. Pyrra: a list with "
        "availability and budget. Grafana SLO: a list with filters, budget, forecast, ownership, "
        "links to alerts and runbooks",
        "every contract in its own window, on course, at risk or lost, the day on which the budget "
        "ends, ninety days in a strip; by owner, tier, agreement, label",
        "their windows roll, 28 or 30 days: a month's contract is judged by no month; planned work "
        "and unknown time count as errors or as nothing",
    ),
    Compared(
        "One service",
        "What is with it?",
        "Sloth 14348: burn rates by window. Pyrra: requests, errors, latency, alerts of an SLO. "
        "Uptime Kuma, Gatus: last failures, response time, certificate",
        "all of that on one page, requests as counts of the window and not as a rate; state with "
        "its time and its reason, burn-down beside the ideal "
        "line, burn rates beside the thresholds of its own alerts, exact outages and planned work, "
        "what it needs and who needs it, the terms in force",
        "none has outages as the ledger accounts for them, with class and cause; lengths come from "
        "the step of a query, another at each zoom",
    ),
    Compared(
        "Outages and planned work",
        "What went down, when exactly, for how long and why; what was planned, and what is to "
        "come?",
        "Sloth, Pyrra, Grafana SLO: nothing. Uptime Kuma: a list of one monitor",
        "every outage of every service by value: begin, end, length, downtime, class, cause; "
        "planned work that was and that is to come; how often and how long",
        "an error rate has no outages; who must tell a customer needs them",
    ),
    Compared(
        "Executive overview",
        "Were promises kept, and what did it cost?",
        "Grafana SLO: a report page of several SLOs. Others: nothing",
        "verdicts of closed windows, state of running ones, thirteen months from the ledger "
        "itself, downtime and its cost by owner, credits by customer",
        "Prometheus forgets after weeks, so that theirs end where its retention does; no money",
    ),
    Compared(
        "Agreements",
        "What do we owe whom?",
        "nothing",
        "each agreement's one figure by its rule, verdict and credit in money once, when a window "
        "closes, its services",
        "an SLO is nobody's contract",
    ),
    Compared(
        "Alerts",
        "What alerts, and why?",
        "Grafana's alert list: names and states. Sloth 14348: burn rates of one SLO",
        "a panel for every rule: its expression, its threshold, how near its series are; the "
        "button of an alert opens it with service and host chosen",
        "none shows the rules of hosts, services and the monitoring itself on one page",
    ),
    Compared(
        "Fleet, One host",
        "Which hosts need somebody? What is with it?",
        "Node Exporter Full: 125 panels of one host",
        "all hosts, the worst first, silent ones named, and what waits to be done; one host by "
        "utilisation, saturation and errors, its subsystems folded",
        "no fleet, no updates, due reboots, backups, certificates or RAID",
    ),
    Compared(
        "Probes",
        "Does each probe reach its target, how fast, and why not?",
        "dashboards of blackbox_exporter: success, phases, certificate of a target",
        "by target and location, the worst first, by phase and reason; blackbox_exporter's too",
        "one target at a time, no quorum of locations",
    ),
    Compared(
        "Changes",
        "What changed, and what broke after it?",
        "nothing",
        "updates, packages and reboots beside the outages that followed within a day",
        "annotations have to be written by somebody",
    ),
    Compared(
        "Uptime Ledger itself",
        "Can the figures be trusted?",
        "Prometheus' own pages: scrapes, memory",
        "lag, coverage, feeds, services that fail, notices that wait, late probes, processes",
        "they know nothing of a ledger",
    ),
)
NEEDS = """\
The pages about services read what the engine publishes and need no exporter of ours, but for what
only a probe can tell (time by phase, locations, certificates, why a probe fails) and for burn
rates, which are the recording rules of `alert_rules/`. Without exporter or rules those panels are
empty, the others are not.
"""


def comparison() -> Iterator[str]:
    """Yield the part of the document, line by line."""
    yield "## Beside the pages that people know\n"
    yield NEEDS
    yield "| page | question | what others have | ours | why not theirs |\n|---|---|---|---|---|"
    for row in PAGES:
        yield "| " + " | ".join(row) + " |"
    yield ""
