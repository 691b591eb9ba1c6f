"""What we believe of DVC's index of outs, its ignore files, and Git's attributes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.environment import quiet_environment
from dvc_sync_s3.dvc.project_view import Out, view

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def _dvc_file(path: str, md5: str = MD5) -> str:
    return f"outs:\n- md5: {md5}\n  size: 0\n  hash: md5\n  path: {path}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with DVC's configuration and nothing else; it needs no Git repository."""
    _write(tmp_path / "team", ".dvc/config", "[core]\n    remote = far\n['remote \"far\"']\n    url = s3://b/p\n")
    return tmp_path / "team"


def _write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, "utf-8")


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = quiet_environment(os.environ, folder.parent / "site") | {"GIT_CONFIG_GLOBAL": os.devnull}
    names = {f"GIT_{role}_{part}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    return subprocess.run(command, cwd=folder, env=environ | names, check=False, capture_output=True, text=True)


def _dvc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, sys.executable, "-m", "dvc", *arguments)


def test_the_index_knows_outs_whose_data_is_elsewhere(folder: Path) -> None:
    _write(folder, "a/x.dvc", "wdir: ../b\n" + _dvc_file("x.json"))
    _write(folder, "imported.dvc", "deps:\n- path: s3://other/far\n  etag: abc\n" + _dvc_file("far"))
    _write(folder, "dvc.yaml", "stages:\n  s:\n    foreach: ${names}\n    do:\n      cmd: c\n      outs: ['${item}']\n")
    _write(folder, "params.yaml", "names: [one]\n")
    assert set(view(folder, ".", ()).outs) == {
        Out("b/x.json", "a/x.dvc"),
        Out("far", "imported.dvc"),
        Out("one", "dvc.yaml", "s@one"),
    }


def test_a_file_that_can_not_be_read_is_told_and_hides_no_other(folder: Path) -> None:
    _write(folder, "bad/dvc.yaml", "stages: [\n")
    _write(folder, "good.dvc", _dvc_file("good"))
    found = view(folder, ".", ())
    assert (list(found.unreadable), found.outs) == (["bad/dvc.yaml"], (Out("good", "good.dvc"),))


def test_a_dvc_file_in_a_tracked_folder_is_not_looked_at(folder: Path) -> None:
    _write(folder, "data.dvc", _dvc_file("data", f"{MD5}.dir"))
    _write(folder, "data/inner.dvc", _dvc_file("inner"))
    assert view(folder, ".", ()).outs == (Out("data", "data.dvc"),)


@pytest.mark.parametrize(
    ("file", "text", "is_seen"),
    [
        (".gitignore", "data/\n", False),
        (".gitignore", "*.dvc\n!x.dvc\n", True),
        (".gitignore", "/data/*\n!/data/*.dvc\n", False),  # Git itself would see it
        (".dvcignore", "data\n", False),
        ("data/.dvcignore", "*.dvc\n", False),
    ],
)
def test_an_ignored_dvc_file_is_as_good_as_none(folder: Path, file: str, text: str, is_seen: bool) -> None:  # noqa: FBT001
    _write(folder, "data/x.dvc", _dvc_file("x"))
    _write(folder, file, text)
    assert bool(view(folder, ".", ()).outs) is is_seen


def test_the_rule_that_ignores_a_path_has_a_file_and_a_line(folder: Path) -> None:
    _write(folder, "sub/.dvcignore", "# ours\n*.jsonl\n")
    assert view(folder, ".", ("sub/a.jsonl", "sub/a.json")).ignored == {"sub/a.jsonl": "sub/.dvcignore:2: *.jsonl"}


def test_dvc_refuses_outs_that_overlap(tmp_path: Path) -> None:
    folder = tmp_path / "team"
    folder.mkdir()
    _run(folder, "git", "init", "--quiet")
    _dvc(folder, "init", "--quiet")
    _write(folder, "a.dvc", _dvc_file("data", f"{MD5}.dir"))
    _write(folder, "b.dvc", _dvc_file("data/x.json"))
    assert "overlap" in _dvc(folder, "dag").stderr


@pytest.mark.parametrize(
    ("attributes", "is_clean"),
    [("*.json text=auto", True), ("*.json eol=crlf", True), ("*.json ident", True), ("*.json filter=upper", False)],
)
def test_only_a_filter_makes_a_plain_blob_a_change(tmp_path: Path, attributes: str, is_clean: bool) -> None:  # noqa: FBT001
    folder = tmp_path / "team"
    folder.mkdir()
    _run(folder, "git", "init", "--quiet")
    _write(folder, "x.json", '{"a": 1}\n')
    _run(folder, "git", "add", "--all")
    _run(folder, "git", "commit", "--quiet", "-m", "plain")
    _write(folder, ".gitattributes", f"{attributes}\n")
    _run(folder, "git", "add", "--all", ".gitattributes")
    _run(folder, "git", "commit", "--quiet", "-m", "attributes")
    upper = ("-c", "filter.upper.clean=tr a-z A-Z", "-c", "filter.upper.smudge=tr A-Z a-z")
    checkout = tmp_path / "clone"
    _run(tmp_path, "git", *upper, "clone", "--quiet", str(folder), str(checkout))
    assert (not _run(checkout, "git", *upper, "status", "--porcelain").stdout) is is_clean
