"""What else is on the branch around the dataset: asked of DVC and Git anew only when others changed the branch.

Each asking lists the whole tree once; DVC looks only when a file that it reads has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dvc_sync_s3.dvc.pointer import write_pointer
from dvc_sync_s3.dvc.project_view import DVC_YAML, View, params_of, reads, view
from dvc_sync_s3.dvc.root import find_root
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.files import Entry, Sort
from dvc_sync_s3.sync.at_path import (
    InsideOut,
    InTheWay,
    Nothing,
    OwnOut,
    Place,
    as_obstacle,
    folders_of,
    in_dvc,
    in_git,
)
from dvc_sync_s3.sync.tracked_paths import gitignore_path, pointer_path

_CONVERTED = ("filter", "working-tree-encoding")
_NO_VALUE = {"unspecified", "unset"}
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
_SHARD = "tasks-0000000000.jsonl"
_NO_DVC = "Run `dvc init` and `dvc remote add -d <name> <url>` in the repository, commit and push."


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found at `commit`, whose files that DVC reads are `files`."""

    commit: str
    files: Mapping[str, Entry]
    view: View


class Surroundings:
    """The branch around the dataset at `path`, as last refreshed. Every method raises Transient or Blocked."""

    def __init__(self, path: str, clone: Clone) -> None:
        self._path = path
        self._file = pointer_path(path)
        self._clone = clone
        self._checkout = clone.checkout(clone.folder / ".dvc" / "tmp" / "surroundings")
        self._seen: _Seen | None = None
        self._place: tuple[str, Place] | None = None
        self._obstacles: tuple[str, dict[str, InTheWay | None]] = "", {}

    @property
    def dvc_root(self) -> Path:
        """Return the folder whose `.dvc` the dataset belongs to, as the refreshed clone has it."""
        root = find_root(self._clone.folder, self._path)
        if root is None:
            raise Blocked("the repository has no DVC", hint=_NO_DVC)
        return root

    def place(self) -> Place:
        """Return how the branch tracks the dataset; raise Blocked where it, or what we write for it, has no place."""
        commit = self._clone.others_tip
        if self._place is None or self._place[0] != commit:
            self._place = commit, self._find()
        if isinstance(self._place[1], Nothing) and self._clone.read(self._file) is not None:
            return OwnOut(self._file)  # by a commit of ours since
        return self._place[1]

    def obstacle(self, path: str) -> InTheWay | None:
        """Return what keeps us from committing a file of ours at `path`, None if nothing does."""
        if self._obstacles[0] != self._clone.others_tip:
            self._obstacles = self._clone.others_tip, {}
        known = self._obstacles[1]
        if path not in known:
            tracked = in_dvc(path, self._view().outs)
            known[path] = self._in_git(path) or as_obstacle(path, tracked) or self._converted(path)
        return known[path]

    def ignored(self, path: str) -> str | None:
        """Return the rule by which DVC or Git ignores a path, as `<file>:<line>: <pattern>`."""
        return self._view().ignored.get(path) or self._checkout.ignored_by(path)

    def _find(self) -> Place:
        """Look at everything; what Git has comes first, since DVC would follow it."""
        _ = self.dvc_root
        if (obstacle := self._in_git(self._file)) is not None:
            raise _blocked(obstacle)
        is_there = self._clone.read(self._file) is not None
        view = self._view()
        outs = view.outs if is_there else tuple(out for out in view.outs if out.file != self._file)
        found = in_dvc(self._path, outs)
        if isinstance(found, InTheWay):
            raise _blocked(found)
        if isinstance(found, InsideOut) and is_there:
            raise Blocked(
                f"{found.file} tracks {found.out} as one, and {self._file} is in it",
                hint=f"If {found.file} has the whole dataset run `git rm {self._file}`, commit and push.",
            )
        self._refuse_ignored(view)
        if isinstance(found, Nothing):
            if not is_there:
                self._refuse_unreadable(view)
            self._refuse_unknown(view)
            found = OwnOut(self._file) if is_there else found
        self._refuse_obstacles(found)
        return found

    def _refuse_unreadable(self, view: View) -> None:
        """Raise Blocked if a file can't be read that may track the dataset, before a line of `.gitignore` is blamed."""
        for file, why in view.unreadable.items():
            raise Blocked(
                f"DVC can't read {file}, so it can't tell whether that tracks {self._path}: {why}",
                hint=f"Repair {file} until `dvc status` works, commit and push.",
            )

    def _refuse_unknown(self, view: View) -> None:
        """Raise Blocked if DVC doesn't look at our `.dvc` file, whether it is there or to come."""
        if any(out.file == self._file for out in view.outs) or self._file in view.unreadable:
            return
        rule = self.ignored(self._file) or self._checkout.line_behind(self._file, ".gitignore", self._is_unseen)
        if rule is not None or self._clone.read(self._file) is None:
            raise Blocked(
                f"DVC doesn't look at {self._file}, which is ignored: {rule or 'nobody knows where'}",
                hint=f"Change that line so that {self._file} and its folders aren't ignored, commit and push.",
            )

    def _refuse_ignored(self, view: View) -> None:
        for path, rule in view.ignored.items():
            if path != self._file:
                raise Blocked(
                    f"DVC ignores {path.removesuffix('/')}: {rule}",
                    hint="Change that line so that the dataset isn't ignored, commit and push.",
                )

    def _refuse_obstacles(self, found: Place) -> None:
        """Raise Blocked if a file that comes with the dataset can't be written as we write it."""
        if isinstance(found, Nothing) and self._clone.sorts((self._path,))[self._path] is not None:
            raise Blocked(
                f"Git itself tracks {self._path}, so DVC can't",
                hint=f"Run `git rm -r --cached {self._path}` and `dvc add {self._path}`, commit and push.",
            )
        file = self._file if isinstance(found, Nothing) else found.file
        written = (file,) if isinstance(found, InsideOut) else (file, gitignore_path(self._path))
        for path in written:
            if (obstacle := self._in_git(path) or self._converted(path)) is not None:
                raise _blocked(obstacle)

    def _in_git(self, path: str) -> InTheWay | None:
        return in_git(path, self._clone.sorts((path, *folders_of(path))))

    def _converted(self, path: str) -> InTheWay | None:
        """Return which attribute makes Git keep a file in another form than we write it."""
        for name in _CONVERTED:
            if self._value(path, name) not in _NO_VALUE:
                has_value = lambda name=name: self._value(path, name) not in _NO_VALUE  # noqa: E731
                line = self._checkout.line_behind(path, ".gitattributes", has_value) or name
                what = f"Git keeps {path} in another form than the service writes it: {line}"
                beside = PurePosixPath(path).parent / ".gitattributes"  # the last one that Git reads for the path
                entry = f"/{PurePosixPath(path).name} !{name}"
                return InTheWay(what, f"Add the line `{entry}` to the end of {beside}, commit and push.")
        return None

    def _value(self, path: str, attribute: str) -> str:
        return self._checkout.attributes((path,), (attribute,))[path, attribute]

    def _is_unseen(self) -> bool:
        """Tell whether DVC, asked again, doesn't look at our `.dvc` file."""
        outs = view(self._checkout.folder, self._project, ()).outs
        return all(out.file != self._file for out in outs)

    @property
    def _project(self) -> str:
        return self.dvc_root.relative_to(self._clone.folder).as_posix()

    def _view(self) -> View:
        commit = self._clone.others_tip
        if self._seen is not None and self._seen.commit == commit:
            return self._seen.view
        entries = self._clone.entries()
        files = {path: entry for path, entry in entries.items() if reads(path) and entry.sort is Sort.FILE}
        is_known = self._seen is not None and self._seen.files == files
        seen = self._seen.view if is_known and self._seen else self._look(files, entries)
        self._seen = _Seen(commit, files, seen)
        return seen

    def _look(self, files: Mapping[str, Entry], entries: Mapping[str, Entry]) -> View:
        checkout = self._checkout
        checkout.fill(files)
        yamls = (path for path in files if PurePosixPath(path).name == DVC_YAML)
        named = {name for path in yamls for name in params_of(path, (checkout.folder / path).read_bytes())}
        checkout.add({name: entries[name] for name in named - files.keys() if name in entries})
        if self._file not in files:  # so that DVC says whether it would look at it
            checkout.write(self._file, write_pointer(None, self._path, _EMPTY_MD5, 0))
        is_file = PurePosixPath(self._path).suffix in {".json", ".jsonl"}
        asked = (self._path,) if is_file else (f"{self._path}/", f"{self._path}/{_SHARD}")
        return view(checkout.folder, self._project, (*asked, self._file))


def _blocked(found: InTheWay) -> Blocked:
    return Blocked(found.what, hint=found.remedy)
