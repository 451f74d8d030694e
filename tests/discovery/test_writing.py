"""A services.yml that was proposed, and one that people keep and that is only added to."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from service_catalogue.load import parse_catalogue
from service_catalogue.prometheus import Prometheus
from sla_engine.discovery.catalogue import entry, in_memory
from sla_engine.discovery.comparing import difference
from sla_engine.discovery.merging import MergeError, merged
from sla_engine.discovery.proposal import LeftOut, Proposal, Proposed, Wishes
from sla_engine.discovery.states import states
from sla_engine.discovery.writing import document, scalar
from sla_engine.prometheus.inventory import Labels
from sla_engine.prometheus.selectors import selectors

SETTINGS = Prometheus(headers={"X-Scope-OrgID": "a: b"})
EMPTY = in_memory((), "Exa: mple", "Europe/Berlin", SETTINGS)
NEW = Proposed("new", "New: one", "up", {"promql": 'up{job="a"}'}, objective=99.95, window="30d")
KEPT = """\
# ours
organization: Example
timezone: UTC
services:
- id: a   # first
  name: A
  sli: {promql: 'up{job="x"}'}   # behind

# between
- id: b
  name: >-
    B
  sli: {errors: 'sum(rate(bad[5m]))', total: 'all'}
currency: EUR
"""


@pytest.mark.parametrize(
    "given",
    [
        {"basic_auth": {"username": "o: p", "password_file": "/a b/c"}},
        {"tls": {"ca_file": "/ca", "cert_file": "/c", "key_file": "/k"}, "bearer_token_file": "/t"},
        {"tls": {"insecure_skip_verify": True}, "replica_labels": ["replica", "ha"]},
    ],
)
def test_how_the_server_is_asked_is_written_too(given: dict[str, Any]) -> None:
    settings = Prometheus.model_validate(given)
    text = document(Proposal((NEW,)), in_memory((), "a", "UTC", settings), "here")
    assert parse_catalogue(text, "services.yml").prometheus == settings


def test_a_proposal_is_written_as_the_catalogue_that_it_makes() -> None:
    labels = {"job": "yes", "group": "a, b"}
    two = NEW._replace(id="two", quorum="any", objective=None, remarks=("r",), labels=labels)
    services = (NEW, two._replace(lossy="so\nso"))
    text = document(Proposal(services, (LeftOut(("x\n",), "why"),)), EMPTY, "here")
    written = parse_catalogue(text, "services.yml")
    assert [s.model_copy(update={"name": ""}) for s in written.services] == [
        s.model_copy(update={"name": ""})
        for s in in_memory(services, "a", "UTC", SETTINGS).services
    ]
    assert written.prometheus == SETTINGS
    assert (written.organization, str(written.timezone)) == ("Exa: mple", "Europe/Berlin")
    assert "# Left out: x: why." in text
    assert "    # Lossy: so so.\n" in text


@settings(max_examples=25)
@given(st.text(max_size=12))
def test_labels_of_any_kind_are_written_as_what_they_are(value: str) -> None:
    target = {"job": value, "instance": value + "1", "group": value}
    found, _ = states({"up": [target], "probe_success": [target | {"instance": "p"}]}, Wishes())
    text = document(Proposal(found), EMPTY, value)
    written = parse_catalogue(text, "services.yml")
    assert [dict(s.labels) for s in written.services] == [dict(one.labels) for one in found]
    assert [s.sli.promql for s in written.services if s.sli] == [o.sli["promql"] for o in found]


@pytest.mark.parametrize("text", ["yes", "1.5", "a: b", "#", "it's", "", " a ", "null", "a/b", "~"])
def test_text_is_quoted_where_yaml_would_read_another_thing(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text
    assert yaml.safe_load(f"{{a: {scalar(text, flow=True)}}}") == {"a": text}


@pytest.mark.parametrize(
    "text",
    [
        KEPT,
        KEPT.replace("\n", "\r\n"),
        "\ufeff" + KEPT,
        KEPT.replace("currency: EUR\n", ""),
        KEPT.replace("currency: EUR\n", "").removesuffix("\n"),
        KEPT.replace("currency: EUR", "# the end"),
        KEPT.replace("\n  ", "\n      ").replace("- id", "    - id"),
    ],
    ids=["plain", "windows", "mark", "last", "no-end", "comment", "indented"],
)
def test_services_are_added_behind_the_last_and_every_other_byte_is_kept(text: str) -> None:
    made = merged(text, [NEW], "New:")
    added = made[len(text) - len(text.split("'all'}")[1]) :]
    position = text.index("'all'}") + len("'all'}")
    rest = text[position:].lstrip("\r\n")
    assert made.startswith(text[:position])
    assert made.endswith(rest)
    assert "# New:" in added
    after = parse_catalogue(made.removeprefix("\ufeff"), "services.yml")
    assert [s.id for s in after.services] == ["a", "b", "new"]
    assert ("\r\n" in text) is ("\r\n" in made.replace(text[:position], ""))


@pytest.mark.parametrize(
    "services", ["services: [{id: a, name: A, sli: {promql: up}}]", "services: []", "other: 1"]
)
def test_a_list_in_brackets_is_not_added_to(services: str) -> None:
    with pytest.raises(MergeError):
        merged(f"organization: a\n{services}\n", [NEW], "New:")


def _served(text: str) -> list[Labels]:
    every: list[Labels] = [
        {"__name__": "up", "job": "x", "instance": "1"},
        {"__name__": "all"},
    ]
    return [one for one in every if str(one["__name__"]) in text]


def test_what_a_catalogue_reads_already_is_not_new_and_what_has_no_series_has_vanished() -> None:
    gone = "\n- {id: gone, name: G, sli: {promql: 'max(down{job=\"z\"}) > 0'}}\ncurrency"
    kept = parse_catalogue(KEPT.replace("\ncurrency", gone), "services.yml")
    members = ({"__name__": "up", "job": "x", "instance": "1"},)
    same = NEW._replace(id="same", sli={"promql": 'up{job="x",instance="1"}'}, members=members)
    other = NEW._replace(id="a", members=({"__name__": "up", "job": "y"},))
    found = difference(kept, [same, other], _served)
    assert found.vanished == ("gone",)
    (one,) = found.new
    assert one.sli == other.sli
    assert one.id.startswith("a-")


def test_the_verdict_of_our_own_probes_is_not_proposed_beside_them() -> None:
    probe = "{id: shop, name: S, probes: [{type: tcp, target: 'a:1'}]}"
    kept = parse_catalogue(f"organization: a\ntimezone: UTC\nservices: [{probe}]\n", "services.yml")
    labels = {"__name__": "service_up", "service": "shop"}
    one = NEW._replace(sli={"promql": 'service_up{service="shop"}'}, members=(labels,))
    assert difference(kept, [one], lambda _: ()) == ((), ())


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (' up{a="b"} ', ('up{a="b"}',)),
        ('max(up{a="b"}) > 0 or -sum by (c) (rate(x[5m:1m]))', ('up{a="b"}', "x{}")),
        ("clamp_max(a, 1) / ignoring (b) (c offset 5m)", ("a{}", "c{}")),
        ("vector(1)", ()),
        ("max(", ()),
    ],
)
def test_the_selectors_of_an_expression_are_found(expression: str, wanted: tuple[str, ...]) -> None:
    assert selectors(expression) == wanted


def test_an_entry_says_no_more_than_what_is_known() -> None:
    assert list(entry(NEW)) == ["id", "name", "objective", "window", "sli"]
