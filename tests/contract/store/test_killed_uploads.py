from __future__ import annotations

from pathlib import Path

import pytest

from dvc_sync_s3.store.store import Store
from tests.contract.store.bodies import names_in, run
from tests.contract.store.completer import BODIES
from tests.contract.store.conftest import StillClock
from tests.contract.store.test_uploads import complete, read

pytestmark = pytest.mark.anyio

BEFORE = [
    "a part replaced, its first body not yet removed",
    "some parts copied",
    "all parts copied, not yet on disk",
    "object on disk, rows not yet changed",
    "rows changed, not yet committed",
]
AFTER = "committed, files not yet removed"
FAR_AHEAD_S = 1_000 * 24 * 3600.0


@pytest.mark.parametrize("step", [*BEFORE, AFTER])
async def test_an_upload_killed_anywhere_can_be_completed_or_is_the_object(
    folder: Path, clock: StillClock, step: str
) -> None:
    killed = run("completer.py", folder, step)
    assert killed.returncode == 9
    upload_id = killed.stdout.strip()
    clock.move(FAR_AHEAD_S)
    store = Store(folder, clock)
    await store.start()
    store.publish()  # sweeps first: to a clock so far ahead, a body on its way in would look abandoned
    upload = store.upload("team", "video", upload_id)
    assert (upload is None) == (step == AFTER) == (read(store) is not None)
    if upload is not None:
        await complete(store, upload, store.parts(upload_id, 0, 10))
    store.publish()
    assert (folder / "team/video").read_bytes() == read(store) == b"".join(BODIES)
    clock.move(FAR_AHEAD_S)
    store.publish()
    assert [names_in(folder / ".dvc-sync-s3" / name) for name in ("staging", "uploads")] == [set(), set()]
    await store.close()
