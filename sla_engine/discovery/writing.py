"""Proposed services as the text of a services.yml, for people to read and change."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from service_catalogue import Catalogue
from service_catalogue.prometheus import Prometheus, TlsClient
from sla_engine.discovery.catalogue import entry
from sla_engine.discovery.kinds import KINDS
from sla_engine.discovery.naming import printable
from sla_engine.discovery.proposal import LeftOut, Proposal, Proposed
from uptime_common.humanize import listed

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_SINGLE = re.compile(r"[\x20-\x7e\xa0-\u2027\u202f-\ud7ff]*")
_WORDS = frozenset(("y", "yes", "n", "no", "true", "false", "on", "off", "null", "none"))
_SAYS = {kind.metric: kind.says for kind in KINDS}
_SHOWN = 20


def document(proposal: Proposal, empty: Catalogue, source: str) -> str:
    """Return a services.yml of what was proposed; ``source`` says where and when it was found."""
    return "".join(f"{line}\n" for line in _lines(proposal, empty, source))


def _lines(proposal: Proposal, empty: Catalogue, source: str) -> Iterator[str]:
    yield "# yaml-language-server: $schema=services.schema.json"
    yield "# For an editor that knows every key: sla-engine check --schema >services.schema.json"
    yield f"# Proposed by `sla-engine discover` from {printable(source)}. Read it before use:"
    yield "# - an id is for ever, because an outage history hangs on it: change it now or never;"
    yield "# - what no metric tells is yours to add: name, owner, tier, cost_per_hour, calendar;"
    yield "# - a service without an objective has figures, and no verdict."
    yield from _not_here(proposal.left_out)
    settings = empty.prometheus
    yield f"organization: {scalar(empty.organization)}   # yours"
    yield f"timezone: {scalar(str(empty.timezone))}"
    yield "prometheus:"
    yield f"  url: {scalar(settings.url)}"
    if settings.headers:
        yield f"  headers: {_flow(settings.headers)}"
    if settings.bearer_token_file:
        yield f"  bearer_token_file: {scalar(str(settings.bearer_token_file))}"
    if settings.basic_auth:
        password = scalar(str(settings.basic_auth.password_file), flow=True)
        name = scalar(settings.basic_auth.username, flow=True)
        yield f"  basic_auth: {{username: {name}, password_file: {password}}}"
    if settings.tls != TlsClient():
        yield f"  tls: {{{', '.join(_tls(settings.tls))}}}"
    if settings.replica_labels != Prometheus().replica_labels:
        yield f"  replica_labels: [{', '.join(map(scalar, settings.replica_labels))}]"
    yield ""
    yield "services:"
    metric = None
    for one in proposal.services:
        if one.metric != metric:
            metric = one.metric
            yield f"  # By {metric}: {_SAYS.get(metric, 'an SLO with its objective')}."
        yield from item(one)


def _tls(tls: TlsClient) -> Iterator[str]:
    for name in ("ca_file", "cert_file", "key_file"):
        if (path := getattr(tls, name)) is not None:
            yield f"{name}: {scalar(str(path), flow=True)}"
    if tls.insecure_skip_verify:
        yield "insecure_skip_verify: true"


def _not_here(left_out: Sequence[LeftOut]) -> Iterator[str]:
    for one in left_out:
        yield f"# Left out: {printable(listed(one.names, _SHOWN))}: {printable(one.reason)}."


def item(one: Proposed, indent: str = "  ") -> Iterator[str]:
    """Yield the lines of a service in the list of services."""
    data = entry(one)
    yield f"{indent}- id: {scalar(data.pop('id'))}"
    for remark in remarks(one):
        yield f"{indent}  # {remark}"
    for key, value in data.items():
        yield f"{indent}  {key}: {_value(value)}"


def remarks(one: Proposed) -> Iterator[str]:
    """Yield what is to be said of a service, a comment each."""
    if one.lossy:
        yield f"Lossy: {printable(one.lossy)}."
    yield from (f"{printable(remark)}." for remark in one.remarks)
    if one.replicas > 1:
        yield f"{one.replicas} copies of each sample: where two disagree, the time is unknown."
    if one.parts > 1:
        need = {"any": "any", "all": "all"}.get(one.quorum or "", "more than half")
        yield f"{one.parts} series: up while {need} of those that are known are up."
    if one.objective is None:
        yield "objective: 99.9"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _flow(value)
    return scalar(value) if isinstance(value, str) else f"{value:.10g}"


def _flow(values: Mapping[str, Any]) -> str:
    return (
        "{" + ", ".join(f"{key}: {scalar(text, flow=True)}" for key, text in values.items()) + "}"
    )


def scalar(text: str, *, flow: bool = False) -> str:
    """Return text as YAML reads it back, quoted only where it must be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not (flow and "/" in text):
        return text
    if _SINGLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return str(yaml.safe_dump(text, default_style='"', width=2**31, allow_unicode=True)).strip()


def names(services: Iterable[Proposed], limit: int = _SHOWN) -> str:
    """Return the ids of services for a line of text."""
    return listed([one.id for one in services], limit)
