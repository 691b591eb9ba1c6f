"""Each line of the page on reading the dataset, run on a dataset in that layout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import CHECKOUT, read

PAGE = "docs/how-to/read-the-dataset.md"
LINES = re.findall(r"^```python\n(.*?)\n```$", read(PAGE), re.DOTALL | re.MULTILINE)
IMPORTS = "from pathlib import Path; import {}"
COUNT = 600


def tasks() -> list[dict[str, object]]:
    """Tasks with annotations as Label Studio saves them, over three shards; some have none."""
    samples = [json.loads((CHECKOUT / "tests/samples" / name).read_text()) for name in ("image_bbox.json",)]
    made = []
    for number in range(COUNT):
        annotation = {**samples[number % len(samples)], "id": number}
        task = annotation.pop("task")
        made.append(
            {"id": number, "project": 1, "data": task["data"], "annotations": [annotation] if number % 3 else []}
        )
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data scientist's folder after `dvc pull`, with the same tasks in every layout."""
    folder = tmp_path_factory.mktemp("pulled")
    (folder / "data/annotations").mkdir(parents=True)
    lines = [json.dumps(task, separators=(",", ":")) for task in tasks()]
    (folder / "data/data.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    (folder / "data/data.jsonl").write_text("\n".join(lines) + "\n")
    for first in range(0, COUNT, 512):
        shard = folder / f"data/annotations/tasks-{first:010}.jsonl"
        shard.write_text("\n".join(lines[first : first + 512]) + "\n")
    (folder / "data/annotations/README.md").write_text("ours")
    return folder


@pytest.mark.parametrize("line", LINES)
def test_the_line_reads_all_tasks(line: str, folder: Path) -> None:
    tool = next(tool for tool in ("duckdb", "pandas", "datasets") if tool in line)
    environ = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    program = f"{IMPORTS.format(tool)}\n{line}\nprint(len(tasks))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == [str(COUNT)], done.stderr


def test_each_layout_is_read_with_each_tool() -> None:
    assert len(LINES) == 9
