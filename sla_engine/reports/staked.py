"""What a miss of each agreement, or service with credits, would cost, in words."""

from sla_engine.domain.agreement import Stake
from sla_engine.domain.board import Board, Staked
from sla_engine.reports.columns import spoken, title_in
from sla_engine.reports.language import Language
from sla_engine.reports.part import Part
from sla_engine.reports.room import ROOMY, Room


def stakes(page: Board, say: Language, room: Room = ROOMY) -> Part:
    """Return a line for each of those that have credits, who is nearest to them first."""
    left = len(page.stakes) - room.parts
    return Part(
        say.phrase("What a miss would cost"),
        tuple(_row(one, say) for one in page.stakes[: room.parts]),
        say.phrase("and {n} more", n=say.number(left)) if left > 0 else "",
        empty=say.phrase("No credits are agreed."),
        amounts=True,
        widths=(32, 50, 18),
    )


def _row(one: Staked, say: Language) -> tuple[str, str, str]:
    stake = one.stake
    window = title_in(stake.span, one.zone, say)
    state = "" if stake.state is None else f" ({spoken(None, stake.state, say)})"
    told = say.also.join(filter(None, (_due(stake, say), _next(stake, say), _most(stake, say))))
    amount = stake.money(stake.percent)
    money = None if amount is None else say.amount(amount, stake.currency)
    return one.name, f"{window}{state}{say.thus}{told}", money or say.phrase("fee not known")


def _due(stake: Stake, say: Language) -> str:
    """Return what is due of a window that is lost."""
    if not stake.due:
        return ""
    return say.phrase("{amount} due as it stands", amount=_either(stake, stake.due, say))


def _next(stake: Stake, say: Language) -> str:
    """Return the step that comes next, with its share of the fee."""
    if stake.below is None:
        return say.phrase("no further step")
    percent, below = say.agreed(stake.percent / 100), say.agreed(stake.below)
    if stake.fee is not None:
        told = {"percent": percent, "fee": say.fee(stake.fee, stake.currency)}
        percent = say.phrase("{percent} of {fee}", **told)
    if stake.service is None:
        return say.phrase("{percent} under {below}", percent=percent, below=below)
    told = {"percent": percent, "service": stake.service, "below": below}
    return say.phrase("{percent} if {service} is under {below}", **told)


def _most(stake: Stake, say: Language) -> str:
    """Return all that can fall due, where that is more than the next step."""
    if stake.most <= stake.percent:
        return ""
    return say.phrase("at most {amount}", amount=_either(stake, stake.most, say))


def _either(stake: Stake, percent: float, say: Language) -> str:
    amount = stake.money(percent)
    if amount is None:
        return say.agreed(percent / 100)
    whole = amount == round(amount)
    return say.money(amount, stake.currency) if whole else say.amount(amount, stake.currency)
