"""Each command of the page for data scientists, run in a clone of a team's repository with a version before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.conftest import bash_blocks, fenced
from tests.e2e.conftest import StartService
from tests.e2e.servers.annotations import annotation_object
from tests.e2e.servers.process import surroundings
from tests.e2e.servers.team import Clone, TeamRepository

PAGE = "docs/how-to/for-data-scientists.md"


def python(clone: Clone, block: str, then: str) -> str:
    done = run_in(clone, [sys.executable, "-c", f"{block}\n{then}"])
    return done.stdout.splitlines()[-1]


def run_in(clone: Clone, command: list[str]) -> subprocess.CompletedProcess[str]:
    beside = str(Path(sys.executable).parent)
    environment = surroundings(clone.home)
    environment["PATH"] = os.pathsep.join([beside, environment["PATH"]])
    done = subprocess.run(command, cwd=clone.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_each_command_of_the_page_does_what_it_says(team: TeamRepository, start_service: StartService) -> None:
    service = start_service()
    service.put("reviews/1", annotation_object(1, "pos"))
    service.put("reviews/2", annotation_object(2, "neg"))
    service.wait_until_synced()
    service.put("reviews/1", annotation_object(1, "neg"))
    service.delete("reviews/2")
    service.put("reviews/3", annotation_object(3, "neg"))
    service.wait_until_synced()
    clone = team.clone("dana")
    clone.dvc_pull()

    said = [run_in(clone, ["bash", "-e", "-c", block.commands]).stdout for block in bash_blocks(PAGE)]
    pinned, by_annotation, table = fenced(PAGE, "python")

    assert clone.git("ls-remote", "--tags", "origin").endswith("refs/tags/labels-1")
    assert (clone.folder / "pinned.json").read_bytes() == (clone.folder / "data/data.json").read_bytes()
    assert "labels.neg" in said[2]
    assert sum(line.startswith(("<", ">")) for line in said[3].splitlines()) == 4  # 1 changed, 2 went, 3 came
    assert python(clone, pinned, "print(sorted(task['id'] for task in tasks))") == "[1, 3]"
    compared = python(clone, by_annotation, "print(added, removed, changed)")
    assert compared == "{(3, 3)} {(2, 2)} {(1, 1)}"
    assert python(clone, table, "print(table[['annotation', 'label']].values.tolist())") == "[[1, 'neg'], [3, 'neg']]"
