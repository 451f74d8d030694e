import pytest

from exporter.family import Style
from exporter.server import negotiate

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "style"),
    [
        ("", "text"),
        ("*/*", "text"),
        ("text/html,*/*;q=0.8", "text"),
        (PROMETHEUS_2_42, "openmetrics"),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.1", "text"),
        ("application/openmetrics-text; version=1.0.0; q=0.3, text/plain; q=x", "openmetrics"),
    ],
)
def test_the_client_gets_the_style_that_it_prefers(accept: str, style: Style) -> None:
    assert negotiate(accept) == style
