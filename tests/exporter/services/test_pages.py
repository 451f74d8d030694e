import re
from collections.abc import Callable
from typing import Any

from exporter.services import pages

Golden = Callable[[str, str], None]


def _state(service: str, probe: str, state: str, **known: Any) -> dict[str, Any]:
    nothing = {"reason": None, "detail": "", "duration_seconds": None, "age_seconds": None}
    target = "https://a.example/?x=1&y=<2>"
    return {"service": service, "probe": probe, "target": target, "state": state,
            "interval_seconds": 15.0} | nothing | known  # fmt: skip


STATES = (
    _state("shop", "web", "up", duration_seconds=0.0123456, age_seconds=3.4),
    _state(
        "shop", "api", "down", reason="timeout", detail="no answer <5 s>",
        duration_seconds=5.0, age_seconds=0.2, interval_seconds=0.5,
    ),
    _state("mail", "smtp", "unknown"),
)  # fmt: skip


def test_the_start_page(golden: Golden) -> None:
    golden("index.html", pages.index("1.0", "here & there", 3))


def test_the_page_of_targets_begins_with_what_needs_attention(golden: Golden) -> None:
    page = pages.targets(STATES)
    assert re.findall(r'<td class="(\w+)">', page) == ["down", "unknown", "up"]
    golden("targets.html", page)


def test_what_people_wrote_is_text_and_never_markup() -> None:
    page = pages.targets([_state("a", "b", "down", reason="<i>", detail='"&')])
    assert "<i>" not in page
    assert "&lt;i&gt;: &#34;&amp;" in page
