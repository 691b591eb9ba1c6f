"""The `.dvc` file: which version of the dataset a commit names.

Its fields: https://dvc.org/doc/user-guide/project-structure/dvc-files
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dvc_sync_s3.errors import Blocked

# What DVC itself drops when the content of a file changes: a listing of a folder, versions and tags of a cloud's copy.
_STALE = ("files", "cloud", "etag", "version_id", "checksum")


@dataclass(frozen=True, slots=True)
class Pointer:
    """One version of an out: a file's md5 in hexadecimal, or a folder's listing's with `.dir` behind it.

    `size` in bytes, of all files together; `nfiles` of a folder; both None if not written. `remote`: the out's own.
    """

    md5: str
    size: int | None
    remote: str | None
    nfiles: int | None = None


def read_pointer(content: bytes, out: str, file: str | None = None) -> Pointer:
    """Return what the `.dvc` file `content` says of `out`; its path `file` is `<out>.dvc` if it isn't given.

    Raises Blocked if a person must look at the file first: not DVC 3, an import, a conflict, …
    """
    file = file or f"{out}.dvc"
    entry = _entry(_load(content, file), out, file)
    md5, remote = entry.get("md5"), entry.get("remote")
    if not isinstance(md5, str) or not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", md5):
        raise Blocked(f"{file} names no md5 of {out}", hint=f"Run `dvc commit {file}`, commit and push.")
    return Pointer(
        md5,
        size=_number(entry.get("size")),
        remote=remote if isinstance(remote, str) else None,
        nfiles=_number(entry.get("nfiles")),
    )


def write_pointer(
    previous: bytes | None,
    out: str,
    md5: str,
    size: int | None,
    nfiles: int | None = None,
    *,
    file: str | None = None,
) -> bytes:
    r"""Return the `.dvc` file that names this version of `out`, as `dvc add` would write it.

    Comments, `desc`, `meta`, `remote` and what we don't know of `previous` stay; raises Blocked like
    `read_pointer`.

    >>> write_pointer(None, "data/data.json", "d41d8cd98f00b204e9800998ecf8427e", 0)
    b'outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: data.json\n'
    """
    told = {"md5": md5, "size": size, "nfiles": nfiles, "hash": "md5"}
    fresh = {name: value for name, value in told.items() if value is not None}
    document: object
    if previous is None:
        document = {"outs": [fresh | {"path": PurePosixPath(out).name}]}
    else:
        file = file or f"{out}.dvc"
        document = _load(previous, file)
        entry = _entry(document, out, file)
        for stale in (*_STALE, *(told.keys() - fresh.keys())):
            entry.pop(stale, None)
        entry.update(fresh)
    return _dump(document)


def rename_out(content: bytes, out: str, new: str, file: str | None = None) -> bytes:
    r"""Return the `.dvc` file of `out` as `<new>.dvc`, which tracks another path for the same data; raises Blocked.

    >>> rename_out(write_pointer(None, "data.json", "d41d8cd98f00b204e9800998ecf8427e", 0), "data.json", "data.jsonl")
    b'outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: data.jsonl\n'
    """
    file = file or f"{out}.dvc"
    document = _load(content, file)
    _entry(document, out, file)["path"] = PurePosixPath(new).name
    if isinstance(document, MutableMapping):
        document.pop("wdir", None)
    return _dump(document)


def _dump(document: object) -> bytes:
    stream = io.BytesIO()
    _yaml().dump(document, stream)
    return stream.getvalue()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def read_version_id(content: bytes, out: str, file: str, remote: str) -> str | None:
    """Return the id that a version-aware `remote` gave the version that `content` names, None if it has none."""
    described = _entry(_load(content, file), out, file).get("cloud")
    for step in (remote, "version_id"):
        described = described.get(step) if isinstance(described, Mapping) else None
    return described if isinstance(described, str) else None


def _yaml() -> YAML:
    yaml = YAML()  # the settings DVC dumps with
    yaml.default_flow_style = False
    return yaml


def _load(content: bytes, file: str) -> object:
    if re.search(rb"^(<<<<<<<|>>>>>>>) ", content, re.MULTILINE):
        raise Blocked(f"{file} holds conflict markers", hint="Resolve the conflict on the branch, commit and push.")
    try:
        document: object = _yaml().load(content.decode())
    except (YAMLError, UnicodeDecodeError):
        raise Blocked(f"{file} is no valid YAML", hint="Restore it from Git's history, commit and push.") from None
    return document


def _entry(document: object, out: str, file: str) -> MutableMapping[str, object]:
    """Return the one out of `document`, raising Blocked unless it is a file or a folder tracked by DVC 3."""
    fields = document if isinstance(document, Mapping) else {}
    again = f"run `dvc remove {file}` and `dvc add {out}`"  # `dvc add` alone leaves the file what it is
    if fields.get("deps"):
        raise Blocked(
            f"{file} is an import from elsewhere",
            hint=f"To make it the team's own, run `dvc pull {file}`, then {again}; commit and push.",
        )
    if fields.get("frozen"):
        raise Blocked(f"{file} is frozen", hint=f"Run `dvc unfreeze {file}`, commit and push.")
    outs = fields.get("outs")
    entry = outs[0] if isinstance(outs, list) and len(outs) == 1 else None
    if not isinstance(entry, MutableMapping) or _placed(fields, entry, file) != out:
        raise Blocked(
            f"{file} does not track {out} alone",
            hint=f"To give each its own file, run `dvc pull {file}`, then {again} and the others; commit and push.",
        )
    if entry.get("cache") is False:
        raise Blocked(f"{file} says cache: false", hint="DVC keeps no copy of such a dataset: remove that line.")
    if entry.get("push") is False:
        raise Blocked(
            f"{file} says push: false, which keeps the dataset off every remote",
            hint=f"To share it, remove that line from {file}, run `dvc push`, commit and push; else set DVC_DATASET "
            "to another path.",
        )
    if entry.get("hash") != "md5":
        raise Blocked(
            f"{file} was written by DVC 2",
            hint="With DVC 3 run `dvc pull`, `dvc cache migrate --dvc-files` and `dvc push`; then commit and push.",
        )
    return entry


def _placed(document: Mapping[str, object], entry: Mapping[str, object], file: str) -> str:
    """Return the path of an out in the repository, as DVC reads it."""
    wdir = document.get("wdir")
    return posixpath.normpath(PurePosixPath(file).parent / str(wdir or ".") / str(entry.get("path")))
