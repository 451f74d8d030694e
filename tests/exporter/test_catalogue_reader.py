import json
from pathlib import Path

import pytest

from exporter.catalogue_reader import read_services
from exporter.services.target import watched
from service_catalogue import load_catalogue
from uptime_common.document import DocumentError


def large(folder: Path, **fields: object) -> Path:
    """Write a catalogue that is large enough to be read by a child process."""
    services = [
        {"id": f"s{i}", "name": "S" * 500, "probes": [{"type": "tcp", "target": "a:1"}], **fields}
        for i in range(550)
    ]
    path = folder / "services.yml"
    document = {"organization": "Example", "timezone": "UTC", "services": services}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_large_catalogue_reads_as_a_small_one(tmp_path: Path) -> None:
    services = read_services(large(tmp_path))
    assert len(services) == 550
    assert services[549].probes[0].target == "a:1"
    path = tmp_path / "services.yml"
    assert services == watched(load_catalogue(path).services)


def test_mistakes_of_a_large_catalogue_are_told_as_well(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        read_services(large(tmp_path, need=2))
    assert len(caught.value.problems) == 550
    assert "goes with components" in caught.value.problems[0].message


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere"])
def test_a_reader_that_breaks_is_a_mistake_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr("exporter.catalogue_reader.sys.executable", program)
    with pytest.raises(DocumentError, match="cannot be read by a process of its own"):
        read_services(large(tmp_path))


def test_without_a_catalogue_there_are_no_services() -> None:
    assert list(read_services(None)) == []
