from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.errors import Transient
from dvc_sync_s3.store.incoming import SMALL_BYTES
from dvc_sync_s3.store.model import Change, ChangeKind, Waiting
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import put
from tests.contract.store.conftest import StillClock

pytestmark = pytest.mark.anyio


def kinds(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.kind.value, change.key) for change in changes]


async def test_changes_are_each_keys_last_one_in_the_order_they_were_made(store: Store) -> None:
    for key in ("1", "2", "3"):
        await put(store, key, b"x")
    await put(store, "1", b"y")
    await store.delete("team", "2")
    assert kinds(store.changes(0, 10)) == [("put", "3"), ("put", "1"), ("delete", "2")]
    await put(store, "2", b"z")
    seqs = [change.seq for change in store.changes(0, 10)]
    assert kinds(store.changes(0, 10)) == [("put", "3"), ("put", "1"), ("put", "2")]
    assert seqs == sorted(set(seqs))
    assert store.changes(0, 2) == store.changes(0, 10)[:2]
    assert store.changes(seqs[1], 10) == store.changes(0, 10)[2:]
    assert store.changes(store.last_seq(), 10) == ()


async def test_what_waits_is_counted_and_dated_by_its_first_and_last_change(store: Store, clock: StillClock) -> None:
    assert store.waiting(0) == Waiting(0, 0, None, None)
    began_at = clock.now()
    await put(store, "1", b"x")
    await put(store, "2", b"x")
    clock.move(-5)
    await store.delete("team", "1")
    assert store.waiting(0, 10) == Waiting(2, 3, began_at, clock.now())
    assert store.waiting(2, 10) == Waiting(1, 3, clock.now(), clock.now())
    assert store.waiting(3, 10) == Waiting(0, 3, None, None)


async def test_what_waits_is_counted_no_further_than_asked(store: Store, clock: StillClock) -> None:
    for key in ("1", "2", "3"):
        await put(store, key, b"x")
    await store.delete("team", "2")
    assert [store.waiting(0, most).count for most in (1, 2, 3, 4)] == [1, 2, 3, 3]
    assert store.waiting(0).last_seq == 4


async def test_a_seq_is_never_given_twice_even_after_its_row_and_process_are_gone(
    folder: Path, clock: StillClock
) -> None:
    seen: list[int] = []
    for _ in range(3):
        store = Store(folder, clock)
        await store.start()
        await store.create_bucket("team")
        seen.append((await put(store, "318", b"x")).seq)
        seq = await store.delete("team", "318")
        assert seq is not None
        seen.append(seq)
        await store.close()
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("body", [b"small", b"l" * (SMALL_BYTES + 1)])
async def test_a_change_reads_its_own_body_and_nothing_once_it_is_superseded(
    store: Store, folder: Path, body: bytes
) -> None:
    await put(store, "318", body)
    (change,) = store.changes(0, 10)
    reader = Reader(folder)
    assert reader.read(change) == body
    store.publish()
    assert reader.read(change) == body
    await put(store, "318", b"newer")
    assert reader.read(change) is None
    await store.delete("team", "318")
    (deleted,) = reader.changes(0, 10)
    assert deleted.kind is ChangeKind.DELETE
    assert reader.read(deleted) is None
    reader.close_connections()


async def test_a_reader_of_a_folder_without_an_index_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(Transient) as raised:
        Reader(tmp_path).last_seq()
    assert "S3_DATA_FOLDER" in raised.value.hint
