from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.clock import SystemClock
from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import get, keys, run, start
from tests.contract.store.writer import body_of

pytestmark = pytest.mark.anyio

ROUNDS = 5
STEPS = [
    "file written, not yet in place",
    "file in place, folder not yet synced",
    "files on disk, rows not yet changed",
    "rows changed, staging not yet cleared",
]


def write_until_killed(folder: Path, first: int, lines: int, known: dict[str, list[str]]) -> None:
    """Add to `known` what each key may hold: the last acknowledged body and whatever was tried after it."""
    with start("writer.py", folder, first) as writer:
        assert writer.stdout is not None
        for count, line in enumerate(writer.stdout):
            if not line.endswith("\n"):
                break  # killed in the middle of a line
            word, key, *what = line.split()
            if word == "try":
                known.setdefault(key, ["-"]).extend(what)
            else:
                known[key] = known[key][-1:]
            if count == lines:
                writer.kill()


async def test_what_a_killed_process_acknowledged_is_there_byte_for_byte(folder: Path) -> None:
    known: dict[str, list[str]] = {}
    for number in range(ROUNDS):
        write_until_killed(folder, first=number * 100_003, lines=300 + 97 * number, known=known)
        store = Store(folder, SystemClock())
        await store.start()
        for is_published in (False, True):
            if is_published:
                store.publish()
            listed = set(keys(store))
            assert listed <= known.keys()
            for key, possible in known.items():
                body = get(store, key)
                assert body in [None if what == "-" else body_of(int(what)) for what in possible]
                assert (key in listed) == (body is not None)
        on_disk = {path.relative_to(folder / "team").as_posix(): path for path in (folder / "team").rglob("*/*")}
        assert set(on_disk) == listed
        assert all(path.read_bytes() == get(store, key) for key, path in on_disk.items())
        # What an unacknowledged write came to is known now.
        known = {key: ["-"] for key in known} | {key: [what_of(body, known[key])] for key, body in bodies(store)}
        await store.close()


def bodies(store: Store) -> list[tuple[str, bytes | None]]:
    return [(key, get(store, key)) for key in keys(store)]


def what_of(body: bytes | None, possible: list[str]) -> str:
    return next(what for what in possible if what != "-" and body_of(int(what)) == body)


@pytest.mark.parametrize("step", STEPS)
async def test_a_publisher_killed_anywhere_is_finished_by_the_next(folder: Path, step: str) -> None:
    assert run("writer.py", folder, 0, step).returncode == 9
    store = Store(folder, SystemClock())
    await store.start()
    assert keys(store) == ["large", "small"]
    assert (get(store, "large"), get(store, "small")) == (body_of(5), body_of(1))
    store.publish()
    assert (get(store, "large"), get(store, "small")) == (body_of(5), body_of(1))
    assert {path.name: path.read_bytes() for path in (folder / "team").iterdir()} == {
        "large": body_of(5),
        "small": body_of(1),
    }
    left = [path.name for path in (folder / ".dvc-sync-s3/staging").iterdir()]
    await store.close()
    # A staged body that lost its row's mention is left for the sweep, which can't tell it from one on its way in.
    assert len(left) == (step == STEPS[3])
