"""The expressions of what was promised and kept: closed months by owner, and agreements."""

OF_OWNER = 'owner=~"$owner"'
AGREED = 'agreement=~"$agreement"'
_CLOSED = ("agreement", "closed")
WITH_CUSTOMER = f"max by (agreement, customer, currency) (sla_agreement_info{{{AGREED}}})"


def agreed(metric: str, *by: str, more: str = "") -> str:
    """Return a metric of each chosen agreement; engines fold."""
    return f"max by ({', '.join(('agreement', *by))}) ({metric}{{{AGREED}{more}}})"


CREDIT = agreed("sla_agreement_closed_credit", "closed", "currency")
CLOSED_AT = agreed("sla_agreement_closed_timestamp_seconds", "closed")


def closed_last(value: str) -> str:
    """Return a value of the window of each agreement that closed last."""
    newest = f"topk by (agreement) (1, {CLOSED_AT})"
    return f"({value}) and on (agreement, closed) {newest}"


def months(metric: str, by: str, more: str = "") -> str:
    """Return a sum over the closed months of the chosen owners, by month or by owner."""
    one = f"max by (owner, month, currency) ({metric}{{{OF_OWNER}{more}}})"
    return f"sum by ({by}) ({one})"
