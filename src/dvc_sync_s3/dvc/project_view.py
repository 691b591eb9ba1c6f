"""What DVC itself sees of a repository: its index of outs, and what its ignore files cover.

Uses internals of the pinned DVC: `Repo.index`, `Repo.dvcignore`. The folder that it looks at holds the files that DVC
reads of a repository, and no data.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.stage import PipelineStage, Stage
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dvc_sync_s3.dvc.environment import make_site_cache
from dvc_sync_s3.dvc.saying import said_by
from dvc_sync_s3.errors import Blocked

DVC_YAML = "dvc.yaml"
_IGNORES = {".dvcignore", ".gitignore", ".gitattributes"}
_MOST_LETTERS = 200
_PARAMS = "params.yaml"
_READ = {DVC_YAML, _PARAMS, "config", *_IGNORES}


@dataclass(frozen=True, slots=True)
class Out:
    """An out of the project: its path, the file that names it, both below the repository; its stage in a `dvc.yaml`."""

    path: str
    file: str
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """All outs that DVC finds, why it can't read a file, and the `.dvcignore` rule that covers a path."""

    outs: tuple[Out, ...]
    unreadable: Mapping[str, str]
    ignored: Mapping[str, str]


def reads(path: str) -> bool:
    """Tell whether DVC or Git reads a file of the repository to know what is tracked, ignored or converted.

    >>> [reads(path) for path in ("a/b.dvc", "dvc.yaml", "a/.gitignore", ".dvc/config", "sub/.dvc/config")]
    [True, True, True, True, True]
    >>> [reads(path) for path in ("train.py", "a/config", ".dvc/tmp/x.dvc", ".dvc/tmp/config", ".dvc/.gitignore")]
    [False, False, False, False, False]
    """
    folder, _, name = path.rpartition("/")  # asked of each file of the repository, so without PurePosixPath
    if name not in _READ and not name.endswith(".dvc"):
        return False
    is_in_dvcs_own = ".dvc" in folder.split("/")
    return is_in_dvcs_own == (name == "config") and (name != "config" or folder.endswith(".dvc"))


def params_of(dvc_yaml: str, content: bytes) -> set[str]:
    r"""Return the files that a `dvc.yaml` takes values for its templates from.

    https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#templating

    >>> sorted(params_of("a/dvc.yaml", b"vars:\n- x.json\n- y: 1\nstages:\n  s: {wdir: b, vars: ['z.toml:k']}"))
    ['a/b/z.toml', 'a/x.json']
    """
    try:
        document = YAML(typ="safe").load(content.decode())
    except (YAMLError, UnicodeDecodeError):
        return set()
    top = document if isinstance(document, Mapping) else {}
    stages = top.get("stages")
    found = [("", top.get("vars"))]
    for stage in stages.values() if isinstance(stages, Mapping) else ():
        inner = stage.get("do", stage) if isinstance(stage, Mapping) else {}
        if isinstance(inner, Mapping):
            found.append((str(inner.get("wdir", "")), inner.get("vars")))
    folder = PurePosixPath(dvc_yaml).parent
    names = ((wdir, name) for wdir, names in found if isinstance(names, list) for name in names)
    return {posixpath.normpath(folder / wdir / name.partition(":")[0]) for wdir, name in names if isinstance(name, str)}


def view(top: Path, project: str, paths: Iterable[str]) -> View:
    """Look at the DVC project in the folder `project` of the repository in `top`.

    `paths` are those to ask `.dvcignore` of, a folder's with `/` at its end. Raises Blocked.
    """
    unreadable: dict[str, str] = {}
    root = top / project
    _make_git_folder(top)
    state = top / ".git" / "dvc"
    config = {"core": {"site_cache_dir": str(state), "check_update": False}, "cache": {"dir": str(state / "cache")}}
    make_site_cache(state)
    with _translated(), Repo(str(root), config=config) as repo:

        def note(path: str, error: Exception) -> None:
            unreadable[_below(Path.cwd() / path, top)] = _reason(error, top)

        repo.stage_collection_error_handler = note
        outs = tuple(out for stage in repo.index.stages for out in _outs(stage, top))
        found = ((path, repo.dvcignore.check_ignore(_placed(top, path))) for path in paths)
        ignored = {path: _rule(project, said.pattern_infos) for path, said in found if said.match}
    return View(outs, unreadable, ignored)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what DVC raises about files that it needs all the time, such as `.dvcignore`, into Blocked."""
    try:
        yield
    except (DvcException, ValueError, RecursionError, re.error) as error:
        raise Blocked(
            f"DVC can't read the repository's files: {said_by(error)[:_MOST_LETTERS]}",
            hint="Repair the file until `dvc status` works, commit and push.",
        ) from error


def _reason(error: Exception, top: Path) -> str:
    """Return why DVC can't read a file, with the paths that a person knows."""
    return said_by(error.__cause__ or error).replace(f"{os.path.relpath(top)}{os.sep}", "")[:_MOST_LETTERS]


def _outs(stage: Stage, top: Path) -> Iterator[Out]:
    file = _below(Path(stage.path), top)
    name = stage.name if isinstance(stage, PipelineStage) else None
    for out in stage.outs:
        if out.protocol == "local" and Path(out.fs_path).is_relative_to(top):
            yield Out(_below(Path(out.fs_path), top), file, name)


def _below(path: Path, top: Path) -> str:
    return PurePosixPath(os.path.relpath(path, top)).as_posix()


def _placed(top: Path, path: str) -> str:
    """Return where DVC is to look for a path; what it says of a folder depends on there being one."""
    place = top / path
    if path.endswith("/"):
        place.mkdir(parents=True, exist_ok=True)
    return str(place)


def _rule(project: str, patterns: Sequence[object]) -> str:
    """Return a rule as `<file>:<line>: <pattern>`."""
    file, _, rest = str(patterns[-1]).partition(":")
    line, _, pattern = rest.partition(":")
    return f"{PurePosixPath(project) / file}:{line}: {pattern}"


def _make_git_folder(top: Path) -> None:
    """Make the least that DVC takes for a Git repository, without anybody's own ignore file."""
    folder = top / ".git"
    for name in ("objects", "refs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_bytes(b"ref: refs/heads/main\n")
    (folder / "config").write_text(f"[core]\n\texcludesFile = {os.devnull}\n", "utf-8")
