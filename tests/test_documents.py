"""What documents name is there: files, folders, modules, tests and headings."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [
        *(ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY")),
        *(ROOT / "docs").glob("*.md"),
    ]
)
TOP = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
# What a program or a person makes, and what belongs to the reader's own machine.
MADE = {"var/", ".venv", ".newer/", ".venv-latest", "deploy/.env", "deploy/services.yml"}
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w.-]+(?:/[\w.*-]*)+(?:::\w+)?")
_ENDING = re.compile(r"[\w-]+\.(?:py|md|toml)")


def _prose(path: Path) -> str:
    """Return a document without its blocks of code."""
    return re.sub(
        r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def _there(name: str) -> bool:
    """Say whether a path, perhaps with a pattern or a test in it, leads to something."""
    file, _, test = name.partition("::")
    found = list(ROOT.glob(file.rstrip("/"))) if "NAME" not in file else [ROOT]
    return bool(found) and (not test or f"def {test}(" in found[0].read_text(encoding="utf-8"))


def paths_of(text: str) -> set[str]:
    """Return the paths of this tree that a text names between backticks."""
    spans = {span.split(":")[0] if "::" not in span else span for span in _SPAN.findall(text)}
    paths = {span for span in spans if _PATH.fullmatch(span) and span.split("/")[0] in TOP}
    return {path for path in paths if path not in MADE}


def modules_of(text: str) -> set[str]:
    """Return the files without a folder that a text names between backticks."""
    return {span for span in _SPAN.findall(text) if _ENDING.fullmatch(span)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_path_that_a_document_names_is_there(path: Path) -> None:
    assert sorted(name for name in paths_of(_prose(path)) if not _there(name)) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_file_that_a_document_names_without_its_folder_is_somewhere(path: Path) -> None:
    tree = [ROOT / folder for folder in TOP if folder != "var"]
    known = {p.name for folder in tree for p in folder.rglob("*.*")}
    known |= {p.name for p in ROOT.iterdir()}
    assert modules_of(_prose(path)) - known == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_file_in_a_room_that_a_document_names_is_in_such_a_room(path: Path) -> None:
    spans = {s for s in _SPAN.findall(_prose(path)) if re.fullmatch(r"(?:\w+/)+\w+\.(py|md)", s)}
    inside = [span for span in spans if span.split("/")[0] not in TOP]
    assert [span for span in inside if not any(ROOT.glob(f"*/**/{span}"))] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", _prose(path)):
        if "://" in link:
            continue
        file, _, heading = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (heading and heading not in _anchors(target)):
            broken.append(link)
    assert broken == []


def _anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_a_path_that_is_not_there_is_found() -> None:
    text = "`sla_engine/cli.py` and `sla_engine/nowhere.py`, `tests/test_documents.py::test_not`"
    assert {name for name in paths_of(text) if not _there(name)} == {
        "sla_engine/nowhere.py",
        "tests/test_documents.py::test_not",
    }


def test_the_architecture_draws_the_layers_that_are_enforced() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configured["tool"]["importlinter"]["contracts"]
    drawn = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for contract in contracts:
        if contract["type"] == "layers" and contract.get("containers") != ["grafana_dashboards"]:
            assert "```text\n" + "\n".join(contract["layers"]) + "\n```" in drawn


def test_the_architecture_tells_of_five_journeys_in_modules_only() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    journeys = text.split("## Five journeys")[1].split("\n## ")[0].split("\n### ")[1:]
    assert len(journeys) == 5
    for journey in journeys:
        assert len([path for path in paths_of(journey) if path.endswith(".py")]) >= 4, journey[:40]


def test_the_readme_s_map_is_the_tree() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Map")[1]
    rows = "\n".join(line for line in text.splitlines() if line.startswith("| `"))
    named = {name.rstrip("/") for name in _SPAN.findall(rows) if name.endswith("/")}
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")}
    rooms = {p.parent.name for p in (ROOT / "sla_engine").glob("*/__init__.py")}
    assert packages | rooms | {"alert_rules", "docs", "examples"} <= named
