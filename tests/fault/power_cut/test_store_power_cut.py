"""Promise 1: what was acknowledged survives a power cut at any moment, on the worst disk that POSIX allows."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.model import ListRequest
from dvc_sync_s3.store.store import Store
from tests.fault.power_cut import store_program
from tests.fault.power_cut.disk import Call, Kind, Survivors
from tests.fault.power_cut.recording import Cut, Recording, record, sample
from tests.fault.power_cut.store_program import BUCKET, FOLDER
from tests.fault.power_cut.uploader import body_of

pytestmark = pytest.mark.anyio

POINTS = 60
"""How many points to try where there are too many to try all."""
OLD = {f"old/{number}": body_of(number) for number in range(7)} | {"old/bell\x07": b"no path of ours can hold the key"}
_ABSENT = "-"


@dataclass(slots=True)
class Expected:
    """What a client knows: what each key may hold, the last position it was told, the store's name."""

    possible: dict[str, list[str]] = field(default_factory=dict)
    seq: int = 0
    instance: str | None = None

    @classmethod
    def after(cls, marks: Iterable[tuple[str, ...]]) -> Expected:
        """Read what the program said: one write of a key is under way at a time."""
        expected = cls()
        for word, *rest in marks:
            if word == "try":
                expected.possible.setdefault(rest[0], [_ABSENT]).append(rest[1])
            elif word == "done":
                expected.possible[rest[0]] = expected.possible[rest[0]][-1:]
                expected.seq = max(expected.seq, int(rest[1]))
            elif word == "started":
                expected.instance = rest[0]
        return expected

    def bodies(self, key: str) -> list[bytes | None]:
        """Return what `key` may hold; None is no object."""
        return [None if what == _ABSENT else body_of(int(what)) for what in self.possible[key]]


def body(store: Store, key: str) -> bytes | None:
    opened = store.open(BUCKET, key)
    if opened is None:
        return None
    stored, file = opened
    with file:
        data = file.read()
    assert stored.size == len(data)
    return data


def lost(store: Store, expected: Expected, old: Mapping[str, bytes]) -> list[str]:
    """Return what the store doesn't keep of what it promised."""
    possible = {key: expected.bodies(key) for key in expected.possible} | {key: [data] for key, data in old.items()}
    found = {key: body(store, key) for key in possible}
    wrong = [f"{key!r} is wrong" for key, data in found.items() if data not in possible[key]]
    listed = {stored.key for stored in store.list(ListRequest(BUCKET)).objects}
    if listed != {key for key, data in found.items() if data is not None}:
        wrong.append(f"LIST differs: {sorted(listed)}")
    if store.last_seq() < expected.seq:
        wrong.append(f"the seq went back from {expected.seq} to {store.last_seq()}")
    if expected.instance not in {None, store.instance_id()}:
        wrong.append("the store has another name")
    if len({change.seq for change in store.changes(0, 1000)}) < len(listed):
        wrong.append("an object has no change")
    return wrong


async def after(cut: Cut, old: Mapping[str, bytes] = {}) -> list[str]:
    """Start a store on what the cut left, and return what is wrong, before and after it has written plain files."""
    store = Store(cut.folder / FOLDER, SystemClock())
    await store.start()
    try:
        await store.create_bucket(BUCKET)
        expected = Expected.after(cut.marks)
        wrong = lost(store, expected, old)
        store.publish()
        wrong += lost(store, expected, old)
        plain = {path.relative_to(cut.folder / FOLDER / BUCKET).as_posix(): path for path in files(cut)}
        wrong += [
            f"plain file {key!r} is wrong" for key, path in plain.items() if path.read_bytes() != body(store, key)
        ]
    finally:
        await store.close()
        shutil.rmtree(cut.folder)
    return wrong


def files(cut: Cut) -> list[Path]:
    return [path for path in (cut.folder / FOLDER / BUCKET).rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def no_complaints(caplog: pytest.LogCaptureFixture) -> Iterable[None]:
    """A store that was cut off starts without a warning."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


async def all_wrong(cuts: Iterable[Cut], old: Mapping[str, bytes] = {}) -> dict[str, list[str]]:
    found = {}
    for cut in cuts:
        try:
            found[cut.name] = await after(cut, old)
        except (Blocked, BodyLost, sqlite3.Error, OSError) as error:
            found[cut.name] = [repr(error)]
    assert found
    return {name: wrong for name, wrong in found.items() if wrong}


def is_delete(recording: Recording, point: int) -> bool:
    """Return whether the write acknowledged at `point` was a delete."""
    key = recording.calls[point - 1].data.decode().split()[1]
    tries = [call.data.decode().split() for call in recording.calls[:point] if call.data.startswith(b"try ")]
    return [what for _, tried, what in tries if tried == key][-1] == _ABSENT


def test_the_recording_is_worth_cutting(recording: Recording) -> None:
    kinds = {call.kind for call in recording.calls}
    assert kinds == set(Kind)
    staged = [call for call in recording.calls if call.kind is Kind.CREATE and call.path[-1].startswith("body-")]
    assert len(staged) >= store_program.TASKS
    deletes = [point for point in recording.marks("done") if is_delete(recording, point)]
    assert len(deletes) == store_program.TASKS * 3
    assert any(call.kind is Kind.WRITE and is_checkpoint(recording, call) for call in recording.calls)


def is_checkpoint(recording: Recording, call: Call) -> bool:
    index = next(made.inode for made in recording.calls if made.kind is Kind.CREATE and made.path[-1] == "index.db")
    return call.inode == index and call.offset > 0


async def test_a_put_survives_a_power_cut(recording: Recording, workshop: Path) -> None:
    points = [point for point in recording.marks("done") if not is_delete(recording, point)]
    assert await all_wrong(recording.cut(points, [Survivors.NOTHING, Survivors.SOME], workshop)) == {}


async def test_a_delete_survives_a_power_cut(recording: Recording, workshop: Path) -> None:
    points = [point for point in recording.marks("done") if is_delete(recording, point)]
    assert await all_wrong(recording.cut(points, Survivors, workshop)) == {}


async def test_a_power_cut_in_the_middle_of_anything_loses_nothing(recording: Recording, workshop: Path) -> None:
    points = sample(recording.points(lambda _: True), POINTS)
    assert await all_wrong(recording.cut(points, Survivors, workshop)) == {}


async def test_a_power_cut_while_bodies_become_plain_files_loses_nothing(recording: Recording, workshop: Path) -> None:
    points = sample(recording.points(is_publishing), POINTS)
    assert await all_wrong(recording.cut(points, Survivors, workshop)) == {}


def is_publishing(call: Call) -> bool:
    paths = (call.path, call.to)
    return any(path[1:2] == (BUCKET,) or (path and path[-1].startswith("publish-")) for path in paths)


async def test_a_power_cut_during_a_checkpoint_loses_nothing(recording: Recording, workshop: Path) -> None:
    points = sample(recording.points(lambda call: is_checkpoint(recording, call)), POINTS)
    assert await all_wrong(recording.cut(points, Survivors, workshop)) == {}


async def test_a_power_cut_at_the_first_start_leaves_a_folder_to_start_in(recording: Recording, workshop: Path) -> None:
    started = recording.marks("started")[0]
    assert await all_wrong(recording.cut(range(1, started + 1), Survivors, workshop)) == {}


async def test_a_power_cut_after_the_end_loses_nothing(recording: Recording, workshop: Path) -> None:
    published = recording.marks("published")[0]
    points = range(published, len(recording.calls) + 1)
    assert await all_wrong(recording.cut(points, Survivors, workshop)) == {}


async def test_a_power_cut_while_an_older_folder_is_adopted_loses_nothing(
    library: Path, tmp_path: Path, workshop: Path
) -> None:
    for key, data in OLD.items():
        path = tmp_path / "disk" / FOLDER / BUCKET / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    recording = record(library, tmp_path, store_program.__name__)
    started = recording.marks("started")[0]
    assert recording.calls[started - 1].data.split()[2] == str(len(OLD)).encode()
    points = [*range(1, started + 1), *sample(list(range(started + 1, len(recording.calls) + 1)), POINTS // 2)]
    assert await all_wrong(recording.cut(points, Survivors, workshop), OLD) == {}


async def test_a_power_cut_soon_after_a_kill_takes_no_folder_away(
    library: Path, tmp_path: Path, workshop: Path
) -> None:
    recording = record(library, tmp_path, store_program.__name__, store_program.KILLED)
    points = sample(recording.marks("done"), POINTS // 2) + recording.marks("published")
    assert await all_wrong(recording.cut(points, [Survivors.NOTHING], workshop)) == {}


async def test_the_rig_finds_what_a_store_loses_that_does_not_wait_for_the_disk(
    library: Path, tmp_path: Path, workshop: Path
) -> None:
    recording = record(library, tmp_path, store_program.__name__, is_deaf="yes")
    points = sample(recording.marks("done"), 5)
    found = await all_wrong(recording.cut(points, [Survivors.NOTHING], workshop))
    assert len(found) == len(points)


@pytest.mark.parametrize("wait", store_program.WAITS)
async def test_the_rig_finds_a_single_wait_left_out(library: Path, tmp_path: Path, workshop: Path, wait: str) -> None:
    recording = record(library, tmp_path, store_program.__name__, wait)
    points = sample(recording.marks("done"), POINTS // 2) + recording.marks("published")
    assert await all_wrong(recording.cut(points, [Survivors.NOTHING, Survivors.NAMES], workshop)) != {}
