"""A folder of shards: what is touched is written, what people did to it is read, or refused with a way out."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dvc_sync_s3.dataset.layouts.checked import Checked
from dvc_sync_s3.dataset.layouts.folder import Folder
from dvc_sync_s3.dataset.layouts.layout import Version
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dvc.listing import Entry, Listing
from dvc_sync_s3.errors import Blocked
from tests.unit.dataset.layouts.objects import FolderObjects


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    (tmp_path / "objects").mkdir()
    return FolderObjects(tmp_path / "objects")


@pytest.fixture
def folder() -> Folder:
    return Folder(Checked(None))


def record(task: int, project: int = 1, text: str = "hello") -> bytes:
    return b'{"id":%d,"project":%d,"data":{"text":"%s"},"annotations":[]}' % (task, project, text.encode())


def name(task: int, project: int = 1) -> RecordId:
    return RecordId(project, task)


def shared(files: Mapping[str, bytes], objects: FolderObjects) -> Version:
    """What a data scientist's `dvc add` of these files makes."""
    listing = Listing.of(Entry(relpath, objects.add(content).md5) for relpath, content in files.items())
    md5 = f"{listing.md5()}.dir"
    objects.path(md5).write_bytes(listing.content())
    return Version(md5, sum(map(len, files.values())), len(listing))


def files_of(version: Version, objects: FolderObjects) -> dict[str, bytes]:
    listing = Listing.parse(objects.path(version.md5).read_bytes())
    return {relpath: objects.path(md5).read_bytes() for relpath, md5 in listing}


def test_records_go_to_the_shard_of_their_task_id_in_order(folder: Folder, objects: FolderObjects) -> None:
    patch = {name(each, project): record(each, project) for each, project in [(600, 1), (7, 2), (255, 1), (8, 1)]}
    written = folder.write(None, patch, objects)
    assert files_of(written.version, objects) == {
        "tasks-0000000000.jsonl": b"\n".join([record(8), record(255), record(7, 2), b""]),
        "tasks-0000000512.jsonl": record(600) + b"\n",
    }
    assert written.version.size == sum(map(len, files_of(written.version, objects).values()))
    assert written.version.nfiles == 2


def test_only_touched_shards_are_read_and_written(folder: Folder, objects: FolderObjects) -> None:
    before = folder.write(None, {name(each): record(each) for each in range(0, 5120, 64)}, objects)
    objects.asked.clear()
    assert folder.read(before.version, [name(640), name(641)], objects) == {name(640): record(640)}
    after = folder.write(before.version, {name(640): record(640, text="new")}, objects)
    assert [content.md5[-4:] == ".dir" for content in after.fresh] == [False, True]
    assert len(set(objects.asked)) == 1
    old, new = files_of(before.version, objects), files_of(after.version, objects)
    assert [relpath for relpath in new if new[relpath] != old[relpath]] == ["tasks-0000000512.jsonl"]
    assert after.version.size == sum(map(len, new.values()))


@dataclass
class Watched(FolderObjects):
    """Notes how many drafts there are whenever one is taken over."""

    written: list[int] = field(default_factory=list)

    def adopt(self, draft: Path, md5: str) -> Path:
        self.written.append(len(list(self.folder.glob("draft-*"))))
        return super().adopt(draft, md5)


def test_a_shard_that_goes_is_not_pulled_from_under_one_that_comes(folder: Folder, objects: FolderObjects) -> None:
    before = folder.write(None, {name(1): record(1)}, objects).version
    watched = Watched(objects.folder, drafts=objects.drafts)
    new = range(600, 512 * 50, 512)
    after = folder.write(before, {name(1): None, **{name(each): record(each) for each in new}}, watched).version
    assert len(files_of(after, watched)) == len(new)
    # The empty file that each new shard begins with; all shards; the listing.
    assert watched.written == [*[1] * len(new), *range(len(new) + 1, 0, -1), 1]


@dataclass
class FullDisk(FolderObjects):
    """Takes over so many contents, then no more."""

    room: int = 0

    def adopt(self, draft: Path, md5: str) -> Path:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= 1
        return super().adopt(draft, md5)


def test_nothing_unfinished_is_left_of_shards_that_could_not_be_written(folder: Folder, objects: FolderObjects) -> None:
    tasks = (1, 600, 1200)
    before = folder.write(None, {name(each): record(each) for each in tasks}, objects).version
    full = FullDisk(objects.folder, drafts=objects.drafts, room=1)
    with pytest.raises(OSError, match="No space left"):
        folder.write(before, {name(each): record(each, text="new") for each in tasks}, full)
    assert full.drafts == objects.drafts + len(tasks)
    assert not list(full.folder.glob("draft-*"))


def test_the_last_record_takes_its_shard_with_it(folder: Folder, objects: FolderObjects) -> None:
    before = folder.write(None, {name(1): record(1), name(600): record(600)}, objects)
    after = folder.write(before.version, {name(600): None}, objects)
    assert list(files_of(after.version, objects)) == ["tasks-0000000000.jsonl"]
    empty = folder.write(after.version, {name(1): None}, objects)
    assert (files_of(empty.version, objects), empty.version.size, empty.version.nfiles) == ({}, 0, 0)
    assert dict(folder.lines(empty.version, objects)) == {}


def test_files_that_are_no_shards_are_carried_along(folder: Folder, objects: FolderObjects) -> None:
    foreign = {"README.md": b"hello\n", "images/1.png": b"\x89PNG", "labels.json": b'{"a": 1}', "notes.jsonl": b"{}\n"}
    version = shared({**foreign, "tasks-0000000000.jsonl": record(1) + b"\n"}, objects)
    after = folder.write(version, {name(2): record(2)}, objects).version
    assert files_of(after, objects) == {
        **foreign,
        "tasks-0000000000.jsonl": record(1) + b"\n" + record(2) + b"\n",
    }
    assert after.nfiles == 5
    assert (after.size or 0) - (version.size or 0) == len(record(2)) + 1


def test_a_reformatted_shard_is_read_and_written_in_our_form_once_touched(
    folder: Folder, objects: FolderObjects
) -> None:
    loose = b"\n".join(json.dumps(json.loads(record(task)), indent=None).encode() for task in (9, 3, 9))
    version = shared({"tasks-0000000000.jsonl": loose, "tasks-0000000512.jsonl": record(600) + b" \n"}, objects)
    assert folder.read(version, [name(3)], objects) == {name(3): record(3)}
    after = files_of(folder.write(version, {name(4): record(4)}, objects).version, objects)
    assert after["tasks-0000000000.jsonl"] == b"\n".join([record(3), record(4), record(9), b""])
    assert after["tasks-0000000512.jsonl"] == record(600) + b" \n"


def test_elements_without_an_id_stay_in_their_file(folder: Folder, objects: FolderObjects) -> None:
    version = shared({"tasks-0000000000.jsonl": b'{"note":1}\n' + record(1) + b"\n", "others.jsonl": b"1\n"}, objects)
    after = folder.write(version, {name(2): record(2)}, objects).version
    assert files_of(after, objects)["tasks-0000000000.jsonl"] == b"\n".join([record(1), record(2), b'{"note":1}', b""])
    assert list(folder.lines(after, objects)) == [
        (None, b"1"),
        (name(1), record(1)),
        (name(2), record(2)),
        (None, b'{"note":1}'),
    ]


GOOD = {"tasks-0000000000.jsonl": record(1) + b"\n"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (GOOD | {"tasks-0000000512.jsonl": record(1) + b"\n"}, r"0512.jsonl holds task 1, which belongs into tasks-0"),
        (GOOD | {"tasks-0000000512.jsonl": b"{broken\n"}, r"tasks-0000000512.jsonl: .* line 1"),
        (GOOD | {"tasks-0000000512.jsonl": record(512) + b"\n{"}, r"tasks-0000000512.jsonl: .* line 2"),
        (GOOD | {"tasks-0000000001.jsonl": record(1) + b"\n"}, r"named like a shard"),
        (GOOD | {"tasks-0000000000.jsonl.gz": b""}, r"named like a shard"),
        (GOOD | {"train/tasks-0000000000.jsonl": record(1) + b"\n"}, r"named like a shard"),
        (GOOD | {"train.jsonl": b"{}\n" + record(2) + b"\n"}, r"train.jsonl holds task 2"),
        (GOOD | {"train.json": b"[" + record(2) + b"]"}, r"train.json holds task 2"),
        ({"part-0.parquet": b"PAR1"}, r"no shards of tasks but other files: part-0.parquet"),
    ],
)
def test_a_folder_that_leaves_room_for_guesses_waits_for_a_person(
    folder: Folder, objects: FolderObjects, files: dict[str, bytes], reason: str
) -> None:
    version = shared(files, objects)
    for _ in range(2):
        with pytest.raises(Blocked, match=reason) as caught:
            folder.read(version, [name(1)], objects)
        assert caught.value.hint
    assert folder.read(shared(GOOD, objects), [name(1)], objects) == {name(1): record(1)}


def test_a_file_or_a_broken_listing_in_place_of_the_folder_waits_for_a_person(
    folder: Folder, objects: FolderObjects
) -> None:
    with pytest.raises(Blocked, match="one file"):
        folder.read(objects.add(b"[]\n"), [], objects)
    md5 = objects.add(b"[]\n").md5
    objects.path(f"{md5}.dir").write_bytes(b"{}")
    with pytest.raises(Blocked, match="listing"):
        folder.read(Version(f"{md5}.dir", 3), [], objects)


def test_a_content_is_looked_into_once_also_by_a_later_process(objects: FolderObjects, tmp_path: Path) -> None:
    files = {f"tasks-{first:010}.jsonl": record(first) + b"\n" for first in range(0, 5120, 512)}
    memory = tmp_path / "checked"
    Folder(Checked(memory)).read(shared(files, objects), [], objects)
    files["tasks-0000000512.jsonl"] = record(513) + b"\n"
    version = shared(files, objects)
    objects.asked.clear()
    later = Folder(Checked(memory))
    assert later.read(version, [], objects) == {}
    assert len(set(objects.asked)) == 2  # the listing, the changed shard
    after = later.write(version, {name(600): record(600)}, objects)
    objects.asked.clear()
    Folder(Checked(memory)).read(after.version, [], objects)
    assert set(objects.asked) == {after.version.md5}


@pytest.mark.parametrize("damage", [b"", b"\0" * 500, b"0" * 64 + b"[]"])
def test_a_memory_that_a_power_cut_spoiled_is_not_believed(tmp_path: Path, damage: bytes) -> None:
    memory = tmp_path / "checked"
    checked = Checked(memory)
    checked.add("tasks-0000000000.jsonl", "0" * 32)
    checked.save()
    assert Checked(memory).has("tasks-0000000000.jsonl", "0" * 32)
    memory.write_bytes(damage)
    assert not Checked(memory).has("tasks-0000000000.jsonl", "0" * 32)


def test_a_folder_made_at_once_is_as_one_made_record_by_record(folder: Folder, objects: FolderObjects) -> None:
    records = {name(each, each % 3): record(each, each % 3) for each in range(0, 3000, 7)}
    at_once = folder.create([*records.items(), (None, b"1")], objects)
    step_by_step = folder.write(None, records, objects)
    assert files_of(at_once.version, objects) == {**files_of(step_by_step.version, objects), "others.jsonl": b"1\n"}
    assert at_once.version.size == (step_by_step.version.size or 0) + 2
