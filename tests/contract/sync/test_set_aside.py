"""An object that a cycle fails with, by a bug of ours: it is set aside and told, and the rest is synced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from dvc_sync_s3.dataset import annotation as objects
from dvc_sync_s3.dataset import counts, revision
from dvc_sync_s3.sync import annotations as kind
from dvc_sync_s3.sync import cycle, reading
from dvc_sync_s3.sync import mirror as mirrored
from dvc_sync_s3.sync.cycle import Cycle, Step
from dvc_sync_s3.sync.skipped import SkippedObject, newest_skipped
from tests.contract.sync.conftest import Bridge, OpenBridge, Team, annotation
from tests.contract.sync.test_cycle import labels
from tests.contract.sync.test_metrics import measuring
from tests.contract.sync.test_mirror import FOLDER, files, mirroring

BAD = "makes the sync fail"
Break = Callable[[Any, str], None]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    """Keep the log in memory."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Make a module's use of a function fail where it is given what holds the bad label."""

    def break_(module: Any, name: str) -> None:
        works = getattr(module, name)

        def fails(*given: Any) -> Any:
            if BAD in repr(given):
                raise ZeroDivisionError
            return works(*given)

        monkeypatch.setattr(module, name, fails)

    return break_


def told(bridge: Bridge, key: str) -> SkippedObject:
    (one,) = (each for each in newest_skipped(bridge.folder, 10) if each.key == key)
    return one


@pytest.mark.parametrize(
    ("module", "name"), [(kind, "plan"), (revision, "labels"), (counts, "labels"), (kind, "compose")]
)
def test_whatever_step_an_object_makes_fail_the_others_are_synced(
    bridge: Bridge, team: Team, breaking: Break, module: Any, name: str
) -> None:
    measuring(bridge)
    breaking(module, name)
    for number in range(1, 8):
        bridge.put(f"p/{number}", annotation(number, BAD if number == 5 else "pos", task=number))
    assert bridge.sync().seq == 7
    assert labels(team.dataset()).keys() == {1, 2, 3, 4, 6, 7}
    assert [each.key for each in newest_skipped(bridge.folder, 10)] == ["p/5"]
    assert told(bridge, "p/5").reason.startswith("the sync fails with it: unexpected ZeroDivisionError")


def test_what_was_synced_of_an_object_stays_while_it_is_set_aside(
    bridge: Bridge, team: Team, breaking: Break, logged: list[Any]
) -> None:
    breaking(revision, "labels")
    bridge.put("86", annotation(86))
    bridge.sync()
    bridge.put("86", annotation(86, BAD))
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert labels(team.dataset()) == {86: "pos", 87: "pos"}
    assert told(bridge, "86") == SkippedObject(
        "annotations",
        "86",
        "the sync fails with it: unexpected ZeroDivisionError (in the dataset: project 4, task 84)",
        kept=1,
    )
    assert [line["key"] for line in logged] == ["86"]
    bridge.put("86", annotation(86, "neg"))
    bridge.sync()
    assert (labels(team.dataset()), newest_skipped(bridge.folder, 10)) == ({86: "neg", 87: "pos"}, ())


def test_after_a_restart_nothing_is_searched_again(bridge: Bridge, team: Team, breaking: Break) -> None:
    breaking(revision, "labels")
    bridge.put("86", annotation(86, BAD))
    bridge.sync()
    before = bridge.cycle
    bridge.cycle = Cycle(before._kind, before._clone, before._dataset, bridge.ledger, bridge.steps.append)
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    assert bridge.steps.count(Step.PLANNED) == 1
    assert labels(team.dataset()) == {87: "pos"}
    assert told(bridge, "86").kept == 0


def test_a_record_of_the_data_scientists_sets_aside_what_touches_it_and_is_named(
    bridge: Bridge, team: Team, breaking: Break
) -> None:
    for number in (86, 87):
        bridge.put(str(number), annotation(number))
    bridge.put("88", annotation(88, task=85))
    bridge.sync()

    records: Any = team.dataset()
    records[0]["annotations"] = [annotation(86, BAD)]
    team.share(json.dumps(records).encode())
    breaking(kind, "merge")
    bridge.put("86", annotation(86, "neg"))
    bridge.delete("87")
    bridge.put("88", annotation(88, "neg", task=85))
    bridge.sync()
    assert labels(team.dataset()) == {86: BAD, 88: "neg"}
    for key in ("86", "87"):
        assert told(bridge, key).reason.endswith("(in the dataset: project 4, task 84)")


def test_a_record_that_is_nested_too_deep_stops_only_what_touches_it(bridge: Bridge, team: Team) -> None:
    deep = json.loads("[" * 200 + "]" * 200)
    team.share(
        json.dumps([{"id": 84, "project": 4, "data": {"text": "hello"}, "split": deep, "annotations": []}]).encode()
    )
    measuring(bridge)
    bridge.put("86", annotation(86))
    bridge.put("88", annotation(88, task=85))
    bridge.sync()
    assert labels(team.dataset()) == {88: "pos"}
    reason = "the sync fails with it: it is nested too deep (in the dataset: project 4, task 84)"
    assert told(bridge, "86") == SkippedObject("annotations", "86", reason, kept=0)


def deep_records(*, depth: int) -> bytes:
    deep = json.loads("[" * depth + "]" * depth)
    records = [{"id": 84, "project": 4, "data": {"text": "hello"}, "split": deep, "annotations": []}]
    return json.dumps(records).encode()


def test_once_the_record_is_corrected_what_was_set_aside_is_synced_by_the_next_cycle(
    bridge: Bridge, team: Team
) -> None:
    team.share(deep_records(depth=200))
    for number in (86, 87):
        bridge.put(str(number), annotation(number))
    bridge.put("88", annotation(88, task=85))
    bridge.sync()
    assert labels(team.dataset()) == {88: "pos"}

    team.share(deep_records(depth=2))
    bridge.sync()
    assert labels(team.dataset()) == {86: "pos", 87: "pos"}
    assert newest_skipped(bridge.folder, 10) == ()
    assert bridge.sync().commit is None


def test_a_new_version_of_the_service_tries_what_was_set_aside_once(
    bridge: Bridge, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(revision, "labels", lambda *_: 1 // 0 if BAD in repr(_) else ())
        bridge.put("86", annotation(86, BAD))
        bridge.put("87", annotation(87, task=85))
        bridge.sync()
    bridge.sync()
    assert labels(team.dataset()) == {87: "pos"}
    monkeypatch.setattr(cycle, "__version__", "another")
    bridge.sync()
    assert labels(team.dataset()) == {86: BAD, 87: "pos"}


def test_what_still_fails_is_searched_once_for_each_version_that_others_make(
    bridge: Bridge, team: Team, breaking: Break
) -> None:
    breaking(kind, "plan")
    bridge.put("86", annotation(86, BAD))
    bridge.put("87", annotation(87, task=85))
    bridge.sync()
    for turn in range(2):
        records: Any = team.dataset()
        team.share(json.dumps([*records, {"id": 1000 + turn, "data": {}}]).encode())
        bridge.put("88", annotation(88, str(turn), task=86))
        bridge.sync()
        assert 1 < bridge.steps.count(Step.PLANNED) <= 8
        for label in (f"{turn}", f"{turn} again"):
            bridge.put("89", annotation(89, label, task=87))
            bridge.sync()
            assert bridge.steps.count(Step.PLANNED) == 1
    assert labels(team.dataset()) == {87: "pos", 88: "1", 89: "1 again"}
    assert told(bridge, "86").kept == 0


def test_in_a_mirror_a_file_is_set_aside_and_the_others_arrive_whole(
    bridge: Bridge, team: Team, open_bridge: OpenBridge, breaking: Break
) -> None:
    mirror = open_bridge("mirror", FOLDER)
    mirroring(mirror)
    breaking(mirrored, "merge_files")
    contents = {f"job/{number}.png": b"%d" % number for number in range(6)}
    for key, content in contents.items():
        mirror.put(key, content)
    mirror.put(f"job/{BAD}", b"bad")
    mirror.put("job/last.png", b"last")
    assert mirror.sync().seq == 8
    assert files(team) == {**contents, "job/last.png": b"last"}
    assert told(mirror, f"job/{BAD}").reason == (
        f"the sync fails with it: unexpected ZeroDivisionError (in the dataset: annotations/job/{BAD})"
    )


@pytest.mark.parametrize("before", [0, 2])
def test_an_object_that_cannot_even_be_read_into_memory_is_set_aside(
    bridge: Bridge, team: Team, monkeypatch: pytest.MonkeyPatch, logged: list[Any], before: int
) -> None:
    def read_object(key: str, body: bytes) -> Any:
        if key == "86":
            raise MemoryError
        return objects.read_object(key, body)

    monkeypatch.setattr(reading, "read_object", read_object)
    for number in [*range(before), 86, 87]:
        bridge.put(str(number), annotation(number))
    while bridge.store.waiting(bridge.ledger.synced_seq).count:
        bridge.sync()
    assert labels(team.dataset()).keys() == {*range(before), 87}
    assert told(bridge, "86").reason == "the sync fails with it: it takes more memory than there is"
    assert [line["key"] for line in logged] == ["86"]


def test_a_bundle_holds_no_more_bodies_than_memory_has_room_for(
    bridge: Bridge, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MOST_BYTES", 1)
    for number in (86, 87):
        bridge.put(str(number), annotation(number))
    assert bridge.sync().seq == 1
    assert bridge.sync().seq == 2
    assert labels(team.dataset()).keys() == {86, 87}


def test_a_failure_that_no_object_causes_stays_one_of_the_cycle(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(kind, "compose", fails)
    bridge.put("86", annotation(86))
    with pytest.raises(ZeroDivisionError):
        bridge.sync()
    assert newest_skipped(bridge.folder, 10) == ()
    assert bridge.ledger.synced_seq == 0
