"""What people do from Slack: each act is a correction or a decision under their own name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from service_catalogue import Catalogue
from sla_engine.accounting.corrections import amend, asked_for, confirm_class, find_outages
from sla_engine.domain import actor
from sla_engine.domain.maintenance import DecisionError, WindowEventKind
from sla_engine.domain.notice import Message
from sla_engine.domain.outage import Outage
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.ledger import Books, Ledger
from sla_engine.maintenance import requests
from sla_engine.notices.compose import subject_of
from sla_engine.slack.modals import View, form
from sla_engine.slack.payloads import ButtonPress, Interaction, ModalSubmission, SlashCommand
from sla_engine.slack.replies import SlackError
from sla_engine.slack_app.permissions import Permissions
from sla_engine.slack_app.uptime_command import uptime
from uptime_common import humanize


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an act stands on; ``now`` in ms UTC."""

    catalogue: Catalogue
    ledger: Ledger
    levels: Sequence[ServiceLevel]
    now: int

    @property
    def books(self) -> Books:
        """Return what figures are worked out from."""
        return Books(self.catalogue, self.ledger)


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What a person gets for what they did: words for them alone, or a form."""

    told: Message | View
    refused: bool = False


T = TypeVar("T")
Act = Callable[[ActionContext, ButtonPress], Message | View]
Fill = Callable[[ActionContext, ModalSubmission], str]


def denied(interaction: Interaction, permissions: Permissions) -> ActionResult | None:
    """Return why somebody may not act; anybody may ask for the state of a service."""
    if isinstance(interaction, SlashCommand):
        return None
    try:
        if permissions.holds(interaction.actor.id):
            return None
    except SlackError as error:
        return _refusal(f"Slack does not say whether you may do this: {error}. Try again.")
    return _refusal("Only members of the user groups that the service catalogue names may do this.")


def respond(context: ActionContext, interaction: Interaction) -> ActionResult:
    """Do what somebody who may asks for; what cannot be done is answered, and nothing changes."""
    try:
        match interaction:
            case SlashCommand():
                return ActionResult(
                    uptime(context.books, context.levels, interaction.text, context.now)
                )
            case ButtonPress():
                return ActionResult(_known(BUTTONS, interaction.action)(context, interaction))
            case ModalSubmission():
                return ActionResult(_said(_known(FORMS, interaction.name)(context, interaction)))
    except DecisionError as error:
        return _refusal(str(error))


def _acknowledge(context: ActionContext, press: ButtonPress) -> Message:
    who = press.actor.name or press.actor.id
    outages = _outages(context, press.about)
    ours = [o for o in outages if o.end is None and o.owner in {None, who}]
    if not ours:
        raise DecisionError(f"There is nothing left to acknowledge: {_why_not(outages)}.")
    _amend(context, press, ours, {"owner": who}, "acknowledged in Slack")
    return _said(f"You have acknowledged {_named(context, ours)}.")


def _why_not(outages: Sequence[Outage]) -> str:
    owners = sorted({o.owner for o in outages if o.end is None and o.owner})
    return f"{humanize.listed(owners, 5)} did already" if owners else "it is over"


def _annotating(context: ActionContext, press: ButtonPress) -> View:
    outages = _outages(context, press.about)
    fields = ("cause", "ticket")
    held = {name: {getattr(outage, name) for outage in outages} for name in fields}
    common = {name: next(iter(values)) for name, values in held.items() if len(values) == 1}
    return form("annotate", _named(context, outages), press.about, press.url, common)


def _annotated(context: ActionContext, sent: ModalSubmission) -> str:
    values, outages = sent.changed(), _outages(context, sent.about)
    if not values:
        return "Nothing was changed."
    _amend(context, sent, outages, values, "set in Slack")
    return f"Noted for {_named(context, outages)}: {', '.join(sorted(values))}."


def _reclassifying(context: ActionContext, press: ButtonPress) -> View:
    [outage] = _outages(context, press.about[:1])
    _not_settled(outage)
    return form("reclassify", _named(context, [outage]), [outage.id], press.url, {})


def _reclassified(context: ActionContext, sent: ModalSubmission) -> str:
    [outage] = _outages(context, sent.about[:1])
    _not_settled(outage)
    field = "class_asked" if context.catalogue.maintenance.four_eyes else "class"
    _amend(context, sent, [outage], {field: "planned"}, sent.values.get("reason") or "")
    if field == "class":
        return f"{_named(context, [outage])} is classed as planned."
    return f"{_named(context, [outage])} is classed as planned when another person confirms it."


def _not_settled(outage: Outage) -> None:
    if outage.reclassified == "planned":
        raise DecisionError("It is classed as planned already.")
    if outage.asked is not None:
        raise DecisionError(f"{actor.shown(outage.asked.author)} has asked for that already.")


def _confirm(context: ActionContext, press: ButtonPress) -> Message:
    [outage] = _outages(context, press.about[:1])
    asked = asked_for(outage)
    four_eyes = context.catalogue.maintenance.four_eyes
    confirm_class(
        context.ledger, outage, by=press.actor.actor, now=context.now, four_eyes=four_eyes
    )
    return _said(f"{_named(context, [outage])} is classed as {asked.after}.")


def _refuse(context: ActionContext, press: ButtonPress) -> Message:
    [outage] = _outages(context, press.about[:1])
    asked_for(outage)
    _amend(context, press, [outage], {"class_asked": None}, "refused in Slack")
    return _said(f"{_named(context, [outage])} stays as it was.")


def _decide(kind: WindowEventKind) -> Act:
    def decide(context: ActionContext, press: ButtonPress) -> Message:
        identifier = " ".join(press.about)
        try:
            window = requests.resolve(
                context.books,
                identifier,
                kind,
                by=press.actor.actor,
                reason=f"{kind} in Slack",
                now=context.now,
            )
        except KeyError as error:
            raise DecisionError(f"There is no window {identifier} any more.") from error
        return _said(f"{window.title} is {kind}.")

    return decide


BUTTONS: dict[str, Act] = {
    "acknowledge": _acknowledge,
    "annotate": _annotating,
    "reclassify": _reclassifying,
    "confirm": _confirm,
    "refuse": _refuse,
    "approve": _decide("approved"),
    "reject": _decide("rejected"),
}
FORMS: dict[str, Fill] = {"annotate": _annotated, "reclassify": _reclassified}


def _known(acts: Mapping[str, T], name: str) -> T:
    if name not in acts:
        raise DecisionError(f"This version of Uptime Ledger does not know {name!r}.")
    return acts[name]


def _amend(
    context: ActionContext,
    interaction: ButtonPress | ModalSubmission,
    outages: Sequence[Outage],
    values: Mapping[str, str | None],
    reason: str,
) -> None:
    by = interaction.actor.actor
    try:
        for outage in outages:
            amend(context.ledger, outage, values, by=by, reason=reason, now=context.now)
    except ValueError as error:
        raise DecisionError(str(error)) from error


def _outages(context: ActionContext, about: Sequence[str]) -> list[Outage]:
    try:
        found = find_outages(context.ledger, about)
    except KeyError as error:
        raise DecisionError(f"There is no outage {error.args[0]} any more.") from error
    if not found:
        raise DecisionError("The button says of no outage.")
    return found


def _named(context: ActionContext, outages: Sequence[Outage]) -> str:
    zone = context.catalogue.timezone
    names = [
        f"{subject_of(context.catalogue, o.service).name}, "
        f"down since {humanize.moment(o.start, zone)}"
        for o in outages
    ]
    return humanize.listed(names, 5)


def _said(text: str) -> Message:
    return Message(text, "info")


def _refusal(text: str) -> ActionResult:
    return ActionResult(Message(text, "warning"), refused=True)
