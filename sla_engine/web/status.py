"""The status page: every service at a glance, worst first, without scripts."""

from collections.abc import Sequence

from sla_engine.domain.service_level import StatusRow
from sla_engine.web.detail import WORDS, template

_ORDER = tuple(WORDS)


def render_status(
    organization: str,
    rows: Sequence[StatusRow],
    generated: str,
    window: str,
    begin: str | None = None,
) -> str:
    """Return the page as HTML; ``generated`` and ``window`` are shown as they are.

    Where the catalogue says nothing it says how to ``begin``: with what that URL of Prometheus has.
    """
    counts = {state: sum(row.state == state for row in rows) for state in _ORDER}
    return template("status.html").render(
        organization=organization,
        rows=sorted(rows, key=lambda row: (_ORDER.index(row.state), row.name)),
        generated=generated,
        window=window,
        begin=begin,
        words=WORDS,
        summary=", ".join(f"{n} {WORDS[state].lower()}" for state, n in counts.items() if n),
    )
