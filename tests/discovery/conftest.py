"""The estate's October in a real Prometheus, once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.discovery.estate import CONFIG, RULES, write
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus


@pytest.fixture(scope="package")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("estate")
    with (folder / "october.om").open("w", encoding="utf-8") as out:
        write(out)
    create_blocks(folder / "prometheus", folder / "october.om", block="1000h")
    with running_prometheus(
        folder / "prometheus", config=CONFIG, files={"sloth.yml": RULES}
    ) as prometheus:
        yield prometheus
