"""What can go wrong between the engine and Prometheus."""

import re

# Prometheus: query.max-samples, 11,000 points, query.timeout; VictoriaMetrics: search.max* flags.
_TOO_MUCH = re.compile(
    r"too many samples|maximum resolution|timed out|timeout|canceled|-search\.max|limit exceeded",
    re.IGNORECASE,
)
_TOO_MUCH_STATUS = (413, 414, 504)


class PrometheusError(Exception):
    """A query has no answer; the message names the server and the reason in one line.

    ``wait`` is how long the server asks to wait before the next (ms), None where it does not say.
    """

    wait: int | None = None


class UnreachableError(PrometheusError):
    """There is no server, it refuses us, or it is overloaded; the same query may work later."""


class AwayError(UnreachableError):
    """A balancer says that the server it chose is away; the one that it chooses next may not be."""


class AnswerError(UnreachableError):
    """What came back is no answer to the question: of another form, cut off or not the whole."""


class QueryError(PrometheusError):
    """The server rejects the query; it never works."""


class HistogramError(QueryError):
    """Its samples are native histograms, which have no value to judge a service by."""


class LimitError(PrometheusError):
    """The query is over a limit of the server, or too slow; a smaller one may work."""


def error_of(url: str, status: int, kind: str, message: str) -> PrometheusError:
    """Return the error that an HTTP status, an errorType and a message stand for."""
    text = f"{url}: {' '.join(message.split()) or f'HTTP {status}'}"
    if status in _TOO_MUCH_STATUS or kind == "timeout" or _TOO_MUCH.search(message):
        return LimitError(text)
    if status in {400, 422}:
        return QueryError(text)
    return UnreachableError(text)
