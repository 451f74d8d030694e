"""From the ledger to a reader: ledger, engine, feeds, schedules, notifiers, disk."""

import os
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from sqlalchemy.engine import make_url

from service_catalogue import Catalogue
from service_catalogue.cron import last_due
from sla_engine.app.context import opened_ledger
from sla_engine.app.errors import JobError
from sla_engine.app.feeds import read
from sla_engine.app.findings import Check, Finding
from sla_engine.app.notifiers import make_notifiers, secrets
from sla_engine.app.state_file import running_engines
from sla_engine.domain.contract_window import ROLLING
from sla_engine.domain.notice import Message
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import AbsentError
from sla_engine.maintenance.ical_feeds import FeedError
from sla_engine.notices.promised import closed_windows
from sla_engine.notifiers.address import parse_address
from sla_engine.notifiers.contract import Delivered
from sla_engine.slack.scopes import WANTED, ScopesError, granted
from uptime_common.humanize import counted, duration, listed

_LAG = 5 * 60_000
_LEAST_BYTES, _LEAST_SHARE = 1 << 30, 0.05
_SHOWN = 5


def engine_checks(
    catalogue: Catalogue, url: str, environment: Mapping[str, str], at: int, test: str | None
) -> Iterator[tuple[str, Check]]:
    """Yield the checks of an engine and what is beyond it; ``at`` is ms UTC.

    Args:
        catalogue: what it is to keep.
        url: of its ledger.
        environment: where secrets may be.
        at: now.
        test: an address that is sent a message, None sends none.
    """
    yield "engine", partial(_engines, environment)
    yield "ledger", partial(_ledger, catalogue, url, at)
    yield "feeds", partial(_feeds, catalogue)
    yield "schedules", partial(_schedules, catalogue, at)
    yield "Slack", partial(_slack, catalogue, environment)
    if test is not None:
        yield "test message", partial(_message, catalogue, environment, test, at)
    yield "disk", partial(_disk, url)


def _engines(environment: Mapping[str, str]) -> Iterator[Finding]:
    engines = running_engines(environment)
    if engines:
        yield Finding("engine", listed([f"runs at {one.address}" for one in engines], _SHOWN))
    else:
        yield Finding("engine", "none of this user runs here", "note", "sla-engine serve")


def _ledger(catalogue: Catalogue, url: str, at: int) -> Iterator[Finding]:
    try:
        with opened_ledger(url, create=False) as ledger:
            head, until = ledger.head(), ledger.covered_until()
    except JobError as error:
        made = "sla-engine serve, or backfill, makes one"
        hint = made if isinstance(error.__cause__, AbsentError) else ""
        yield Finding("ledger", str(error), "fault", hint)
        return
    yield Finding("ledger", f"opens; head of its audit chain {head or 'none yet'}")
    never = [service.id for service in catalogue.services if service.id not in until]
    if never:
        text = f"nothing derived yet of {listed(never, _SHOWN)}"
        yield Finding("coverage", text, "note", "sla-engine backfill --from=TIME")
    known = [until[service.id] for service in catalogue.services if service.id in until]
    if known:
        lag = max(0, at - max(known))
        text = f"derived until {rfc3339(max(known))}"
        late = f"{text}, {duration(lag)} ago"
        hint = "sla-engine serve; its log says what keeps it"
        yield Finding("lag", text) if lag <= _LAG else Finding("lag", late, "fault", hint)


def _feeds(catalogue: Catalogue) -> Iterator[Finding]:
    for feed in catalogue.maintenance.feeds:
        try:
            size = len(read(feed))
        except (OSError, FeedError) as error:
            yield Finding(
                "feeds", f"{feed.id}: {error}", "fault", f"curl -fI '{feed.url or feed.file}'"
            )
        else:
            yield Finding("feeds", f"{feed.id}: read, {size:,} bytes")


def _schedules(catalogue: Catalogue, at: int) -> Iterator[Finding]:
    if not catalogue.reports and not any(one.to for one in catalogue.agreements):
        yield Finding("schedules", "no report is scheduled", "note", "reports: in services.yml")
    for one in catalogue.reports:
        due = last_due(one.cron, one.timezone or catalogue.timezone, at)
        last = "never yet" if due is None else rfc3339(due)
        yield Finding("schedules", f"{one.id}: {one.cron}, last due {last}")
    yield from _agreements(catalogue, at)


def _agreements(catalogue: Catalogue, at: int) -> Iterator[Finding]:
    """Yield when the report of each agreement goes out, and to whom; or that it does not."""
    scheduled = {one.agreement: one.id for one in catalogue.reports}
    closed = {one.agreement.id: one for one in closed_windows(catalogue, at)}
    for one in catalogue.agreements:
        what = f"agreement {one.id} with {one.customer}"
        if one.id in scheduled:
            yield Finding("schedules", f"{what}: by {scheduled[one.id]}")
        elif not one.to:
            text = f"{what}: its report goes to nobody"
            yield Finding("schedules", text, "note", f"to: of the agreement {one.id}")
        elif one.window in ROLLING:
            text = f"{what}: a window of {one.window} never closes, so nothing is sent"
            hint = f"reports: an entry with agreement: {one.id}"
            yield Finding("schedules", text, "note", hint)
        else:
            last = closed.get(one.id)
            told = "" if last is None else f", last {last.name}"
            to = listed(list(one.to), _SHOWN)
            text = f"{what}: when its {one.window} closes{told}, to {to}"
            yield Finding("schedules", text)


def _slack(catalogue: Catalogue, environment: Mapping[str, str]) -> Iterator[Finding]:
    given = secrets(catalogue.slack, environment)
    if "slack" in given:
        try:
            scopes = granted(given["slack"], catalogue.slack.api_url)
        except ScopesError as error:
            hint = "export SLACK_BOT_TOKEN=xoxb-..., a new one of api.slack.com/apps"
            yield Finding("Slack", str(error), "fault", hint)
            return
        missing = sorted(WANTED - scopes)
        if missing:
            yield Finding("Slack", f"the bot lacks the scopes {', '.join(missing)}", "fault",
                          "OAuth & Permissions of the app, then install it again")  # fmt: skip
        else:
            yield Finding("Slack", "the bot token is valid and has its scopes")
    elif "slack-webhook" in given:
        yield Finding("Slack", "by an incoming webhook: no threads, no buttons", "note")
    else:
        yield Finding("Slack", "not set up: notices go to the console", "note",
                      "export SLACK_BOT_TOKEN=xoxb-...")  # fmt: skip


def _message(
    catalogue: Catalogue, environment: Mapping[str, str], address: str, at: int
) -> Iterator[Finding]:
    scheme, place = parse_address(address)
    notifier = make_notifiers(catalogue, environment)[scheme]
    said = Message(f"A test message of sla-engine doctor, {rfc3339(at)}", "info")
    outcome = notifier.post(place, said, f"doctor-{at}")
    if isinstance(outcome, Delivered):
        yield Finding("test message", f"{address} took it")
    else:
        hint = f"mend it, then sla-engine doctor --test-message='{address}'"
        yield Finding("test message", f"{address}: {outcome.reason}", "fault", hint)


def _disk(url: str) -> Iterator[Finding]:
    database = make_url(url).database if url.startswith("sqlite") else None
    folder = Path(database).absolute().parent if database else Path.cwd()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if there != folder and os.access(there, os.W_OK):
        yield Finding("disk", f"{folder} is not there yet: the engine makes it")
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield Finding("disk", f"{folder} cannot be written", "fault", f"mkdir -p {folder}")
        return
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / (1 << 30):.1f} GiB free at {folder}"
    enough = usage.free >= _LEAST_BYTES and usage.free >= usage.total * _LEAST_SHARE
    yield Finding("disk", text) if enough else Finding("disk", text, "fault", f"df -h {folder}")


def counts(findings: list[Finding]) -> str:
    """Return how many faults there are, in words."""
    faults = sum(one.verdict == "fault" for one in findings)
    return "no fault found" if not faults else f"{counted(faults, 'fault')} found"
