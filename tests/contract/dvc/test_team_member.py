"""A team member sees our commits as if a colleague had run `dvc add`, `dvc push` and `git push`."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.environment import quiet_environment
from dvc_sync_s3.dvc.gitignore import with_ignored
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.pointer import read_pointer, write_pointer
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, Repository

OUT = "data/data.json"
POINTER = f"{OUT}.dvc"
IGNORE = "data/.gitignore"


class Member:
    """Someone with an ordinary clone, Git and DVC."""

    def __init__(self, folder: Path, site_cache: Path) -> None:
        self.folder = folder
        self._environ = quiet_environment(os.environ, site_cache) | {
            f"GIT_{role}_{field}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run(arguments, cwd=self.folder, env=self._environ, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments)


def sync(clone: Clone, content: bytes, scratch: Path) -> None:
    """Do what a cycle does with one version."""
    clone.refresh()
    md5 = hashlib.md5(content).hexdigest()
    (scratch / "fresh").write_bytes(content)
    previous = clone.read(POINTER)
    remote = Remote.of(
        open_remote(clone.folder, read_pointer(previous, OUT).remote if previous else None, RemoteSettings())
    )
    remote.prepare()
    remote.push(md5, scratch / "fresh")
    remote.verify(md5, len(content))
    files = {POINTER: write_pointer(previous, OUT, md5, len(content))}
    ignored = with_ignored(clone.read(IGNORE), OUT)
    clone.push(clone.commit(files if ignored is None else files | {IGNORE: ignored}, "annotations: 1 added\n"))


def test_pull_status_and_add_are_clean_after_our_commits(tmp_path: Path) -> None:
    team = tmp_path / "team.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(team)], check=True)
    subprocess.run(["git", "clone", "--quiet", str(team), str(tmp_path / "ann")], check=True, capture_output=True)
    ann = Member(tmp_path / "ann", tmp_path / "site")
    ann.dvc("init", "--quiet")
    ann.dvc("remote", "add", "--quiet", "-d", "team", str(tmp_path / "remote"))
    ann.run("git", "add", ".")
    ann.run("git", "commit", "--quiet", "-m", "dvc init")
    ann.run("git", "push", "--quiet", "origin", "HEAD:main")

    repository = Repository(team.as_uri(), "main", Author("DVC Sync", "sync@example.com"))
    clone = Clone(tmp_path / "clone", repository, (".dvc/config", POINTER, IGNORE))
    sync(clone, b'[\n{"id": 1}\n]\n', tmp_path)
    newest = b'[\n{"id": 1},\n{"id": 2}\n]\n'
    sync(clone, newest, tmp_path)

    ann.run("git", "pull", "--quiet", "--rebase", "origin", "main")
    ann.dvc("pull", "--quiet")
    assert (ann.folder / OUT).read_bytes() == newest
    assert ann.dvc("status", "--json") == "{}"
    assert ann.dvc("status", "--cloud", "--json") == "{}"
    ann.dvc("add", "--quiet", OUT)
    assert ann.run("git", "status", "--porcelain") == ""

    theirs = newest.replace(b'"id": 2', b'"id": 3')
    (ann.folder / OUT).unlink()
    (ann.folder / OUT).write_bytes(theirs)
    ann.dvc("add", "--quiet", OUT)
    ann.dvc("push", "--quiet")
    ann.run("git", "commit", "--quiet", "-am", "a correction")
    ann.run("git", "push", "--quiet", "origin", "HEAD:main")
    clone.refresh()
    pointer = read_pointer(clone.read(POINTER) or b"", OUT)
    Remote.of(open_remote(clone.folder, pointer.remote, RemoteSettings())).fetch(pointer.md5, tmp_path / "theirs")
    assert (tmp_path / "theirs").read_bytes() == theirs
