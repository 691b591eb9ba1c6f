"""Some files of the tip in a folder, and what Git itself says of any path there: its attributes, and who ignores it.

`git check-attr` and `check-ignore` read `.gitattributes` and `.gitignore` from a work tree, and our clone has none.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from dvc_sync_s3.git.command import FETCH
from dvc_sync_s3.git.files import Entry

RunGit = Callable[..., bytes]
"""Runs git in the clone: arguments, standard input and work tree in, what it prints out."""


class PartialCheckout:
    """A folder that is ours alone, with some files of a commit. Every method raises Transient or Blocked."""

    def __init__(self, folder: Path, run: RunGit) -> None:
        self.folder = folder
        self._run = run

    def fill(self, files: Mapping[str, Entry]) -> None:
        """Let the folder hold these files, by path, and nothing else; what isn't in the clone is fetched at once."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.add(files)

    def add(self, files: Mapping[str, Entry]) -> None:
        """Let the folder hold these files, too."""
        contents = self._contents(list({entry.blob for entry in files.values()}))
        for path, entry in files.items():
            if is_safe(path):
                self.write(path, contents[entry.blob])

    def write(self, path: str, content: bytes) -> None:
        """Let the folder hold a file that the tip doesn't."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def attributes(self, paths: Sequence[str], names: Sequence[str]) -> Mapping[tuple[str, str], str]:
        """Return the values of attributes by path and name; https://git-scm.com/docs/git-check-attr."""
        said = self._run("check-attr", "-z", *names, "--", *paths, work_tree=self.folder)
        fields = said.decode(errors="surrogateescape").split("\0")[:-1]
        rows = zip(fields[::3], fields[1::3], fields[2::3], strict=True)
        return {(path, name): value for path, name, value in rows}

    def line_behind(self, path: str, name: str, is_so: Callable[[], bool]) -> str | None:
        """Return the line of a file `name` around `path` without which it isn't so, as `<file>:<line>: <text>`.

        Neither Git nor DVC tells such a line, so each is left out in turn, the nearest and last first.
        """
        for folder in PurePosixPath(path).parents:
            file = self.folder / folder / name
            content = file.read_bytes() if file.is_file() else b""
            lines = content.splitlines(keepends=True)
            for index in reversed(range(len(lines))):
                file.write_bytes(b"".join((*lines[:index], b"\n", *lines[index + 1 :])))
                is_still_so = is_so()
                file.write_bytes(content)
                if not is_still_so:
                    return f"{folder / name}:{index + 1}: {lines[index].decode(errors='replace').strip()}"
        return None

    def ignored_by(self, path: str) -> str | None:
        """Return the rule by which Git ignores a path, as `<file>:<line>: <pattern>`; None if it doesn't."""
        asked = f"./{path}\0".encode()
        said = self._run("check-ignore", "--no-index", "-v", "-z", "--stdin", stdin=asked, work_tree=self.folder)
        source, line, pattern, *_ = [*said.decode(errors="replace").split("\0"), "", "", ""]
        return f"{source}:{line}: {pattern}" if source and not pattern.startswith("!") else None

    def _contents(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        asked = "".join(f"{blob}\n" for blob in blobs).encode()
        offline = ("-c", "remote.origin.promisor=false")
        checked = self._run(*offline, "cat-file", "--batch-check=%(objectname)", stdin=asked).decode()
        missing = [line.removesuffix(" missing") for line in checked.splitlines() if line.endswith(" missing")]
        if missing:
            wanted = "".join(f"{blob}\n" for blob in missing).encode()
            # What git does by itself for each object in turn: https://git-scm.com/docs/partial-clone
            self._run("fetch", *FETCH, "--filter=blob:none", "--stdin", "origin", stdin=wanted)
        return _parse_batch(self._run("cat-file", "--batch", stdin=asked))


def _parse_batch(said: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        blob, _, size = said[at:end].decode().split()
        found[blob] = said[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
    return found


def is_safe(path: str) -> bool:
    """Tell whether a path of a commit stays below the folder it is written to, and out of Git's own.

    >>> is_safe("data/a.dvc"), is_safe("../a.dvc"), is_safe("sub/.GIT/config")
    (True, False, False)
    """
    return not any(part.lower() in {"", ".", "..", ".git"} for part in path.split("/"))
