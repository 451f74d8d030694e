"""Every PromQL string of the engine, and what must be known of a string of the user's."""

import re
from collections.abc import Iterable, Sequence

STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_SELECTOR = re.compile(rf"\s*(?:[a-zA-Z_:][\w:]*)?\s*(?:\{{(?:[^{{}}\"'`]|{STRING})*\}})?\s*")

# Subqueries include their left edge in Prometheus 2 and exclude it in Prometheus 3, as range
# selectors do: 3 points are closed, 2 are left-open. The question depends on no data.
EDGE_QUESTION = "count_over_time(vector(1)[2s:1s])"
EDGE_CLOSED = 3
PROBE_SUCCESS = "service_probe_success"
FAILURE_INFO = "service_probe_failure_info"
_LONG = 8_000  # characters of names


def is_selector(expression: str) -> bool:
    """Say whether an expression is a plain selector, whose raw samples can be asked for."""
    return bool(expression.strip()) and _SELECTOR.fullmatch(expression) is not None


def bracketed(expression: str) -> str:
    """Bracket it, on lines of its own where a comment may end it and comment out the bracket."""
    text = expression.strip()
    return f"(\n{text}\n)" if "#" in text else f"({text})"


def service_up(services: Iterable[str]) -> str:
    """Return the selector of the exporter's verdicts on these services."""
    pattern = "|".join(s.replace(".", "\\\\.") for s in services)
    return f'service_up{{service=~"{pattern}"}}'


def probe_results(services: Iterable[str]) -> str:
    """Return the selector of the last runs of services' probes, and of why some failed."""
    names = f"{PROBE_SUCCESS}|{FAILURE_INFO}"
    return f'{{__name__=~"{names}",service=~{one_of(list(services))}}}'


def scraped(targets: Iterable[tuple[str, str]]) -> str:
    """Return the selector of `up` of some targets, or of more where they are many."""
    jobs, instances = (sorted(set(names)) for names in zip(*targets, strict=True))
    chosen = f"job=~{one_of(jobs)}"
    some = one_of(instances)
    return f"up{{{chosen},instance=~{some}}}" if len(some) < _LONG else f"up{{{chosen}}}"


def one_of(values: Sequence[str]) -> str:
    """Return the quoted expression of these values as they are."""
    text = "|".join(re.escape(value) for value in values)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def probe_failures(service: str) -> str:
    """Return the selector of the exporter's failed attempts on a service, by probe and reason."""
    return f'service_probe_failures_total{{service="{service}"}}'


def samples(selector: str, length: int) -> str:
    """Return the query of a selector's raw samples over some milliseconds."""
    return f"{selector}[{length}ms]"


def count(selector: str, length: int) -> str:
    """Return the query of how many samples the last ``length`` ms hold."""
    return f"count_over_time({samples(selector, length)})"


def count_over(selector: str, length: int, most: int) -> str:
    """Return the query of how many samples the last ``length`` ms hold, where more than so many."""
    return f"{count(selector, length)} > {most}"


def total(selector: str, length: int) -> str:
    """Return the query of the sum of the samples of the last ``length`` ms."""
    return f"sum_over_time({samples(selector, length)})"


def count_steps(expression: str, length: int, step: int) -> str:
    """Return the query of how often an expression had a value in the last ``length`` ms."""
    return f"count_over_time(({expression})[{length}ms:{step}ms])"


def good(selector: str, length: int) -> str:
    """Return the query that is 1 where each sample of the last ``length`` ms is a number from 1 on.

    A minimum passes over NaN, a sum does not; neither has a value where samples are histograms.
    """
    some = samples(selector, length)
    return f"(min_over_time({some}) + 0 * sum_over_time({some}) >= bool 1) == 1"


def count_and_good(selector: str, length: int) -> str:
    """Return the query of twice the samples that the last ``length`` ms hold, plus 1 if all are 1.

    They are 0, 1 or NaN: their mean says it all.
    """
    some = samples(selector, length)
    return f"2 * count_over_time({some}) + (avg_over_time({some}) >= bool 1)"


def last_known(name: str) -> str:
    """Return the query of the last value of a metric's series within an hour."""
    return f"last_over_time({name}[1h])"
