from __future__ import annotations

import dataclasses
import errno
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pytest

from dvc_sync_s3 import durable
from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.process import Turn
from dvc_sync_s3.store import buckets, folder, index, publisher, writes
from dvc_sync_s3.store.committer import Committer
from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.folder import DataFolder, open_body
from dvc_sync_s3.store.generation import Generation
from dvc_sync_s3.store.model import NewObject
from dvc_sync_s3.store.plain_file import PlainFile
from dvc_sync_s3.store.publisher import Publisher
from dvc_sync_s3.store.puts import put_of, put_together
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.transaction import Transaction
from tests.e2e.servers.waiting import wait_until
from tests.unit.store.steps import steps_of


class Desk:
    """A publisher without its thread, and a way to put small objects before it."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.folder.make()
        clock = SystemClock()
        turn, generation = Turn(self.folder.writers_turn), Generation(self.folder.generation)
        self.committer = Committer(index.set_up(self.folder.index), turn, generation, clock, lambda _: None)
        self.publisher = Publisher(self.folder, self.folder.rules(), self.committer, clock)
        self.committer.write_and_wait(lambda transaction: buckets.create_bucket(transaction, "team", None, None, {}))
        self.reader = Reader(root)

    def put(self, key: str, data: bytes) -> None:
        new, body = NewObject("team", key, "0" * 32), writes.Body(len(data), data, None)
        self.committer.write_and_wait(lambda transaction: writes.put(transaction, new, body, None))

    def put_together(self, bodies: Mapping[str, bytes]) -> None:
        puts = [put_of(NewObject("team", key, "0" * 32), writes.Body(len(it), it, None)) for key, it in bodies.items()]
        self.committer.write_and_wait(lambda transaction: put_together(transaction, puts))

    def delete(self, key: str) -> None:
        self.committer.write_and_wait(lambda transaction: writes.delete(transaction, "team", key, None))

    def packs(self) -> int:
        connection = index.connect(self.folder.index)
        try:
            return int(connection.execute("SELECT count(*) FROM packs").fetchone()[0])
        finally:
            connection.close()

    def get(self, key: str) -> bytes:
        opened = self.reader.open("team", key)
        assert opened is not None
        with opened[1] as body:
            return body.read()

    def close(self) -> None:
        self.publisher.close()
        self.committer.close()
        self.reader.close_connections()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_what_another_process_commits_needs_no_call_to_become_a_plain_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 3600.0)
    desk.publisher.start()
    for name in ("1", "2"):  # by the desk's committer, which doesn't wake the publisher
        desk.put(name, b"body")
        wait_until((desk.folder.root / "team" / name).exists, what=f"the plain file {name}", timeout_s=30)


def test_plain_files_wait_until_another_process_has_written_all_of_a_burst(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "QUIET_S", 1.0)
    monkeypatch.setattr(publisher, "MOST_LAG_S", 3600.0)
    desk.put("0", b"body")
    desk.publisher.start()  # which writes at once what is there
    wait_until((desk.folder.root / "team/0").exists, what="the plain file", timeout_s=30)
    until_s = time.monotonic() + 2.5 * publisher.QUIET_S
    while time.monotonic() < until_s:
        desk.put("1", b"body")
        assert not (desk.folder.root / "team/1").exists()
    wait_until((desk.folder.root / "team/1").exists, what="the plain file", timeout_s=30)


def publish_while_1_is_open_elsewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def refuse_one(self: Path, target: Path) -> Path:
        if Path(target).name == "1":
            raise PermissionError(errno.EACCES, "open elsewhere")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse_one)
        with pytest.raises(PermissionError):
            desk.publisher.publish()


def test_a_file_the_system_refuses_waits_and_holds_nothing_else_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("1", b"one")
    desk.put("2", b"two")
    publish_while_1_is_open_elsewhere(desk, monkeypatch)
    assert sorted(path.name for path in (desk.folder.root / "team").iterdir()) == ["2"]
    assert (desk.get("1"), desk.get("2")) == (b"one", b"two")
    assert list(desk.folder.staging.iterdir()) == []
    assert desk.packs() == 1
    assert desk.publisher.publish() == 1
    assert (desk.folder.root / "team/1").read_bytes() == b"one"
    assert desk.packs() == 0


def test_bodies_that_came_together_become_plain_files_each_its_own(desk: Desk) -> None:
    bodies = {f"{number:03}": str(number).encode() * (number % 5) for number in range(300)}
    for begin in range(0, 300, 50):  # which doesn't divide a batch
        desk.put_together({key: bodies[key] for key in sorted(bodies)[begin : begin + 50]})
    assert {key: desk.get(key) for key in bodies} == bodies
    assert desk.publisher.publish() == 300
    assert {path.name: path.read_bytes() for path in (desk.folder.root / "team").iterdir()} == bodies
    assert {key: desk.get(key) for key in bodies} == bodies
    assert desk.packs() == 0


def test_a_body_that_waits_keeps_those_that_came_with_it_and_no_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put_together({"1": b"one", "2": b"two"})
    desk.put_together({"3": b"three"})
    publish_while_1_is_open_elsewhere(desk, monkeypatch)
    assert (desk.packs(), desk.get("1")) == (1, b"one")
    desk.put("1", b"again")
    assert (desk.publisher.publish(), desk.packs(), desk.get("1")) == (1, 0, b"again")


def test_bodies_that_nobody_needs_any_more_leave_the_index_though_nothing_is_published(desk: Desk) -> None:
    desk.put("1", b"one")
    desk.publisher.publish()
    for body in (b"two", b"three"):
        desk.put("1", body)
    desk.delete("1")
    desk.publisher.publish()
    assert desk.packs() == 0
    desk.put("2", b"kept")
    desk.put("1", b"four")
    connection = index.connect(desk.folder.index)
    connection.execute("DELETE FROM objects WHERE key = '1'")  # as if it were replaced by a change that is yet to come
    connection.close()
    assert (desk.publisher.publish(), desk.packs()) == (1, 0)


def test_a_body_whose_pack_is_gone_is_reported_and_not_an_older_file_served(desk: Desk) -> None:
    desk.put("1", b"old")
    desk.publisher.publish()
    desk.put("1", b"new")
    connection = index.connect(desk.folder.index)
    connection.execute("DELETE FROM packs")
    connection.close()
    with pytest.raises(BodyLost):
        desk.get("1")
    desk.publisher.publish()
    assert (desk.folder.root / "team/1").read_bytes() == b"old"


def test_to_find_what_is_next_costs_the_same_however_much_waits(desk: Desk) -> None:
    connection = index.connect(desk.folder.index)

    def look() -> None:
        rows = connection.execute(publisher._TO_PUBLISH, {"after": 0, "limit": publisher.BATCH}).fetchall()
        assert [row[2] for row in rows] == [f"{number:05}" for number in range(publisher.BATCH)]

    def add(begin: int, end: int) -> None:
        for first in range(begin, end, 100):
            desk.put_together({f"{number:05}": b"body" for number in range(first, first + 100)})

    add(0, 200)
    few = steps_of(connection, look)
    add(200, 10_000)
    assert steps_of(connection, look) <= few * 1.1 + 50
    connection.close()


def test_a_file_and_its_folder_are_on_disk_before_a_row_names_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("1", "2", "3"):
        desk.put(key, b"x")
    (desk.folder.root / "team").mkdir()
    seen: list[str] = []
    sync_file, sync_folder, write = durable.sync_file, durable.sync_folder, desk.committer.write_and_wait

    def see_file(file: BinaryIO) -> None:
        seen.append("file")
        sync_file(file)

    def see_folder(folder: Path) -> None:
        seen.append(folder.name)
        sync_folder(folder)

    def see_rows(mark: Callable[[Transaction], None]) -> None:
        seen.append("rows")
        write(mark)

    monkeypatch.setattr(durable, "sync_file", see_file)
    monkeypatch.setattr(durable, "sync_folder", see_folder)
    monkeypatch.setattr(desk.committer, "write_and_wait", see_rows)
    desk.publisher.publish()
    assert seen[:3] == ["file", "file", "file"]
    assert sorted(seen[3:-1]) == sorted(["team", desk.folder.root.name])
    assert seen[-1] == "rows"


def test_where_another_file_system_is_mounted_the_body_stays_on_ours(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("1", b"one")
    replace = Path.replace

    def refuse_tree(self: Path, target: Path) -> Path:
        if Path(target).parent.name == "team":
            raise OSError(errno.EXDEV, "another file system")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse_tree)
    assert desk.publisher.publish() == 1
    assert desk.get("1") == b"one"
    assert len(list(desk.folder.odd.iterdir())) == 1


def test_a_plain_file_replaced_between_row_and_opening_comes_with_its_own_row(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("1", b"old")
    desk.publisher.publish()
    newer = [b"new"]

    def open_late(path: Path, size: int) -> PlainFile | None:
        if newer:
            desk.put("1", newer.pop())
            desk.publisher.publish()
        return open_body(path, size)

    monkeypatch.setattr(folder, "open_body", open_late)
    opened = desk.reader.open("team", "1")
    assert opened is not None
    with opened[1] as body:
        assert (opened[0].seq, body.read()) == (2, b"new")


def test_where_case_is_not_told_apart_keys_that_differ_in_it_keep_their_own_bodies(desk: Desk) -> None:
    rules = dataclasses.replace(desk.folder.rules(), is_folding=True)
    folding = Publisher(desk.folder, rules, desk.committer, SystemClock())
    for key in ("case", "Case", "CASE"):
        desk.put(key, key.encode())
    assert folding.publish() == 3
    assert [path.name for path in (desk.folder.root / "team").iterdir()] == ["case"]
    assert [desk.get(key) for key in ("case", "Case", "CASE")] == [b"case", b"Case", b"CASE"]
    folding.close()


def test_closing_ends_the_thread_without_waiting_for_its_next_look(desk: Desk) -> None:
    desk.publisher.start()
    desk.put("1", b"one")
    closing = threading.Thread(target=desk.publisher.close)
    closing.start()
    closing.join(timeout=2)
    assert not closing.is_alive()
