"""The locks: whole, nobody's address in them, and what this test itself runs on."""

import re
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.lock import BASE, EXTRAS, LOCKS, ROOT, WHOLE, build_requirements, locked, pins

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED = (BASE, *EXTRAS)
# venv brings pip; the project is what is locked for.
NOT_LOCKED = {"pip", "uptime-ledger"}


def _entries(extra: str) -> list[Requirement]:
    return [Requirement(entry.partition("\\")[0]) for entry in pins(locked(extra))]


def _pinned(extra: str, **environment: str) -> dict[str, str]:
    """Return version by name, of what a lock holds for one Python."""
    entries = [e for e in _entries(extra) if not e.marker or e.marker.evaluate(environment)]
    found: dict[str, str] = {
        canonicalize_name(e.name): str(e.specifier).removeprefix("==") for e in entries
    }
    assert len(found) == len(entries), "two versions for one Python"
    return found


def _asked(extra: str) -> list[Requirement]:
    """Return what pyproject.toml asks for, the extras that an extra names included."""
    own = PROJECT["project"]["optional-dependencies"].get(extra, [])
    asked = [Requirement(text) for text in (*own, *PROJECT["project"]["dependencies"])]
    nested = [name for e in asked if e.name == "uptime-ledger" for name in e.extras]
    return [e for e in asked if e.name != "uptime-ledger"] + [
        e for name in nested for e in _asked(name)
    ]


def _lacking(extra: str, asked: list[Requirement], python: str) -> list[str]:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pinned = _pinned(extra, **environment)
    return [
        str(e)
        for e in asked
        if (not e.marker or e.marker.evaluate(environment))
        and not e.specifier.contains(pinned.get(canonicalize_name(e.name), "0"), prereleases=True)
    ]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("extra", LOCKED)
def test_a_lock_holds_what_pyproject_asks_for(extra: str, python: str) -> None:
    build = [Requirement(text) for text in build_requirements()]
    assert _lacking(extra, [*_asked(extra), *build], python) == [], "make lock"


def test_what_a_lock_lacks_is_named() -> None:
    absent, newer = Requirement("absent>=1"), Requirement("aiohttp>=99")
    assert _lacking(BASE, [absent, newer], "3.13") == ["absent>=1", "aiohttp>=99"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_a_part_of_dev(extra: str) -> None:
    assert set(pins(locked(extra))) <= set(pins(locked(WHOLE)))


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extras_lock_brings_base_and_says_nothing_twice(extra: str) -> None:
    text = (LOCKS / f"{extra}.txt").read_text(encoding="ascii")
    assert f"\n-r {BASE}.txt\n" in text
    assert set(pins(text)).isdisjoint(pins(locked(BASE)))


@pytest.mark.parametrize("extra", LOCKED)
def test_a_lock_holds_exact_versions_with_hashes_and_no_address(extra: str) -> None:
    text = (LOCKS / f"{extra}.txt").read_text(encoding="ascii")
    entries = pins(text)
    assert all(re.match(r"[\w.\-]+==[\w.!+]+( ;.*)? \\\n +--hash=sha256:", e) for e in entries)
    others = [line for line in text.splitlines() if not line.startswith(("#", "    --hash="))]
    assert [x for x in others if x != f"-r {BASE}.txt"] == [e.partition("\n")[0] for e in entries]
    assert "://" not in text


def test_there_is_a_lock_for_each_extra_and_no_other() -> None:
    assert {path.stem for path in LOCKS.iterdir()} == set(LOCKED)


@pytest.mark.skipif(Path(sys.prefix).name == ".venv-latest", reason="make test-latest")
def test_this_python_has_what_the_lock_holds_and_nothing_else() -> None:
    installed = {canonicalize_name(d.name): d.version for d in distributions()}
    found = {name: version for name, version in installed.items() if name not in NOT_LOCKED}
    assert found == _pinned(WHOLE), "rm -rf .venv; make dev-setup"


def test_the_image_installs_from_the_locks() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert "COPY locks locks\n" in text
    assert "!locks" in ignored
    installs = re.findall(r"pip install ([^&]*)&&", text.replace("\\\n", ""))
    assert [line.split()[:2] for line in installs] == [
        ["--require-hashes", "--only-binary"],
        ["--no-deps", "--no-build-isolation"],
    ]
    asked = re.findall(r"EXTRAS=([\w,]+)", text)
    assert asked
    assert {name for names in asked for name in names.split(",")} <= set(EXTRAS)
