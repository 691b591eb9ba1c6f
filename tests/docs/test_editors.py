"""What editors, pre-commit, forges and dev containers read of the project is true of it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import cast

import editorconfig
import pytest
import yaml

from tests.docs.conftest import CHECKOUT, read

FOLDERS = (".ci", ".devcontainer", ".github", ".gitlab", "bench", "docs", "scripts", "src", "tests")
NO_TEXT = {".pyc", ".png"}


def files() -> list[Path]:
    """Return the text files that people edit."""
    found = [*CHECKOUT.glob("*"), *(path for folder in FOLDERS for path in (CHECKOUT / folder).rglob("*"))]
    return [
        path
        for path in found
        if path.is_file() and path.suffix not in NO_TEXT and path.name != ".env" and ".egg-info" not in str(path)
    ]


def faults(path: Path) -> list[str]:
    """Return what an editor that follows `.editorconfig` would change in a file; ruff holds the length of lines."""
    rules = editorconfig.get_properties(str(path))
    text = path.read_bytes().decode(rules["charset"])
    lines = text.split("\n")
    indent = r" *\t" if rules["indent_style"] == "space" else r" {4}"
    wrong = {
        "end of line": "\r" in text,
        "no newline at the end": rules["insert_final_newline"] == "true" and bool(text) and not text.endswith("\n"),
        "white space at the end of a line": any(line != line.rstrip() for line in lines),
        "indent": any(re.match(indent, line) for line in lines),
    }
    return [f"{path.relative_to(CHECKOUT)}: {fault}" for fault, is_wrong in wrong.items() if is_wrong]


def test_every_file_is_as_editorconfig_says() -> None:
    assert len(files()) > 300
    assert [fault for path in files() for fault in faults(path)] == []


def test_a_file_that_is_not_as_editorconfig_says_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docs.test_editors.CHECKOUT", tmp_path)
    (tmp_path / ".editorconfig").write_text(read(".editorconfig"), encoding="utf-8")
    spoiled = tmp_path / "spoiled.py"
    spoiled.write_bytes(b"if True:\r\n\tpass \n#")
    assert len(faults(spoiled)) == 4


@pytest.mark.parametrize("name", [".pre-commit-config.yaml", ".devcontainer/devcontainer.json", ".ci/run"])
def test_a_make_target_that_a_tool_calls_is_there(name: str) -> None:
    commands = re.findall(r'^(?: *entry: |  "postCreateCommand": ")?(make [\w./ -]+)', read(name), re.MULTILINE)
    assert commands
    for command in commands:
        subprocess.run([*command.split(), "--dry-run"], cwd=CHECKOUT, check=True, capture_output=True)


def test_pre_commit_fetches_nothing() -> None:
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks["repos"][0]["hooks"]} == {"system"}


def test_both_forges_and_the_dev_container_run_the_same_script_on_the_same_python() -> None:
    github = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["run"]
    gitlab = yaml.safe_load(read(".gitlab-ci.yml"))["run"]
    container = cast("dict[str, object]", json.loads(read(".devcontainer/devcontainer.json")))
    assert github["steps"][-1]["run"] == gitlab["script"][-1] == ".ci/run"
    assert (CHECKOUT / ".ci/run").stat().st_mode & 0o111
    [lowest] = re.findall(r'requires-python = ">=(.+)"', read("pyproject.toml"))
    assert {github["container"], gitlab["image"], container["image"]} == {f"python:{lowest}"}


def test_both_forges_ask_for_the_same() -> None:
    assert read(".github/pull_request_template.md") == read(".gitlab/merge_request_templates/Default.md")
    for template in (".github/ISSUE_TEMPLATE/bug.yml", ".gitlab/issue_templates/Default.md"):
        named = re.findall(r"[\w/-]+\.md\b", read(template))
        assert named
        assert [name for name in named if not (CHECKOUT / name).is_file()] == []
