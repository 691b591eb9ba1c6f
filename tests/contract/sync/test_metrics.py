"""The dataset's numbers, told by DVC itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dvc_sync_s3.sync.annotations import Annotations
from dvc_sync_s3.sync.cycle import Cycle
from dvc_sync_s3.sync.metrics import MetricsFile
from dvc_sync_s3.sync.people import CoAuthors
from tests.contract.sync.conftest import DATASET, Bridge, Json, Team, annotation

FILE = "data/data.metrics.json"


def measuring(bridge: Bridge, co_authors: CoAuthors = CoAuthors.ON, path: str = DATASET) -> list[int]:
    """Let the bridge keep metrics; returns a list that grows with each element of the dataset that is counted anew."""
    kind = bridge.cycle._kind
    assert isinstance(kind, Annotations)
    dataset, clone = kind.dataset, kind.clone
    counted: list[int] = []
    lines = dataset.lines

    def watched() -> Iterator[tuple[object, bytes]]:
        for number, line in enumerate(lines()):
            counted.append(number)
            yield line

    dataset.lines = watched  # type: ignore[assignment,method-assign]
    metrics = MetricsFile(path, clone, dataset, co_authors)
    measured = replace(kind, co_authors=co_authors, metrics=metrics)
    bridge.cycle = Cycle(measured, clone, dataset, bridge.ledger, bridge.steps.append)
    return counted


def numbers(team: Team) -> Json:
    team.run("git", "pull", "--quiet", "--rebase")
    content: Json = json.loads((team.folder / FILE).read_text("utf-8"))
    del content["of"]
    return content


def test_dvc_metrics_diff_tells_what_a_commit_did(bridge: Bridge, team: Team) -> None:
    measuring(bridge)
    bridge.put("86", annotation(86))
    bridge.put("87", annotation(87, "neg", task=85))
    bridge.sync()
    bridge.put("88", annotation(88, "neg", task=86))
    bridge.delete("86")
    bridge.sync()
    assert numbers(team) == {"tasks": 2, "annotations": 2, "labels": {"neg": 2}, "annotators": {"Ann": 2}}
    diff = json.loads(team.dvc("metrics", "diff", "HEAD~1", "--json"))[FILE]
    assert diff["labels.neg"] == {"old": 1, "new": 2, "diff": 1}
    assert diff["labels.pos"]["old"] == 1
    assert set(diff) == {"labels.neg", "labels.pos"}
    shown = json.loads(team.dvc("metrics", "show", "--json"))
    assert shown[""]["data"][FILE]["data"]["annotations"] == 2


def test_a_change_costs_only_itself(bridge: Bridge, team: Team) -> None:
    counted = measuring(bridge)
    for number in range(5):
        bridge.put(str(number), annotation(number, task=number))
    bridge.sync()
    bridge.put("3", annotation(3, "neg", task=3))
    bridge.sync()
    assert counted == []
    assert numbers(team)["labels"] == {"neg": 1, "pos": 4}


def test_a_version_that_others_made_is_counted_anew(bridge: Bridge, team: Team) -> None:
    counted = measuring(bridge)
    bridge.put("86", annotation(86))
    bridge.sync()
    records = team.dataset()
    team.share(json.dumps([*records, {"id": 1000, "data": {}}, {"data": {"text": "no id"}}]).encode())
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert counted
    assert numbers(team) == {"tasks": 4, "annotations": 2, "labels": {"pos": 2}, "annotators": {"Ann": 2}}


@pytest.mark.parametrize(
    "broken", ["", "[]", '{"tasks": 0, "annotations": 0, "labels": {}, "annotators": {}, "of": 1}']
)
def test_a_metrics_file_that_someone_broke_is_made_again(bridge: Bridge, team: Team, broken: str) -> None:
    measuring(bridge)
    bridge.put("86", annotation(86))
    bridge.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    (team.folder / FILE).write_text(broken)
    team.push_files("metrics: by hand")
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert numbers(team)["annotations"] == 2


def test_the_teams_own_dvc_yaml_keeps_its_words(bridge: Bridge, team: Team) -> None:
    measuring(bridge)
    (team.folder / "data").mkdir()
    theirs = "# ours, please keep\nmetrics:   # of the model\n  - model.json\nplots: []\n"
    (team.folder / "data/dvc.yaml").write_text(theirs)
    (team.folder / "data/model.json").write_text('{"accuracy": 0.9}')
    team.push_files("dvc.yaml: ours")
    bridge.put("86", annotation(86))
    bridge.sync()
    found = numbers(team)
    text = (team.folder / "data/dvc.yaml").read_text()
    assert "# ours, please keep" in text
    assert "# of the model" in text
    shown = json.loads(team.dvc("metrics", "show", "--json"))[""]["data"]
    assert set(shown) == {FILE, "data/model.json"}
    assert found["tasks"] == 1


def test_without_co_authors_no_address_gets_into_the_metrics(bridge: Bridge, team: Team) -> None:
    measuring(bridge, CoAuthors.OFF)
    nameless = annotation(87, task=85)
    nameless["completed_by"] = {"id": 2, "email": "bo@example.com", "first_name": "", "last_name": ""}
    bridge.put("86", annotation(86))
    bridge.put("87", nameless)
    bridge.sync()
    assert numbers(team)["annotators"] == {"Ann": 1, "someone": 1}
    assert "@" not in (team.folder / FILE).read_text()


def test_text_of_tasks_that_was_chosen_as_a_label_does_not_get_into_git(bridge: Bridge, team: Team) -> None:
    counted = measuring(bridge)
    text = "the invoice of the third of May says that nothing was delivered, "
    for number in range(3):
        bridge.put(str(number), annotation(number, f"{text} {number}", task=number))
    bridge.put("86", annotation(86))
    bridge.sync()
    assert (numbers(team)["labels"], numbers(team)["other_labels"]) == ({"pos": 1}, 3)
    bridge.delete("1")
    bridge.sync()
    assert numbers(team)["other_labels"] == 2
    assert "invoice" not in team.run("git", "log", "--patch")
    assert counted == []


def test_a_hundred_labels_are_listed_and_the_sum_of_all_stays_right(bridge: Bridge, team: Team) -> None:
    counted = measuring(bridge)
    for number in range(98):
        bridge.put(str(number), annotation(number, f"label {number}", task=number))
    bridge.sync()
    for number in range(100, 106):
        bridge.put(str(number), annotation(number, f"label {number}", task=number))
    bridge.sync()
    assert numbers(team)["other_labels"] == 4
    for number in range(6):
        bridge.delete(str(number))
    bridge.sync()
    found = numbers(team)
    labels = found["labels"]
    assert isinstance(labels, dict)
    assert (len(labels), found["other_labels"], found["annotations"]) == (94, 4, 98)
    assert counted == []

    records = team.dataset()
    team.share(json.dumps([*records, {"id": 1000, "data": {}}]).encode())
    bridge.put("200", annotation(200, "label 0", task=200))
    bridge.sync()
    again = numbers(team)["labels"]
    assert isinstance(again, dict)
    assert counted
    assert set(labels) < set(again)
    assert len(again) == 99


def test_a_list_of_labels_from_before_there_was_a_limit_is_counted_anew(bridge: Bridge, team: Team) -> None:
    counted = measuring(bridge)
    bridge.put("86", annotation(86))
    bridge.sync()
    team.run("git", "pull", "--quiet", "--rebase")
    path = team.folder / FILE
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "labels": {"pos": 1, "x" * 61: 2}}))
    team.push_files("metrics: of an older version")
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert counted
    assert numbers(team)["labels"] == {"pos": 2}
