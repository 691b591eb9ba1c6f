"""What lies on the disk once the branch holds a change: no version that the next change needs not."""

from __future__ import annotations

from tests.counts.conftest import TEXT, CountedSync

SHARD_BYTES = 512 * (len(TEXT) + 1500)


def test_one_file_is_kept_once(sync: CountedSync) -> None:
    for label in ("neg", "pos"):
        sync.save(40, label=label)
        sync.sync()
    assert sync.cached_bytes() == sync.dataset_bytes()


def test_of_a_folder_the_touched_shards_are_kept_once(folder_sync: CountedSync) -> None:
    folder_sync.save(3, 400, label="kept")
    folder_sync.sync()
    folder_sync.save(3, label="kept again")
    folder_sync.sync()
    assert folder_sync.cached_bytes() <= SHARD_BYTES + 1000
