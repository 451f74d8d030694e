"""Units, colours, thresholds and value mappings: one place, so that a colour means one thing."""

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

RATIO = units.PercentUnit
SECONDS = units.Seconds
DURATION = units.DurationInDaysHoursMinutesSeconds
POINTS = "suffix:pp"  # differences of percentages
COUNT = units.NoUnit
DAYS, HOURS = "suffix:days", "suffix:h"
MONEY = units.LocaleFormat  # thousands apart, as the reader writes them
BYTES = units.BytesIEC
BYTES_PER_SECOND = units.BytesPerSecondSI
PER_SECOND = units.OpsPerSecond
WHEN = units.DatetimeISO

GOOD, WARN, BAD, PLANNED, PLAIN, UNKNOWN = "green", "orange", "red", "blue", "text", "gray"
NO_DATA = "no data"
NOTHING = "-"
# One figure has the same digits on every page: those of reports and Slack.
LEVEL_DIGITS, BUDGET_DIGITS, SHARE_DIGITS = 3, 1, 0
_LOWEST = -1e15  # below every value of ours

Steps = tuple[tuple[float | None, str], ...]
NEUTRAL: Steps = ((None, PLAIN),)
BUDGET: Steps = ((None, BAD), (0.0, WARN), (0.25, GOOD))
ABOVE_ZERO_IS_BAD: Steps = ((None, GOOD), (1e-9, BAD))
SIGN: Steps = ((None, BAD), (0.0, GOOD))
SPENT: Steps = ((None, GOOD), (0.75, WARN), (1.0 + 1e-9, BAD))
UNSURE: Steps = ((None, PLAIN), (1, UNKNOWN))
LOSS: Steps = ((None, GOOD), (1e-9, BAD))


def rising(warn: float, bad: float) -> Steps:
    """Good below ``warn``, bad from ``bad`` on."""
    return ((None, GOOD), (warn, WARN), (bad, BAD))


def falling(bad: float, warn: float) -> Steps:
    """Bad below ``bad``, good from ``warn`` on."""
    return ((None, BAD), (bad, WARN), (warn, GOOD))


def thresholds(steps: Steps) -> ThresholdsConfig:
    """Return absolute thresholds; the first step has no value, it is minus infinity."""
    return (
        ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=color) for value, color in steps])
    )


def with_nothing(steps: Steps, empty: str) -> Steps:
    """Return steps whose first is for no value at all: Grafana writes ``noValue`` in its colour.

    Unknown is grey; a word of our own for nothing ("none") is as plain as other text.
    """
    (_, lowest), *rest = steps
    return ((None, UNKNOWN if empty == NO_DATA else PLAIN), (_LOWEST, lowest), *rest)


def words(
    meaning: dict[str, tuple[str, str]], missing: tuple[str, str] = (NO_DATA, UNKNOWN)
) -> list[ValueMapping]:
    """Return the mapping of values to (text, colour), and of what is no number to ``missing``."""
    named = {
        value: ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(meaning.items())
    }
    absent = DashboardSpecialValueMapOptions(
        match=SpecialValueMatch.NULL_AND_NAN,
        result=ValueMappingResult(text=missing[0], color=missing[1], index=len(named)),
    )
    return [ValueMap(options=named), SpecialValueMap(options=absent)]


def named(mappings: Sequence[ValueMapping], empty: str) -> list[ValueMapping]:
    """Return mappings beside which ``empty`` counts: a mapping of nothing goes before it."""
    return [m for m in mappings if empty == NO_DATA or not isinstance(m, SpecialValueMap)]


def texts(mappings: Sequence[ValueMapping]) -> Iterator[str]:
    """Yield what values are mapped to."""
    for mapping in mappings:
        if isinstance(mapping, ValueMap):
            yield from (result.text or "" for result in mapping.options.values())


STATES = words(
    {
        "0": ("down", BAD),
        "1": ("up", GOOD),
        "2": ("down, planned", WARN),
        "3": ("up, in maintenance", PLANNED),
    }
)
NOW = words(
    {
        "-1": ("unknown", UNKNOWN),
        "0": ("down", BAD),
        "1": ("up", GOOD),
        "2": ("down, planned", WARN),
        "3": ("up, in maintenance", PLANNED),
    }
)
COURSE = words(
    {
        "-1": ("not judged", UNKNOWN),
        "0": ("on course", GOOD),
        "1": ("at risk", WARN),
        "2": ("lost", BAD),
    }
)
ENDS = words({"0": ("gone", BAD), "1": ("lasts", PLAIN), "2": ("before its end", WARN)})
VERDICT = words({"0": ("missed", BAD), "1": ("met", GOOD)})
YES_NO = words({"0": ("no", PLAIN), "1": ("yes", PLANNED)})
YES_NO_BAD = words({"0": ("no", BAD), "1": ("yes", GOOD)})
NO_YES_BAD = words({"0": ("no", GOOD), "1": ("yes", BAD)})
FAILED = words({"0": ("good", GOOD), "1": ("failed", BAD)})
SINCE = words({"0": ("before this range", PLAIN)})
UNKNOWN_DAYS = words({})[-1:]
GOOD_BAD = words({"0": ("failed", BAD), "1": ("good", GOOD)})
