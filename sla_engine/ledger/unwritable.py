"""What keeps a user from writing a ledger of SQLite, found by looking at its file and folder."""

import os
import pwd
from pathlib import Path

_HELPERS = ("-wal", "-shm")


def unwritable(database: str) -> str | None:
    """Return what cannot be written, by whom and why; None where nothing is in the way."""
    path = Path(database).absolute()
    if path.is_dir():
        return "it is a folder; name a file in it by --storage.ledger"
    folder = next(one for one in path.parents if one.exists())
    if not folder.is_dir():
        return f"{folder} is no folder; name another place by --storage.ledger"
    if not _may(folder, os.W_OK | os.X_OK):
        needed = f"SQLite keeps {path.name}-wal in it, also to read" if path.exists() else ""
        return _said(f"the folder {folder}", folder, needed)
    for file in (path, *(path.with_name(f"{path.name}{end}") for end in _HELPERS)):
        if file.exists() and not _may(file, os.R_OK | os.W_OK):
            return _said(f"the file {file}", file)
    return None


def _said(what: str, path: Path, why: str = "") -> str:
    """Return one line: who may not write what, why it must be written, and what to do."""
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        reason, then = "its file system is mounted read-only", "copy the ledger elsewhere"
    else:
        owner = _name(path.stat().st_uid)
        reason, then = f"{_me()} may not", f"run this as {owner}, who owns it"
        if owner == _me():
            then = f"chmod u+rwX {path}"
    needed = f"; {why}" if why else ""
    return f"{what} cannot be written: {reason}{needed}; {then}, or name another: --storage.ledger"


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _me() -> str:
    return _name(os.geteuid())


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
