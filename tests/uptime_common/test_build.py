"""Which commit runs: as pip wrote it down, or as a checkout says."""

import json
import subprocess
from pathlib import Path

import pytest

from uptime_common import __version__, build

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "--quiet", "--initial-branch=release/1")
    _git(folder, "commit", "--quiet", "--allow-empty", "--message=First")
    return folder


@pytest.mark.integration
def test_a_checkout_knows_commit_and_branch(repository: Path) -> None:
    commit = _git(repository, "rev-parse", "HEAD")
    assert build.checkout(repository) == (commit, "release/1")
    _git(repository, "pack-refs", "--all")
    assert build.checkout(repository) == (commit, "release/1")
    _git(repository, "checkout", "--quiet", "--detach")
    assert build.checkout(repository) == (commit, "unknown")


@pytest.mark.integration
def test_a_worktree_is_a_checkout(repository: Path, tmp_path: Path) -> None:
    _git(repository, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"))
    commit = _git(repository, "rev-parse", "HEAD")
    assert build.checkout(tmp_path / "tree") == (commit, "other")


def test_a_folder_without_a_repository_is_no_checkout(tmp_path: Path) -> None:
    assert build.checkout(tmp_path) is None


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ({"vcs_info": {"commit_id": COMMIT, "requested_revision": "main"}}, (COMMIT, "main")),
        ({"vcs_info": {"commit_id": COMMIT}}, (COMMIT, "unknown")),
        ({"dir_info": {"editable": True}}, None),
    ],
)
def test_what_pip_wrote_down(source: object, found: tuple[str, str] | None) -> None:
    assert build.direct_url(json.dumps(source)) == found


def test_pip_wrote_it_beside_the_folder_that_it_installed(tmp_path: Path) -> None:
    (tmp_path / "uptime_ledger").mkdir()
    assert build.installed(tmp_path / "uptime_ledger") is None
    notes = tmp_path / f"uptime_ledger-{__version__}.dist-info"
    notes.mkdir()
    assert build.installed(tmp_path / "uptime_ledger") is None
    source = {"vcs_info": {"commit_id": COMMIT, "requested_revision": "main"}}
    (notes / "direct_url.json").write_text(json.dumps(source), encoding="utf-8")
    assert build.installed(tmp_path / "uptime_ledger") == (COMMIT, "main")


def test_a_build_has_a_version() -> None:
    assert build.build().version == __version__
