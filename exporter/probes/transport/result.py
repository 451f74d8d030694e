"""What a probe found, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from uptime_common.exposition import Metric

Phase = Literal["resolve", "connect", "tls", "processing", "transfer"]
Reason = Literal[
    "timeout",  # the time limit passed
    "resolve",  # the name has no address, or nobody answered for it
    "refused",  # nobody listens there
    "unreachable",  # no route, or the network said so
    "reset",  # the peer closed or reset the connection early
    "tls",  # the handshake failed
    "certificate_expired",
    "certificate_hostname",  # valid, but for another name
    "certificate_untrusted",  # no chain to a known authority
    "certificate_invalid",  # revoked, not yet valid, broken
    "protocol",  # the answer is not of the protocol
    "redirect",  # too many, or to where we do not follow
    "size",  # the answer is longer than allowed
    "status",  # a status, code or state other than expected
    "header",
    "body",
    "answer",  # well-formed, but not what was expected
    "loss",  # more packets were lost than allowed
    "stale",  # a file is older, or a clock further off, than allowed
    "missing",  # a file, unit or process is not there
    "authentication",  # the peer refused our credentials
    "oauth2",  # the token server gave none
    "resolver",  # no name server of ours answered: unknown, not down
    "setup",  # we could not ask: a permission, a file or a package is missing; unknown, not down
    "internal",  # the probe itself broke: unknown, not down
]
REASONS: tuple[Reason, ...] = get_args(Reason)
PHASES: tuple[Phase, ...] = get_args(Phase)
_FAIL_IN: Mapping[Reason, Phase] = {
    "resolve": "resolve",
    "refused": "connect",
    "unreachable": "connect",
    "tls": "tls",
    "certificate_expired": "tls",
    "certificate_hostname": "tls",
    "certificate_untrusted": "tls",
    "certificate_invalid": "tls",
}
UNJUDGED: frozenset[Reason] = frozenset({"resolver", "setup", "internal"})

Cause = Literal[
    "descriptors",  # no more files or sockets may be open
    "memory",  # none left, for us or for a buffer of the kernel
    "processes",  # no more processes or threads may be started
    "addresses",  # no local port is left, or none of that protocol
    "permission",  # we may not
    "resolver",  # no name server of ours answers
    "file",  # a secret, certificate or program cannot be read
    "limit",  # the answer is longer than what we, or our libraries, read
    "overload",  # our process had too little CPU to wait for an answer
    "catalogue",  # what it asks for cannot be sent
    "plugin",  # a command does not know, or broke
    "internal",  # the probe itself broke
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
"""What of ours keeps us from a verdict."""


class Measure(NamedTuple):
    """One more value that a probe measured; the metric is of ``exporter.metrics.MEASURES``."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The verdict of one run.

    ``reason`` is None when all was as expected. Of a reason in `UNJUDGED` nothing follows for the
    target: its state is unknown, and ``cause`` says what of ours is to blame. ``phases`` are
    seconds; a phase that was not reached is missing.
    ``code`` is what the machine said, of a closed set: see `ProbeError`.
    """

    reason: Reason | None = None
    detail: str = ""
    phases: Mapping[Phase, float] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    cause: Cause | None = None
    code: str = ""

    @property
    def success(self) -> bool | None:
        """Return whether the target is up; None where the probe cannot tell."""
        return None if self.reason in UNJUDGED else self.reason is None

    @property
    def failed_in(self) -> Phase | None:
        """Return the phase in which the run failed; None where it did not, or has none."""
        if self.reason is None:
            return None
        reached = [phase for phase in PHASES if phase in self.phases]
        return _FAIL_IN.get(self.reason) or (reached[-1] if reached else None)


class ProbeError(Exception):
    """A probe's way to end early with a verdict.

    ``detail`` is for the log. ``code`` may become a label: a status code, the name of an errno, a
    TLS alert or a DNS rcode, and never the peer's own text.
    """

    def __init__(
        self, reason: Reason, detail: str = "", cause: Cause | None = None, *, code: str = ""
    ) -> None:
        self.code = code
        self.reason: Reason = reason
        self.detail = detail
        self.cause: Cause | None = cause
        super().__init__(f"{reason}: {detail}" if detail else reason)


class HinderedError(ProbeError):
    """Something of ours keeps us from a verdict: the state is unknown."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__("resolver" if cause == "resolver" else "setup", detail, cause)
