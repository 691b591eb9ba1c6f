from __future__ import annotations

import os
from pathlib import Path

import pytest

from dvc_sync_s3.store.errors import BodyLost
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, names_in, put

pytestmark = pytest.mark.anyio

KEYS = [
    "out//318",
    "/318",
    "318/",
    "/",
    ".",
    "..",
    "../318",
    "../../../../etc/passwd",
    "a/../../other/318",
    "./318",
    "k" * 1024,
    "k/" * 512,
    "é" * 512,
    "s" * 255 + "/" + "s" * 256,
    "nul\0byte",
    "line\nbreak",
    "\U0001f600",
    "back\\slash",
    "c:colon",
    "con",
    "dot.",
    "space ",
    " ",
    "Case",
    "case",
    "Stra\u00dfe",
    "strasse",
    "\u00e9",
    "e\u0301",
    ".dvc-sync-s3/index.db",
    "%2e%2e",
]


async def test_keys_no_path_can_hold_read_back_list_and_delete_and_leave_nothing_outside(
    store: Store, folder: Path
) -> None:
    for key in KEYS:
        await put(store, key, key.encode())
    store.publish()
    assert keys(store) == sorted(KEYS, key=str.encode)
    for key in KEYS:
        assert get(store, key) == key.encode()
    assert names_in(folder.parent) == {"data"}
    assert names_in(folder) == {".dvc-sync-s3", "team"}
    for key in KEYS:
        await store.delete("team", key)
    store.publish()
    assert keys(store) == []
    assert list((folder / "team").iterdir()) == []
    assert list((folder / ".dvc-sync-s3/odd").iterdir()) == []


@pytest.mark.parametrize("order", [("a", "a/b", "a/b/c"), ("a/b/c", "a/b", "a"), ("a/b", "a", "a/b/c")])
async def test_a_key_and_keys_below_it_live_side_by_side_whichever_comes_first(
    store: Store, order: tuple[str, ...]
) -> None:
    for key in order:
        await put(store, key, key.encode())
        store.publish()
    assert [get(store, key) for key in order] == [key.encode() for key in order]
    for key in order:
        await put(store, key, key.encode() * 2)
    store.publish()
    assert [get(store, key) for key in order] == [key.encode() * 2 for key in order]
    for index, key in enumerate(order):
        await store.delete("team", key)
        store.publish()
        assert [get(store, left) for left in order[index + 1 :]] == [left.encode() * 2 for left in order[index + 1 :]]


async def test_a_key_moves_into_the_tree_once_its_path_is_free(store: Store, folder: Path) -> None:
    await put(store, "a/b", b"1")
    await put(store, "a", b"2")
    store.publish()
    assert len(list((folder / ".dvc-sync-s3/odd").iterdir())) == 1
    await store.delete("team", "a/b")
    await put(store, "a", b"3")
    store.publish()
    assert (folder / "team/a").read_bytes() == b"3"
    assert list((folder / ".dvc-sync-s3/odd").iterdir()) == []


async def test_a_write_through_a_symlink_stays_in_its_bucket(store: Store, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "318").write_bytes(b"theirs")
    (folder / "team").mkdir()
    (folder / "team/link").symlink_to(outside, target_is_directory=True)
    (folder / "team/direct").symlink_to(outside / "318")
    for key in ("link/318", "link/new", "direct"):
        await put(store, key, b"ours")
    store.publish()
    for key in ("link/318", "link/new", "direct"):
        assert get(store, key) == b"ours"
        await store.delete("team", key)
    store.publish()
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"318": b"theirs"}


async def test_a_read_through_a_symlink_put_there_later_gives_nothing_away(
    store: Store, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/318").write_bytes(b"secret")
    await put(store, "out/318", b"public")
    await put(store, "320", b"public")
    store.publish()
    (folder / "team/out/318").unlink()
    (folder / "team/out").rmdir()
    (folder / "team/out").symlink_to(tmp_path / "outside", target_is_directory=True)
    (folder / "team/320").unlink()
    (folder / "team/320").symlink_to(tmp_path / "outside/318")
    for key in ("out/318", "320"):
        with pytest.raises(BodyLost):
            store.open("team", key)


async def test_a_bucket_that_is_a_symlink_is_not_written_through(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "team").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    await put(store, "318", b"x")
    store.publish()
    assert get(store, "318") == b"x"
    assert os.listdir(tmp_path / "elsewhere") == []
