"""From the labels of series to services: nothing is asked here."""

from pathlib import Path
from typing import Any

import pytest

from sla_engine.discovery.kinds import KINDS, NAMES
from sla_engine.discovery.naming import identifier, identifiers, printable, selector
from sla_engine.discovery.proposal import Proposal, Wishes
from sla_engine.discovery.propose import propose, sentences
from sla_engine.discovery.ratios import counters
from sla_engine.prometheus.inventory import Inventory, Rule

RATE = "sum(rate(requests{{{}}}[5m]))"
ALL = "sum(rate(requests{}[5m]))"


def _proposed(wishes: Wishes | None = None, **series: list[dict[str, str]]) -> Proposal:
    named = {name: tuple({"__name__": name} | one for one in some) for name, some in series.items()}
    return propose(Inventory(named), wishes or Wishes())


def _sources(proposal: Proposal) -> list[str]:
    return [one.sli["promql"] for one in proposal.services]


def _target(job: str, instance: str, **more: str) -> dict[str, str]:
    return {"job": job, "instance": instance} | more


def test_a_target_that_is_probed_is_not_judged_by_its_scrape_too() -> None:
    found = _proposed(
        probe_success=[_target("web", "https://a")],
        up=[_target("web", "https://a"), _target("node", "b:9100")],
    )
    assert _sources(found) == [
        'probe_success{job="web",instance="https://a"}',
        'up{job="node",instance="b:9100"}',
    ]
    assert found.left_out[0].names == ("https://a",)


def test_copies_and_what_changes_at_a_restart_make_no_service_of_their_own() -> None:
    found = _proposed(
        up=[
            _target("api", "a:80", replica="0", pod="x"),
            _target("api", "a:80", replica="1", pod="x"),
            _target("db", "d:90", ha="0"),
            _target("db", "d:90", ha="1"),
        ],
        wishes=Wishes(replicas=("ha",)),
    )
    assert [(one.replicas, one.parts) for one in found.services] == [(2, 1), (2, 1)]
    assert 'up{job="api",instance="a:80"}' in _sources(found)
    assert any(
        line.startswith("Copies by replicas: api a:80, db d:90") for line in sentences(found)
    )


def test_targets_of_one_job_and_instance_in_two_clusters_are_two_services() -> None:
    found = _proposed(up=[_target("n", "a", cluster="eu"), _target("n", "a", cluster="us"),
                          _target("n", "a"), _target("n", "b", cluster="eu")])  # fmt: skip
    assert _sources(found) == [
        'up{job="n",instance="a",cluster="eu"}',
        'up{job="n",instance="a",cluster="us"}',
        'up{job="n",instance="a",cluster=""}',
        'up{job="n",instance="b"}',
    ]
    assert len({one.name for one in found.services}) == len({one.id for one in found.services}) == 4


def test_a_federated_series_is_known_by_its_origin() -> None:
    far = {"exported_job": "web", "exported_instance": "https://a"}
    near = _target("federate", "other:9090")
    found = _proposed(probe_success=[near | far], up=[near | far, near])
    assert [one.name for one in found.services] == ["https://a", "federate other:9090"]
    assert any(line.startswith("Federated: https://a;") for line in sentences(found))


def test_a_label_makes_one_service_of_each_of_its_values_and_names_what_lacks_it() -> None:
    found = _proposed(
        Wishes(by="namespace", quorum="any"),
        up=[_target("a", "1", namespace="shop"), _target("b", "2", namespace="shop"),
            _target("c", "3")],
    )  # fmt: skip
    assert _sources(found) == ['up{namespace="shop"}']
    assert [(s.name, s.quorum, s.parts) for s in found.services] == [("shop", "any", 2)]
    assert found.left_out[0].names == ("c 3",)
    assert "Of several series: shop; up while any of the known are up." in list(sentences(found))


def test_targets_that_share_a_location_are_not_taken_for_copies_of_one() -> None:
    pair = [_target("web", name, location="eu") for name in ("a", "b")]
    one = _target("mail", "c", location="eu")
    found = _proposed(Wishes(by="job"), probe_success=[*pair, one, one | {"location": "us"}])
    assert _sources(found) == ['probe_success{job="mail"}']
    assert found.left_out[0].names == ("web",)


def test_ten_thousand_targets_are_each_a_service_of_its_own() -> None:
    many = [_target("node", f"h{i}:9100", cluster=f"c{i % 3}") for i in range(10_000)]
    found = _proposed(up=many)
    assert len({one.id for one in found.services}) == 10_000
    assert len(set(_sources(found))) == 10_000


def test_a_selector_by_label_leaves_out_what_was_left_out() -> None:
    found = _proposed(
        Wishes(by="team"),
        probe_success=[_target("web", "a", team="x")],
        up=[_target("web", "a", team="x"), _target("node", "b", team="x")],
    )
    assert _sources(found)[1] == 'up{team="x",job=~"node",instance=~"b"}'


def test_programs_that_measure_others_are_no_services() -> None:
    found = _proposed(
        gatus_results_endpoint_success=[_target("gatus", "g:80", key="k", group="g", name="n")],
        up=[_target("gatus", "g:80")],
    )
    assert [(one.name, one.labels) for one in found.services] == [("g n", {"group": "g"})]
    assert found.left_out[0].reason == "`up` of programs that measure others"


def test_two_monitors_of_one_name_are_two_services() -> None:
    some = [{"monitor_name": "API", "monitor_id": n, "monitor_url": f"u{n}"} for n in "12"]
    found = _proposed(monitor_status=some)
    assert _sources(found) == [
        f'monitor_status{{monitor_name="API",monitor_id="{n}"}}' for n in "12"
    ]
    assert [one.name for one in found.services] == ["API (monitor_id=1)", "API (monitor_id=2)"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.metric)
def test_every_kind_makes_a_service_of_a_series(kind: Any) -> None:
    labels = {name: f"v-{name}" for name in (*kind.by, *kind.drops, "replica", "pod")}
    found = propose(Inventory({kind.metric: (labels,)}), Wishes())
    (one,) = found.services
    assert one.sli["promql"] == selector(kind.metric, {name: f"v-{name}" for name in kind.by})
    assert next(iter(sentences(found))) == f"1 service by `{kind.metric}`: {kind.says}."


def test_every_metric_that_is_looked_for_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/discover.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = {row.strip().strip("`") for row in rows}
    assert set(NAMES) <= named


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://shop.example:8443/a?b=c", "shop.example-8443-a-b-c"),
        ("--", "service"),
        ("Ünï côde", "n-c-de"),
        ("x" * 100, "x" * 64),
    ],
)
def test_any_text_has_an_identifier(text: str, wanted: str) -> None:
    assert identifier(text) == wanted


def test_identifiers_that_would_be_alike_do_not_depend_on_their_order() -> None:
    one, two = ["A b", "a/b"], ["s1", "s2"]
    assert identifiers(one, two) == identifiers(one[::-1], two[::-1])[::-1]
    assert len(set(identifiers(one, two))) == 2


def test_label_values_of_any_kind_make_names_and_selectors() -> None:
    assert printable("a\nb{{c}}") == "a b{ {c}}"
    assert selector("up", {"host.name": "a"}) == 'up{"host.name"="a"}'
    assert selector("up", {"job": 'a"\\\n', "i": ["a.b", "c"]}) == (
        'up{job="a\\"\\\\\\n",i=~"a\\\\.b|c"}'
    )


def test_a_share_of_failed_requests_is_read_by_both_of_its_sides() -> None:
    failed, total = RATE.format('code=~"5..",job="a"'), RATE.format('job="a"')
    assert counters(f"({failed}) / ({total})") == {"errors": failed, "total": total}


def test_a_share_of_slow_requests_is_read_by_its_good_ones() -> None:
    total, good = "sum(rate(c_count{}[5m]))", 'sum(rate(c_bucket{le="1"}[5m]))'
    assert counters(f"1 - ({good} / {total})") == {"good": good, "total": total}
    slow = {"errors": f"{total} - {good}", "total": total}
    assert counters(f"({total} - {good}) / {total}") == slow


@pytest.mark.parametrize(
    "expression",
    [
        "vector(",
        "a",
        'sum(rate(a{q="1"}[5m] offset 1h)) / sum(rate(a[5m]))',
        'max(rate(a{q="1"}[5m])) / sum(rate(a[5m]))',
        "2 - (sum(rate(b[5m])) / sum(rate(c[5m])))",
        "a / on (job) b",
        "a / " + "b" * 5000,
    ],
)
def test_a_share_of_another_form_is_not_read(expression: str) -> None:
    assert counters(expression) is None


def _slo(days: float, *rules: Rule, ratio: float = 0.999) -> Inventory:
    labels = {"sloth_id": "web-ok", "sloth_service": "web", "sloth_slo": "ok"}
    values = {"slo:objective:ratio": ((labels, ratio),), "slo:time_period:days": ((labels, days),)}
    return Inventory({"sloth_slo_info": (labels, {**labels, "replica": "b"})}, values, rules)


def test_an_slo_of_sloth_is_read_by_its_counters_with_objective_and_window() -> None:
    share = RATE.format('code=~"5.."') + " / " + ALL
    rule = Rule("slo:sli_error:ratio_rate5m", share, {"sloth_id": "web-ok"})
    (one,) = propose(_slo(30, rule), Wishes()).services
    assert (one.id, one.objective, one.window, one.lossy) == ("web-ok", 99.9, "30d", None)
    assert one.sli == {"errors": RATE.format('code=~"5.."'), "total": ALL}


def test_an_slo_of_sloth_whose_counters_cannot_be_read_is_lossy() -> None:
    found = propose(_slo(41), Wishes())
    (one,) = found.services
    assert one.sli == {"promql": 'slo:sli_error:ratio_rate5m{sloth_id="web-ok"} <= bool 0.001'}
    assert one.remarks == ("its window of 41d became a month",)
    assert any(line.startswith("Lossy: web ok: minutes over") for line in sentences(found))


def test_an_slo_of_pyrra_is_read_by_its_counters_or_named() -> None:
    labels = {"slo": "api"}
    share = RATE.format('code=~"5.."') + " / " + ALL
    series = {"pyrra_objective": (labels, {"slo": "other"})}
    values = {"pyrra_objective": ((labels, 0.99),), "pyrra_window": ((labels, 2_419_200.0),)}
    rules = (Rule("requests:burnrate5m", share, {"slo": "api"}),)
    found = propose(Inventory(series, values, rules), Wishes())
    assert [(s.id, s.objective, s.window) for s in found.services] == [("api", 99.0, "28d")]
    assert found.left_out[0].names == ("other",)
