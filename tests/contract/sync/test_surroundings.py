"""Nothing that others put on the branch is replaced: what is in the way of the dataset waits for a person."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from tests.contract.sync.conftest import DATASET, Bridge, OpenBridge, Team, annotation
from tests.contract.sync.test_metrics import measuring

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
METRICS = "data/data.metrics.json"


def _dvc_file(path: str, *, is_folder: bool = False, more: str = "") -> str:
    return f"{more}outs:\n- md5: {MD5}{'.dir' if is_folder else ''}\n  size: 0\n  hash: md5\n  path: {path}\n"


def _push(team: Team, files: dict[str, str]) -> str:
    """Commit files as a teammate does; return the branch's tree."""
    for path, text in files.items():
        file = team.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        team.run("git", "add", "--force", path)
    team.push_files("theirs")
    return _tree(team)


def _tree(team: Team) -> str:
    return team.run("git", "-C", str(team.playground.repository), "ls-tree", "-r", "main")


def _blocked(bridge: Bridge, team: Team, match: str) -> Blocked:
    """Save an annotation; it must be blocked with a hint, and the branch stay as it is."""
    before = team.head()
    bridge.put("86", annotation(86))
    with pytest.raises(Blocked, match=match) as caught:
        bridge.sync()
    assert caught.value.hint
    assert team.head() == before
    return caught.value


STAGE = "stages:\n  tidy:\n    cmd: python tidy.py\n    outs:\n    - {out}\n"
TEMPLATED = (
    "vars:\n- names.json\nstages:\n  tidy:\n    foreach: ${names}\n    do:\n      cmd: a\n      outs: ['${item}']\n"
)


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ({"dvc.yaml": STAGE.format(out=DATASET)}, r"data/data\.json is an output of the stage tidy in dvc\.yaml"),
        ({"data/dvc.yaml": STAGE.format(out="data.json")}, "output of the stage tidy in data/dvc"),
        ({"dvc.yaml": STAGE.format(out="data")}, r"data is an output of the stage tidy in dvc\.yaml"),
        ({"dvc.yaml": TEMPLATED, "names.json": '{"names": ["data"]}'}, r"data is an output of the stage tidy@data"),
        ({"x.dvc": _dvc_file("data/data.json"), "y.dvc": _dvc_file(DATASET)}, r"x\.dvc and y\.dvc both track"),
        ({"below.dvc": _dvc_file("data/data.json/old")}, r"below\.dvc tracks data/data\.json/old, which is in"),
        ({"data.dvc": _dvc_file("data", more="deps:\n- path: x\n")}, r"data\.dvc is an import"),
        ({"data.dvc": _dvc_file("data", more="frozen: true\n")}, r"data\.dvc is frozen"),
        ({"data.dvc": "<<<<<<< HEAD\n", ".gitignore": "/data\n"}, r"DVC can't read data\.dvc"),
        ({"data.dvc": _dvc_file("data")}, "one file on the branch, not a folder"),
        ({"other/dvc.yaml": "stages: ["}, r"DVC can't read other/dvc\.yaml"),
        ({".dvcignore": "[z-a]\n"}, r"DVC can't read the repository's files: bad character range"),
        ({DATASET: "[]"}, "Git itself tracks"),
        ({"data": "where the data is"}, "data is a file in Git"),
        ({"data/data.json.dvc/x": "a folder"}, r"data/data\.json\.dvc is a folder in Git"),
        ({"data/.gitignore/x": "a folder"}, r"data/\.gitignore is a folder in Git"),
    ],
)
def test_what_dvc_or_git_has_in_the_way_is_named(bridge: Bridge, team: Team, files: dict[str, str], match: str) -> None:
    _push(team, files)
    _blocked(bridge, team, match)


@pytest.mark.parametrize("path", ["data", "data/data.json.dvc", "data/.gitignore"])
def test_a_symbolic_link_is_not_replaced(bridge: Bridge, team: Team, path: str) -> None:
    (team.folder / path).parent.mkdir(exist_ok=True)
    os.symlink("/srv/elsewhere", team.folder / path)
    team.push_files("a link")
    _blocked(bridge, team, f"{path} is a symbolic link in Git")


def test_a_submodule_is_not_replaced(bridge: Bridge, team: Team) -> None:
    team.run("git", "update-index", "--add", "--cacheinfo", f"160000,{team.head()},data")
    team.run("git", "commit", "--quiet", "-m", "a submodule")
    team.run("git", "push", "--quiet")
    _blocked(bridge, team, "data is a submodule in Git")


@pytest.mark.parametrize(
    ("name", "more"), [("data/labels.dvc", ""), ("tracked/labels.dvc", "wdir: ../data\n")], ids=["beside", "elsewhere"]
)
def test_a_dvc_file_of_another_name_is_the_datasets(bridge: Bridge, team: Team, name: str, more: str) -> None:
    content = json.dumps([{"id": 50, "project": 4, "data": {"text": "old"}, "annotations": []}]).encode()
    team.share(content)
    theirs = (team.folder / f"{DATASET}.dvc").read_text("utf-8")
    (team.folder / f"{DATASET}.dvc").unlink()
    _push(team, {name: more + theirs})
    bridge.put("86", annotation(86))
    bridge.sync()
    bridge.put("87", annotation(87))
    bridge.sync()
    assert [record["id"] for record in team.pull()] == [50, 84]
    assert f"{DATASET}.dvc" not in _tree(team)
    assert "up to date" in team.dvc("status")


def test_an_out_that_comes_later_is_noticed(bridge: Bridge, team: Team) -> None:
    bridge.put("86", annotation(86))
    bridge.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    _push(team, {"data/again.dvc": _dvc_file("data.json")})
    bridge.put("87", annotation(87))
    with pytest.raises(Blocked, match=r"data/again\.dvc and data/data\.json\.dvc both track"):
        bridge.sync()


@pytest.mark.parametrize(
    ("file", "text", "rule"),
    [
        (".gitignore", "# data\n/data/\n", r"\.gitignore:2: /data/"),
        (".gitignore", "*.dvc\n", r"\.gitignore:1: \*\.dvc"),
        ("data/.gitignore", "\n*.json.*\n", r"data/\.gitignore:2: \*\.json\.\*"),
        (".gitignore", "/data/*\n!/data/*.dvc\n", r"\.gitignore:1: /data/\*"),
        (".dvcignore", "x\ndata/\n", r"\.dvcignore:2: data/"),
        (".dvcignore", "*.json\n", r"\.dvcignore:1: \*\.json"),
        ("data/.dvcignore", "data.json.dvc\n", r"data/\.dvcignore:1: data\.json\.dvc"),
    ],
)
def test_where_dvc_does_not_look_nothing_is_committed(
    bridge: Bridge, team: Team, file: str, text: str, rule: str
) -> None:
    _push(team, {file: text})
    _blocked(bridge, team, rule)


def test_a_shard_that_dvc_ignores_is_told(open_bridge: OpenBridge, team: Team) -> None:
    _push(team, {".dvcignore": "tasks-*\n"})
    _blocked(open_bridge("bridge", "data/annotations"), team, r"DVC ignores data/annotations/tasks-\d+\.jsonl: \.dvc")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".gitignore", "*.dvc\n!data.json.dvc\n"),
        (".gitignore", "*.json\n"),
        (".dvcignore", "*.json\n!data.json\n"),
        (".dvcignore", "other/\n"),
        (".gitattributes", "* text=auto\n*.dvc text eol=crlf\n*.json ident\n*.png filter=lfs -text\n"),
        (".gitattributes", "* filter=lfs\n*.dvc !filter\n.gitignore !filter\n"),
    ],
)
def test_what_leaves_the_dataset_alone_blocks_nothing(bridge: Bridge, team: Team, file: str, text: str) -> None:
    (team.folder / ".dvcignore").write_text("")
    _push(team, {file: text})
    bridge.put("86", annotation(86))
    assert bridge.sync().commit


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("# large\n*.json filter=lfs diff=lfs merge=lfs -text\n", r"data\.metrics\.json.*\.gitattributes:2: \*\.json"),
        ("[attr]big filter=lfs\n*.json big\n", r"data\.metrics\.json.*\.gitattributes:2: \*\.json big"),
        ("*.dvc working-tree-encoding=UTF-16\n", r"data\.json\.dvc.*\.gitattributes:1: \*\.dvc"),
    ],
)
def test_a_path_that_git_keeps_in_another_form_is_not_written(
    bridge: Bridge, team: Team, text: str, match: str
) -> None:
    measuring(bridge)
    _push(team, {".gitattributes": text})
    _blocked(bridge, team, match)


def test_the_remedy_for_an_attribute_of_a_lower_folder_helps(bridge: Bridge, team: Team) -> None:
    measuring(bridge)
    _push(team, {"data/.gitattributes": "*.json filter=lfs\n"})
    hint = _blocked(bridge, team, r"data/\.gitattributes:1").hint
    assert "to the end of data/.gitattributes" in hint
    _push(team, {"data/.gitattributes": "*.json filter=lfs\n" + hint.split("`")[1] + "\n"})
    assert bridge.sync().commit


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ({METRICS: '{"accuracy": 0.9}'}, "a file of its own at data/data"),
        ({METRICS: "accuracy: 0.9\n"}, "a file of its own at data/data"),
        ({f"{METRICS}/x": "a folder"}, "is a folder in Git"),
        ({"data/dvc.yaml": STAGE.format(out=Path(METRICS).name)}, "is an output of the stage tidy"),
    ],
)
def test_metrics_of_the_teams_stay(bridge: Bridge, team: Team, files: dict[str, str], match: str) -> None:
    measuring(bridge)
    _push(team, files)
    assert "DVC_METRICS=false" in _blocked(bridge, team, match).hint


@pytest.mark.parametrize("kind", ["link", "folder", "ignored"])
def test_a_dvc_yaml_that_can_not_be_written_is_left_alone(bridge: Bridge, team: Team, kind: str) -> None:
    measuring(bridge)
    (team.folder / "data").mkdir()
    if kind == "link":
        os.symlink("../pipelines.yaml", team.folder / "data/dvc.yaml")
    elif kind == "folder":
        (team.folder / "data/dvc.yaml").mkdir()
        (team.folder / "data/dvc.yaml/x").write_text("theirs")
    else:
        (team.folder / ".gitignore").write_text("dvc.yaml\n")
    team.push_files("theirs")
    before = _tree(team)
    bridge.put("86", annotation(86))
    bridge.sync()
    after = _tree(team)
    assert set(before.splitlines()) <= set(after.splitlines())
    assert METRICS in after
    assert [line for line in after.splitlines() if "dvc.yaml" in line] == [
        line for line in before.splitlines() if "dvc.yaml" in line
    ]
