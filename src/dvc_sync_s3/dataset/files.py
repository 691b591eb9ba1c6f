"""The merge of files, for a dataset that mirrors the bucket: what objects changed, put into the folder as it is.

What only one side changed is taken. Where both changed the same file, `OnConflict` says which version stands and the
conflict is told. Nothing here reads or writes a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dvc_sync_s3.dataset.model import OnConflict, Outcome

_LONGEST_PART_BYTES = 255
_SPACE, _DELETE = 0x20, 0x7F
_NO_PART = frozenset({"", ".", ".."})
_OF_DVC = frozenset({".dvc", ".dvcignore", ".git", ".hg", "dvc.yaml", "dvc.lock"})


@dataclass(frozen=True, slots=True)
class FileContent:
    """The content of a file: its md5 in hexadecimal, `size` in bytes."""

    md5: str
    size: int


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What an object asks of the file at `path`; None: that it isn't there.

    `before` is what was last synced of it; `stood` the md5 of the other version that an earlier conflict left standing,
    empty if that was none. `gives_way`: it may be older than the branch's version, which stands then.
    """

    path: str
    ours: FileContent | None
    before: FileContent | None = None
    stood: str | None = None
    gives_way: bool = False


@dataclass(frozen=True, slots=True)
class FileConflict:
    """A file that both an object and the branch changed, and whose version stands."""

    path: str
    stands: OnConflict
    theirs: str = ""
    """The md5 of the other version, empty if there was none."""


@dataclass(frozen=True, slots=True)
class MergedFiles:
    """What the edits ask of the folder, and what they did."""

    patch: Mapping[str, FileContent | None]
    """The new content of each file that differs, None where it goes; empty if there is nothing to commit."""
    touched: tuple[tuple[Outcome, str], ...]
    """What became of which path."""
    conflicts: tuple[FileConflict, ...]


def merge_files(theirs: Mapping[str, str], edits: Iterable[FileEdit], on_conflict: OnConflict) -> MergedFiles:
    """Return what `edits`, each of another path, change of `theirs`: paths and md5s as the branch has them.

    Merging the same edits again changes nothing. A file that nobody put since stays as the branch has it, gone or not.

    >>> one, two = FileContent("1" * 32, 1), FileContent("2" * 32, 2)
    >>> merge_files({"a": one.md5}, [FileEdit("a", two, one)], OnConflict.OURS).touched
    ((<Outcome.CHANGED: 'changed'>, 'a'),)
    """
    patch: dict[str, FileContent | None] = {}
    touched: list[tuple[Outcome, str]] = []
    conflicts: list[FileConflict] = []
    for edit in edits:
        current, ours, before = theirs.get(edit.path, ""), _md5(edit.ours), _md5(edit.before)
        if ours in {before, current}:
            continue
        if edit.gives_way and current:
            conflicts.append(FileConflict(edit.path, OnConflict.THEIRS, current))
            continue
        if current not in {before, edit.stood}:
            conflicts.append(FileConflict(edit.path, on_conflict, current))
            if on_conflict is OnConflict.THEIRS:
                continue
        patch[edit.path] = edit.ours
        touched.append((_outcome(current, ours), edit.path))
    return MergedFiles(patch, tuple(touched), tuple(conflicts))


def leave_out(merged: MergedFiles, paths: Collection[str]) -> MergedFiles:
    """Return `merged` without what it says of `paths`."""
    return MergedFiles(
        {path: content for path, content in merged.patch.items() if path not in paths},
        tuple(each for each in merged.touched if each[1] not in paths),
        tuple(each for each in merged.conflicts if each.path not in paths),
    )


def why_no_path(key: str) -> str | None:
    """Return why the object at `key` can't be a file of a folder that DVC tracks, None if it can.

    >>> why_no_path("job 7/images/ä.png"), why_no_path("a/../b")
    (None, 'no path of a file: its parts must not be empty, . or ..')
    """
    parts = key.split("/")
    if not _NO_PART.isdisjoint(parts):
        return "no path of a file: its parts must not be empty, . or .."
    if "\\" in key or any(ord(each) < _SPACE or ord(each) == _DELETE for each in key):
        return "no path of a file everywhere: it has a backslash or a control character"
    if any(len(part.encode()) > _LONGEST_PART_BYTES for part in parts):
        return f"no path of a file: a part of it is longer than {_LONGEST_PART_BYTES} bytes"
    if not _OF_DVC.isdisjoint(parts) or any(part.endswith(".dvc") for part in parts):
        return "a name that DVC or Git takes for its own"
    return None


def _md5(content: FileContent | None) -> str:
    return "" if content is None else content.md5


def _outcome(current: str, ours: str) -> Outcome:
    if not current:
        return Outcome.ADDED
    return Outcome.CHANGED if ours else Outcome.REMOVED
