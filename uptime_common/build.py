"""What this program was built from, as Prometheus' programs tell it."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from uptime_common import __version__

_UNKNOWN = "unknown"
_ROOT = Path(__file__).parent.parent  # of a checkout, or the folder that a wheel has
_REF = "ref: refs/heads/"


class Build(NamedTuple):
    """Version, and commit and branch where they are known, else ``unknown``."""

    version: str
    revision: str = _UNKNOWN
    branch: str = _UNKNOWN


@cache
def build() -> Build:
    """Return what pip wrote down where it installed from a repository, else what a checkout is."""
    revision, branch = installed(_ROOT) or checkout(_ROOT) or (_UNKNOWN, _UNKNOWN)
    return Build(__version__, revision, branch)


def installed(root: Path) -> tuple[str, str] | None:
    """Return commit and branch that pip wrote down beside the folder that it installed.

    None where there is no such note, or where it names none.
    """
    note = root.parent / f"uptime_ledger-{__version__}.dist-info" / "direct_url.json"
    return direct_url(note.read_text(encoding="utf-8")) if note.is_file() else None


def direct_url(text: str) -> tuple[str, str] | None:
    """Return commit and branch of a file in the format of PEP 610, None where it names none."""
    source = json.loads(text).get("vcs_info", {})
    if "commit_id" not in source:
        return None
    return str(source["commit_id"]), str(source.get("requested_revision", _UNKNOWN))


def checkout(root: Path) -> tuple[str, str] | None:
    """Return commit and branch of the repository at a folder, None where there is none."""
    git = root / ".git"
    if git.is_file():  # a worktree: "gitdir: /path"
        git = root / git.read_text(encoding="utf-8").partition(":")[2].strip()
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith(_REF):
            return head, _UNKNOWN
        branch = head.removeprefix(_REF)
        return _commit(git, branch), branch
    except OSError:
        return None


def _commit(git: Path, branch: str) -> str:
    """Return a branch's commit; a repository packs its references from time to time."""
    shared = git / "commondir"
    common = git / shared.read_text(encoding="utf-8").strip() if shared.exists() else git
    loose = common / "refs/heads" / branch
    if loose.exists():
        return loose.read_text(encoding="utf-8").strip()
    packed = (common / "packed-refs").read_text(encoding="utf-8").splitlines()
    ends = f" refs/heads/{branch}"
    return next((line.split()[0] for line in packed if line.endswith(ends)), _UNKNOWN)
