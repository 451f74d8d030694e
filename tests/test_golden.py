from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
TEST = "def test_it(golden):\n    golden('it.txt', {text!r})\n"


@pytest.fixture
def outcome(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, int]]:
    """Return how a golden test of a text ends."""
    conftest = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    pytester.makeconftest(conftest)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(text: str, *flags: str) -> dict[str, int]:
        pytester.makepyfile(test_it=TEST.format(text=text))
        return pytester.runpytest_inprocess(*flags).parseoutcomes()

    return run


def test_a_golden_file_is_written_by_a_flag_and_compared_without(
    outcome: Callable[..., dict[str, int]],
) -> None:
    assert outcome("new") == {"failed": 1}
    assert outcome("new", "--update-golden") == {"passed": 1}
    assert outcome("new") == {"passed": 1}
    assert outcome("other") == {"failed": 1}
