"""The format that NFS' client and server share: lines of a key and numbers."""

from collections.abc import Iterator, Mapping, Sequence

from uptime_common.exposition import Sample

# NFSPROC_* of linux/nfs.h, NFS3PROC_* of linux/nfs3.h.
PROC2 = (
    *("Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write"),
    *("Create", "Remove", "Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat"),
)
PROC3 = (
    *("Null", "GetAttr", "SetAttr", "Lookup", "Access", "ReadLink", "Read", "Write", "Create"),
    *("MkDir", "SymLink", "MkNod", "Remove", "RmDir", "Rename", "Link", "ReadDir"),
    *("ReadDirPlus", "FsStat", "FsInfo", "PathConf", "Commit"),
)


def numbers(text: str) -> dict[str, list[int]]:
    """Return the numbers by key; fractions (of the line ``th``) are left out. Raises ValueError."""
    found = {}
    for key, *words in filter(None, map(str.split, text.splitlines())):
        found[key] = [int(word) for word in words if "." not in word]
    return found


def requests(
    found: Mapping[str, Sequence[int]],
    versions: Mapping[str, Sequence[str]],
    *,
    keys: str = "proc{}",
    without: Sequence[str] = (),
) -> Iterator[Sample]:
    """Yield the requests by version and procedure; those that a kernel does not know are 0.

    Raises:
        ValueError: a line does not hold as many numbers as it says.
    """
    for version, names in versions.items():
        count, *values = found.get(keys.format(version), [0])
        if count != len(values):
            raise ValueError(f"{count} procedures of version {version}, and {len(values)} numbers")
        padded = [*values, *[0] * len(names)]
        for name, value in zip(names, padded, strict=False):
            if name not in without:
                yield (version, name), value
