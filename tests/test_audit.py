"""A small world of the audit; `python -m benchmarks.audit` runs hundreds."""

import pytest

from benchmarks.audit.__main__ import main
from benchmarks.audit.accounts import disagreements


@pytest.mark.integration
@pytest.mark.parametrize("seed", [23])
def test_a_random_world_agrees_with_the_oracle(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--seeds", str(seed)])
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize("seed", [2, 12])
def test_contracts_and_agreements_of_a_random_estate_agree_with_the_oracle(seed: int) -> None:
    assert list(disagreements(seed)) == []
