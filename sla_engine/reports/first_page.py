"""The first page in words: the same lines on paper, in a page, a mail, a text and in Slack."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sla_engine.domain.availability import Figures
from sla_engine.domain.board import Board, Done, Lost, Owed, Risk, Verdict, board
from sla_engine.domain.interval import Interval, Intervals
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.trend import PeriodTotals
from sla_engine.reports import promised, view
from sla_engine.reports.columns import events_lost, lost_of, spoken, title_in, window_title
from sla_engine.reports.coming import sentence
from sla_engine.reports.language import Language, language, marked
from sla_engine.reports.part import Cells, Part
from sla_engine.reports.room import ROOMY, Room
from sla_engine.reports.staked import stakes
from uptime_common.humanize import NOTHING

_REASONS = 2

_VERDICTS_CAPTION = marked(
    "Agreements first, the worst above; lost is unplanned downtime, or failed events."
)
_RISKS_CAPTION = marked(
    "Budgets at today's burn, or used up in the window that closed last; disks at the pace of the "
    "last week."
)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The parts of the first page; those that have nothing to tell say so."""

    verdicts: Part
    lost: Part
    owed: Part
    hurt: Part
    done: Part
    risks: Part
    stakes: Part
    year: str
    coming: str


def first_page(report: PeriodReport, room: Room = ROOMY) -> FirstPage:
    """Return the first page of a report, within some room."""
    page, say = board(report), language(report)
    known = {one.id: one for one in report.services}
    return FirstPage(
        verdicts=_verdicts(page, known, say, room),
        lost=_lost(page, report.currency, say, room),
        owed=_owed(page, report, say, room),
        hurt=_hurt(page, report.currency, say),
        done=_done(page, report, say, room),
        risks=_risks(page, say, room),
        stakes=stakes(page, say, room),
        year=year(report, say),
        coming=sentence(report),
    )


def short(report: PeriodReport) -> Iterator[str]:
    """Yield the page in lines of plain text."""
    found, say = first_page(report), language(report)
    if found.year:
        yield found.year
    yield ""
    yield f"{found.verdicts.title}{say.thus}".rstrip()
    for name, kind, judged, actual, goal, down, left in found.verdicts.rows:
        title = f"{name} ({kind})" if kind else name
        known = say.phrase("no one figure") if actual == NOTHING else actual
        told = {"known": known, "goal": goal, "down": say.also.join(filter(None, (down, left)))}
        figures = say.phrase("{known} (objective {goal}), lost {down}", **told)
        yield f"{title}{say.thus}{judged}, {figures}"
    if found.verdicts.rest:
        yield found.verdicts.rest
    for part in (found.lost, found.owed, found.stakes, found.hurt, found.done, found.risks):
        yield from _in_lines(part, say)
    if found.coming:
        yield ""
        yield found.coming


def _in_lines(part: Part, say: Language) -> Iterator[str]:
    if not part.rows:
        return
    yield ""
    yield part.title if ":" in part.title else f"{part.title}{say.thus}".rstrip()
    for name, *cells in part.rows:
        yield f"{name}{say.thus}{' = '.join(cells) if part.amounts else ', '.join(cells)}"
    if part.rest:
        yield part.rest


def _verdicts(page: Board, known: Mapping[str, ServiceReport], say: Language, room: Room) -> Part:
    shown, left = page.verdicts[: room.verdicts], page.verdicts[room.verdicts :]
    return Part(
        say.phrase("Verdicts"),
        tuple(_verdict(one, known, say) for one in shown),
        _others(left, say),
        say.phrase(_VERDICTS_CAPTION),
        say.phrase("Nothing has an objective."),
        widths=(36, 20, 13, 13, 18),
    )


def _others(left: tuple[Verdict, ...], say: Language) -> str:
    """Return what is left out, with how many of them were missed."""
    if not left:
        return ""
    bad = sum(one.is_bad for one in left)
    if not bad:
        return say.phrase("and {n} more, none of them missed", n=say.number(len(left)))
    told = {"n": say.number(len(left)), "bad": say.number(bad)}
    return say.phrase("and {n} more, {bad} of them missed, lost or at risk", **told)


def _verdict(one: Verdict, known: Mapping[str, ServiceReport], say: Language) -> Cells:
    judged, goal = spoken(one.met, one.state, say), say.agreed(one.objective)
    if one.kind == "service":
        service, name = known[one.id], one.name
        if one.window is not None:
            service = replace(service, figures=_figures_of(service, one.window))
            name = f"{name}, {window_title(service, one.window, say)}"
        return name, "", judged, say.percent(one.availability), goal, view.lost(service, say), ""
    actual = NOTHING if one.availability is None else say.percent(one.availability)
    left = promised.budget_left(one.budget, one.no_budget, say)
    down = [] if one.events is None else [events_lost(one.events, say)]
    down += [] if one.by_time is None else [say.service_time(one.by_time)]
    return one.name, say.phrase("agreement"), judged, actual, goal, " + ".join(down), left


def _figures_of(service: ServiceReport, window: Interval) -> Figures:
    """Return the figures of a window that closed."""
    closed = () if service.contract is None else service.contract.closed
    return next((one.figures for one in closed if one.span == window), service.figures)


def _lost(page: Board, currency: str, say: Language, room: Room) -> Part:
    shown, left = page.lost[: room.parts], page.lost[room.parts :]
    rest = ""
    if left:
        amount = say.money(sum(one.amount for one in left), currency)
        rest = say.plural(
            "and {n} service more: {amount}",
            "and {n} services more: {amount}",
            len(left),
            amount=amount,
        )
    title = say.phrase("Lost by unplanned downtime")
    if page.lost:
        amount = say.money(page.loss, currency)
        title = say.phrase("Lost by unplanned downtime: {amount}", amount=amount)
    rows = tuple(_lost_row(one, currency, say) for one in shown)
    return Part(
        title,
        rows,
        rest,
        empty=say.phrase("Nothing, or nothing that has a price an hour."),
        amounts=True,
        widths=(43, 39, 18),
    )


def _lost_row(one: Lost, currency: str, say: Language) -> Cells:
    times = f"{say.service_time(one.time)} \N{MULTIPLICATION SIGN} "
    amount = f"{say.number(one.cost_per_hour)} {currency}"
    hourly = say.phrase("{amount} an hour", amount=amount)
    return one.name, f"{times}{hourly}", say.money(one.amount, currency)


def _owed(page: Board, report: PeriodReport, say: Language, room: Room) -> Part:
    sums = " + ".join(say.amount(amount, currency) for currency, amount in page.debts.items())
    rows = [_owed_row(one, say) for one in page.owed]
    if len(rows) > room.parts:
        rows = [_debtor_row(of, say) for of in _debtors(page.owed)]
    left = len(rows) - room.debtors
    rest = say.plural("and {n} more customer", "and {n} more customers", left) if left > 0 else ""
    title = say.phrase("Credit due") if report.customer else say.phrase("Owed to customers")
    if sums:
        text = (
            marked("Credit due: {amount}")
            if report.customer
            else marked("Owed to customers: {amount}")
        )
        title = say.phrase(text, amount=sums)
    some, empty = tuple(rows[: room.debtors]), say.phrase("Nothing.")
    return Part(title, some, rest, empty=empty, amounts=True, widths=(30, 53, 17))


def _debtors(owed: Sequence[Owed]) -> list[list[Owed]]:
    """Return credits by whom they are due to, and in which money, the greatest sum first."""
    found: dict[tuple[str, str, str], list[Owed]] = defaultdict(list)
    for one in owed:
        found[one.kind, one.id, one.currency].append(one)
    return sorted(
        found.values(), key=lambda of: (-sum(one.amount or 0.0 for one in of), of[0].name)
    )


def _debtor_row(of: Sequence[Owed], say: Language) -> Cells:
    """Return in one line what is due to one customer for several windows."""
    most = max(of, key=lambda one: (one.percent, one.window.start))
    if len(of) == 1:
        return _owed_row(most, say)
    known = [one.amount for one in of if one.amount is not None]
    due = say.amount(sum(known), most.currency) if known else say.phrase("fee not known")
    told = say.plural(
        "{n} window, most of it {percent} for {window}",
        "{n} windows, most of it {percent} for {window}",
        len(of),
        percent=say.agreed(most.percent / 100),
        window=title_in(most.window, most.zone, say),
    )
    return most.name, f"{told}{_because(most, say, hours=False)}", due


def _because(one: Owed, say: Language, *, hours: bool = True) -> str:
    """Return which services made a credit due, and when they were down the longest."""
    told = []
    for reason in one.why[:_REASONS]:
        text = f"{reason.service} {lost_of(reason.unplanned, reason.events, say)}"
        if reason.spans and hours:
            text += f", {_longest(reason.spans, say)}"
        told.append(text)
    left = len(one.why) - len(told)
    told += [say.phrase("{n} more", n=say.number(left))] if left > 0 else []
    return f"{say.thus}{say.also.join(told)}" if told else ""


def _longest(spans: Intervals, say: Language) -> str:
    """Return when a service was down the longest, and how often besides."""
    told, others = say.stretch(*max(spans, key=lambda span: span.length)), len(spans) - 1
    if not others:
        return told
    more = say.phrase("and {n} more in the list of outages", n=say.number(others))
    return f"{told} {more}"


def _owed_row(one: Owed, say: Language) -> Cells:
    percent, window = say.agreed(one.percent / 100), title_in(one.window, one.zone, say)
    if one.amount is None or one.fee is None:
        told = say.phrase("{percent} of the fee of {window}", percent=percent, window=window)
        return one.name, told, say.phrase("fee not known")
    fee = say.fee(one.fee, one.currency)
    told = say.phrase("{percent} of {fee} for {window}", percent=percent, fee=fee, window=window)
    told += _because(one, say)
    return one.name, told, say.amount(one.amount, one.currency)


def _hurt(page: Board, currency: str, say: Language) -> Part:
    money = say.also.join(f"{one.name} {say.money(one.impact, currency)}" for one in page.by_money)
    budget = say.also.join(f"{one.name} {_used(one, say)}" for one in page.by_budget)
    rows = [(say.phrase("by money"), money), (say.phrase("by budget"), budget)]
    return Part(
        say.phrase("What hurt most"),
        tuple(row for row in rows if row[1]),
        empty=say.phrase("Nothing was down."),
        widths=(17, 83),
    )


def _used(one: ServiceReport, say: Language) -> str:
    left = one.budget_remaining
    if left is None:
        return view.loss(one, say)
    return say.phrase("{share} used", share=say.share(1 - left))


def _done(page: Board, report: PeriodReport, say: Language, room: Room) -> Part:
    rest, ours = "", not report.customer
    if page.silent and ours:
        outages = say.counted(page.silent, "unplanned outage")
        rest = say.phrase(
            "Nobody wrote anything of {outages}: no cause, no ticket, no owner, no note.",
            outages=outages,
        )
    rows = tuple(_done_row(one, report, say, room.story) for one in page.done[: room.parts])
    return Part(
        say.phrase("What is being done") if ours else say.phrase("The longest outages"),
        rows,
        rest,
        say.phrase("The outages that cost most, with what people wrote of them.") if ours else "",
        say.phrase("No unplanned outage."),
    )


def _done_row(one: Done, report: PeriodReport, say: Language, story: int) -> Cells:
    cost = f", {say.money(one.lost, report.currency)}" if one.lost else ""
    told = _begun(_wrote(one, say), story)
    nothing = marked("no cause is known") if report.customer else marked("nothing is written down")
    told = told or say.phrase(nothing)
    open_ = f", {say.phrase('still open')}" if one.is_open else ""
    when = f"{say.day(one.start)}, {say.service_time(one.unplanned)}{cost}{open_}"
    return one.name, f"{when}{say.thus}{told}"


_BUDGETS = ("window", "pace")
_RISK_KINDS = {
    "window": marked("error budget"),
    "pace": marked("error budget"),
    "certificate": marked("certificate"),
    "disk": marked("disk"),
    "support": marked("end of support"),
}


def _risks(page: Board, say: Language, room: Room) -> Part:
    shown, left = page.risks[: room.risks], page.risks[room.risks :]
    return Part(
        say.phrase("At risk until {day}", day=say.day(page.ahead.end)),
        tuple(_risk_row(one, say) for one in shown),
        say.phrase("and {n} more", n=say.number(len(left))) if left else "",
        say.phrase(_RISKS_CAPTION),
        say.phrase("Nothing that is foreseen."),
        widths=(40, 60),
    )


def hurt(report: PeriodReport) -> list[str]:
    """Return what each of the services that hurt most lost, and what people wrote of it."""
    page, say = board(report), language(report)
    found = []
    for one in page.by_budget:
        wrote = [_wrote(done, say) for done in page.done if done.id == one.id and done.is_told]
        found.append(
            f"{one.name} {view.loss(one, say)}" + (f" ({say.also.join(wrote)})" if wrote else "")
        )
    return found


def _wrote(one: Done, say: Language) -> str:
    cause = one.cause or (one.why and say.phrase("measured: {cause}", cause=one.why))
    owner = one.owner and say.phrase("taken on by {name}", name=one.owner)
    words = [cause, one.note, owner, one.ticket]
    return say.also.join(" ".join(word.split()) for word in words if word)


def _begun(text: str, most: int) -> str:
    """Return the words of a text that so many letters hold."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]}…"


def soon(report: PeriodReport) -> list[str]:
    """Return what servers and certificates want soon, a line each."""
    page, say = board(report), language(report)
    return [say.thus.join(_risk_row(one, say)) for one in page.risks if one.kind not in _BUDGETS]


def _risk_row(one: Risk, say: Language) -> Cells:
    return one.name, f"{say.phrase(_RISK_KINDS[one.kind])}{say.thus}{_risk_words(one, say)}"


def _risk_words(one: Risk, say: Language) -> str:
    if one.kind == "pace":
        return say.phrase("{share} used in the last window", share=say.share(one.used))
    if one.kind == "window":
        used = "" if one.used is None else say.phrase("{share} used", share=say.share(one.used))
        when = say.phrase(marked("lost") if one.lost else marked("at risk"))
        if one.at is not None:
            when = say.phrase("gone on {day} at today's burn", day=say.day(one.at))
        return ", ".join(filter(None, (used, when)))
    when = "" if one.at is None else say.day(one.at)
    if one.kind == "disk":
        full = {"place": one.place, "share": say.percent(one.used, 0), "day": when}
        return say.phrase("{place} is {share} full, all of it on {day}", **full)
    if one.kind == "certificate":
        return say.phrase("expires on {day}", day=when)
    return say.phrase("{place} ends on {day}", place=one.place, day=when)


def year(report: PeriodReport, say: Language) -> str:
    """Return the year up to the period's end in one sentence; nothing where none was added up."""
    if report.year is None:
        return ""
    sums = say.also.join(_sums(report, report.year, say))
    return say.phrase("{year} so far: {sums}.", year=say.year(report.year.span.end - 1), sums=sums)


def _sums(report: PeriodReport, so_far: PeriodTotals, say: Language) -> Iterator[str]:
    if so_far.judged:
        met = {"met": say.number(so_far.met), "n": say.number(so_far.judged)}
        yield say.phrase("{met} of {n} objectives met", **met)
    else:
        yield say.phrase("no objective was judged")
    yield downtime(so_far.unplanned, so_far.planned, so_far.outages, say)
    if so_far.cost is not None:
        yield say.phrase("{what} lost", what=say.money(so_far.cost, report.currency))
    if so_far.owed:
        sums = (say.amount(amount, currency) for currency, amount in so_far.owed.items())
        yield say.phrase("{amount} owed", amount=" + ".join(sums))
    if so_far.missing:
        yield say.plural(
            "without {n} service that could not be computed",
            "without {n} services that could not be computed",
            so_far.missing,
        )


def downtime(unplanned: int, planned: int, outages: int, say: Language) -> str:
    """Return downtime (ms) in one line."""
    return say.phrase(
        "{unplanned} unplanned and {planned} planned downtime in {outages}",
        unplanned=say.service_time(unplanned),
        planned=say.service_time(planned),
        outages=say.counted(outages, "outage"),
    )
