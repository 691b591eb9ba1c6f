"""What we believe of the files that `dvc add` writes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.environment import quiet_environment
from dvc_sync_s3.dvc.gitignore import with_ignored
from dvc_sync_s3.dvc.listing import Entry, Listing
from dvc_sync_s3.dvc.pointer import write_pointer

RICH = """\
# labelled since May
outs:
- md5: d41d8cd98f00b204e9800998ecf8427e  # do not edit
  size: 0
  hash: md5
  path: data.json
  desc: "all annotations, of all annotators, in one line that is longer than YAML writers like their lines to be"
  labels: [one,   two]
  meta: {owner: ann}
  remote: team
meta:
    owner: ann  # ask her
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Git repository with DVC in it."""
    quiet = quiet_environment(os.environ, tmp_path / "site")
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "team")], env=quiet, check=True)
    dvc(tmp_path / "team", "init", "--quiet")
    return tmp_path / "team"


def dvc(folder: Path, *arguments: str) -> None:
    quiet = quiet_environment(os.environ, folder.parent / "site")
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, env=quiet, check=True, capture_output=True)


def test_dvc_add_writes_the_pointers_and_ignores_that_we_write(folder: Path) -> None:
    names = ["data.json", "00", "a b.json", "d[1]#!.json", "true", "é.json"]
    content = b"[]\n"
    md5 = hashlib.md5(content).hexdigest()
    (folder / "data.json.dvc").write_text(RICH)
    (folder / ".gitignore").write_text("*.tmp")
    for name in names:
        (folder / name).write_bytes(content)
    ours: dict[str, bytes] = {}
    ignored: bytes | None = (folder / ".gitignore").read_bytes()
    for name in names:
        previous = folder / f"{name}.dvc"
        ours[name] = write_pointer(previous.read_bytes() if previous.exists() else None, name, md5, len(content))
        ignored = with_ignored(ignored, name)
    dvc(folder, "add", "--quiet", *names)
    theirs = {name: (folder / f"{name}.dvc").read_bytes() for name in names}
    assert ours == theirs
    assert ignored == (folder / ".gitignore").read_bytes()
    assert (folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:]).read_bytes() == content


def test_dvc_add_writes_the_listing_of_a_folder_that_we_write(folder: Path) -> None:
    names = ["a", "a b/c", "a-b", "a.b", "a/b", "é/😀.txt", 'q"}, {"md5": "', "Z", "back\\slash", "deep/er/and/er"]
    for number, name in enumerate(names):
        path = folder / "data/all the files" / name.replace("a/b", "A/b")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
    files = [path for path in (folder / "data/all the files").rglob("*") if path.is_file()]
    entries = (
        Entry(str(path.relative_to(folder / "data/all the files")), hashlib.md5(path.read_bytes()).hexdigest())
        for path in files
    )
    listing = Listing.of(entries)
    version = f"{listing.md5()}.dir"
    size = sum(path.stat().st_size for path in files)
    dvc(folder, "add", "--quiet", "data/all the files")
    pointer = (folder / "data/all the files.dvc").read_bytes()
    assert pointer == write_pointer(None, "data/all the files", version, size, len(listing))
    assert (folder / ".dvc/cache/files/md5" / version[:2] / version[2:]).read_bytes() == bytes(listing.content())
    assert (folder / "data/.gitignore").read_bytes() == with_ignored(None, "data/all the files")

    (folder / "data/all the files.dvc").write_bytes(b"# ours\n" + pointer + b"  desc: all\n")
    (folder / "data/all the files/new").write_text("new")
    listing.put("new", hashlib.md5(b"new").hexdigest())
    ours = write_pointer(
        (folder / "data/all the files.dvc").read_bytes(),
        "data/all the files",
        f"{listing.md5()}.dir",
        size + 3,
        len(listing),
    )
    dvc(folder, "add", "--quiet", "data/all the files")
    assert (folder / "data/all the files.dvc").read_bytes() == ours
