"""What one cycle asks of the DVC remote for a folder of shards: the touched ones and the listing, not the rest.

Every bound is what a cycle does now. Who makes it do less lowers the bound.
"""

from __future__ import annotations

from collections import Counter

from tests.counts.conftest import TEXT, CountedSync

ONE_CHANGE = Counter({"HEAD": 5, "LIST": 2, "PUT": 2})
"""As for one file, for the shard and for the listing; of the branch's version only its listing is asked for."""
TWO_SHARDS = Counter({"HEAD": 7, "LIST": 3, "PUT": 3})
SHARD_BYTES = 512 * (len(TEXT) + 1500)
OTHER_BYTES = 600_000
"""What Git, the ledger and the listing take."""


def test_one_change_sends_its_shard_and_the_listing(folder_sync: CountedSync) -> None:
    folder_sync.save(300, label="one")
    cost = folder_sync.sync()
    assert cost.s3 <= ONE_CHANGE
    assert cost.s3_received_bytes <= SHARD_BYTES + 1000
    assert cost.s3_sent_bytes <= OTHER_BYTES


def test_a_hundred_changes_in_two_shards_send_both_once(folder_sync: CountedSync) -> None:
    folder_sync.save(*range(206, 306), label="hundred")
    cost = folder_sync.sync()
    assert cost.s3 <= TWO_SHARDS
    assert cost.s3_received_bytes <= 2 * SHARD_BYTES + 1000


def test_one_change_reads_and_writes_a_few_times_its_shard(folder_sync: CountedSync) -> None:
    folder_sync.save(301, label="bytes")
    cost = folder_sync.sync()
    assert cost.read_bytes <= 3.1 * SHARD_BYTES + OTHER_BYTES
    assert cost.written_bytes <= 2.1 * SHARD_BYTES + OTHER_BYTES


def test_what_says_nothing_new_asks_the_remote_nothing(folder_sync: CountedSync) -> None:
    folder_sync.save(7, label="same")
    folder_sync.sync()
    folder_sync.save(7, label="same")
    assert folder_sync.sync(is_committed=False).s3 == Counter()
