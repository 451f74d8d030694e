"""How final the figures of a report are: running, preliminary, frozen, or worked out anew."""

from collections.abc import Iterator

from sla_engine.domain.report import PeriodReport
from sla_engine.reports.language import Language, language


def status(report: PeriodReport, say: Language) -> str:
    """Return whether the figures of a period may still change."""
    if report.status in {"running", "not_begun"}:
        return standing(report, say)
    if report.frozen:
        if report.frozen_at is not None:
            when = say.moment(report.frozen_at)
            return say.phrase(
                "final: frozen on {when}, and what changed since is restated", when=when
            )
        return say.phrase("final: frozen, and what changes it later is restated")
    if report.unsettled:
        return say.phrase(
            "preliminary: not known to the period's end yet: {names}",
            names=", ".join(report.unsettled),
        )
    if report.frozen_at is not None:
        return f"{standing(report, say)}{say.also}{kept(report, say)}"
    return say.phrase("preliminary: no frozen document; late samples and corrections may change it")


def kept(report: PeriodReport, say: Language) -> str:
    """Return what is kept of a period that was frozen before this report was made."""
    if report.kept_at is None:
        return say.phrase("its figures are kept, no document; what differs from them is restated")
    when = say.moment(report.kept_at)
    return say.phrase(
        "its figures are kept, and a document of {when}; what differs from them is restated",
        when=when,
    )


def frozen_then(report: PeriodReport) -> Iterator[str]:
    """Yield what restatements are held against: when the period was frozen, and what is kept."""
    if report.frozen_at is not None:
        say = language(report)
        when = say.moment(report.frozen_at)
        said = say.phrase("The period was frozen on {when}", when=when)
        yield f"{said}{say.thus}{kept(report, say)}."


def standing(report: PeriodReport, say: Language) -> str:
    """Return in a few words how final the figures of a period are."""
    match report.status:
        case "running":
            when = say.moment(report.generated_at)
            return say.phrase("running: as of {when}, not the final figures", when=when)
        case "not_begun":
            return say.phrase("not begun: the period has not begun")
        case "recomputed":
            when = say.moment(report.frozen_at or 0)
            return say.phrase("recomputed: the period was frozen on {when}", when=when)
        case _:
            return say.phrase("final") if report.frozen else say.phrase("preliminary")
