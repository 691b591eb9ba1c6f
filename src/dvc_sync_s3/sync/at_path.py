"""What is at a path of the branch, decided from what DVC and Git say: nothing, the dataset, or something in the way.

Everything that we write or track stands at a path that is free or ours; what others put there is never replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from dvc_sync_s3.dvc.project_view import Out
from dvc_sync_s3.git.files import Sort


@dataclass(frozen=True, slots=True)
class Nothing:
    """DVC tracks nothing at the path, above it or below it."""


@dataclass(frozen=True, slots=True)
class OwnOut:
    """The path is an out of its own, named by the `.dvc` file `file`."""

    file: str


@dataclass(frozen=True, slots=True)
class InsideOut:
    """The path is `relpath` in the folder `out`, which the `.dvc` file `file` tracks as one."""

    file: str
    out: str
    relpath: str


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Something else is there: `what` is a clause for people, `remedy` what to do."""

    what: str
    remedy: str


Place = Nothing | OwnOut | InsideOut
"""How the branch tracks the dataset."""


def in_dvc(path: str, outs: Iterable[Out]) -> Place | InTheWay:
    """Return what DVC tracks at `path`, if its index of outs is `outs`.

    >>> in_dvc("data/data.json", [Out("data", "data.dvc")])
    InsideOut(file='data.dvc', out='data', relpath='data.json')
    >>> in_dvc("data/data.json", [Out("data/data.json", "dvc.yaml", "prepare")]).what
    'data/data.json is an output of the stage prepare in dvc.yaml'
    """
    touching = [out for out in outs if _overlap(out.path, path)]
    below = next((out for out in touching if _is_above(path, out.path)), None)
    if below is not None:
        return InTheWay(f"{below.file} tracks {below.path}, which is in {path}", _ELSEWHERE)
    made = next((out for out in touching if out.stage is not None), None)
    if made is not None:
        remedy = f"Take {made.path} out of that stage and run `dvc add {path}`; or set DVC_DATASET to another path."
        return InTheWay(f"{made.path} is an output of the stage {made.stage} in {made.file}", remedy)
    if len(touching) > 1:
        files = " and ".join(sorted({out.file for out in touching}))
        return InTheWay(f"{files} both track {path}", "Remove one of them, commit and push.")
    for out in touching:
        if out.path == path:
            return OwnOut(out.file)
        return InsideOut(out.file, out.path, str(PurePosixPath(path).relative_to(out.path)))
    return Nothing()


def in_git(path: str, sorts: Mapping[str, Sort | None]) -> InTheWay | None:
    """Return what in Git keeps us from writing a file at `path`; `sorts` has the path and all that it is in.

    >>> in_git("data/data.json.dvc", {"data/data.json.dvc": None, "data": Sort.LINK})
    InTheWay(what='data is a symbolic link in Git', remedy='Put a folder there, or set DVC_DATASET to another path.')
    """
    for folder in folders_of(path):
        if sorts[folder] not in {None, Sort.FOLDER}:
            return InTheWay(f"{folder} is {sorts[folder]} in Git", _A_FOLDER)
    if sorts[path] not in {None, Sort.FILE}:
        return InTheWay(f"{path} is {sorts[path]} in Git", f"Put an ordinary file at {path}, or rename what is there.")
    return None


def as_obstacle(path: str, tracked: Place | InTheWay) -> InTheWay | None:
    """Return what DVC tracks at `path` as what keeps a file of Git's from it.

    >>> as_obstacle("data/x.json", OwnOut("data/x.json.dvc")).what
    'data/x.json.dvc tracks data/x.json'
    """
    if isinstance(tracked, Nothing):
        return None
    what = tracked.what if isinstance(tracked, InTheWay) else f"{tracked.file} tracks {path}"
    return InTheWay(what, f"Rename {path} in the repository.")


def folders_of(path: str) -> list[str]:
    """Return the folders that a path is in, the outermost first.

    >>> folders_of("a/b/c.json")
    ['a', 'a/b']
    """
    return [str(folder) for folder in reversed(PurePosixPath(path).parents)][1:]


_ELSEWHERE = "Set DVC_DATASET to another path."
_A_FOLDER = "Put a folder there, or set DVC_DATASET to another path."


def _overlap(first: str, second: str) -> bool:
    return first == second or _is_above(first, second) or _is_above(second, first)


def _is_above(folder: str, path: str) -> bool:
    return path.startswith(f"{folder}/")
