import pytest

from sla_engine.prometheus.promql import is_selector, service_up


@pytest.mark.parametrize(
    "text",
    [
        "up",
        "probe_success{}",
        ' up{job="api", instance!~"a|b"} ',
        '{__name__="up"}',
        "node:cpu:rate{a='}'}",
        'up{path="{x}\\"}"}',
    ],
)
def test_a_plain_selector_is_known(text: str) -> None:
    assert is_selector(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "up == 1",
        "min(up)",
        "up offset 5m",
        "up[5m]",
        'up{a="b"} and up',
        "up{",
        "1",
        "-up",
    ],
)
def test_an_expression_is_none(text: str) -> None:
    assert not is_selector(text)


def test_ids_are_taken_literally() -> None:
    assert service_up(["a.b", "c-d"]) == r'service_up{service=~"a\\.b|c-d"}'
