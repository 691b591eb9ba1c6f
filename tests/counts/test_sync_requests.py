"""What one cycle asks of the DVC remote and of Git's server, and what it reads and writes.

Every bound is what a cycle does now. Who makes it do less lowers the bound.
"""

from __future__ import annotations

from collections import Counter

from tests.counts.conftest import CountedSync

S3_REQUESTS = Counter({"HEAD": 3, "LIST": 1, "PUT": 1})
"""Is the branch's version still there; is the new one, DVC's own look for the folder, the version, is it there now."""
GIT_REQUESTS = Counter({"refs": 3, "git-upload-pack": 2, "git-receive-pack": 1})
"""Has the branch moved, the push, and did it land."""
READ_TIMES, READ_BYTES = 2.1, 1_000_000
WRITTEN_TIMES, WRITTEN_BYTES = 2.1, 200_000


def test_one_change_asks_the_remote_five_times_and_git_six_times(sync: CountedSync) -> None:
    sync.save(250, label="one")
    cost = sync.sync()
    assert cost.s3 <= S3_REQUESTS
    assert cost.git <= GIT_REQUESTS


def test_a_hundred_changes_ask_as_often_as_one(sync: CountedSync) -> None:
    sync.save(*range(1, 501, 5), label="hundred")
    cost = sync.sync()
    assert cost.s3 <= S3_REQUESTS
    assert cost.git <= GIT_REQUESTS


def test_what_says_nothing_new_asks_the_remote_nothing_and_git_once(sync: CountedSync) -> None:
    sync.save(7, label="same")
    sync.sync()
    sync.save(7, label="same")
    cost = sync.sync(is_committed=False)
    assert cost.s3 == Counter()
    assert cost.git <= Counter({"refs": 1, "git-upload-pack": 1})


def test_one_change_in_a_single_file_reads_and_writes_it_so_many_times(sync: CountedSync) -> None:
    sync.save(250, label="bytes")
    cost = sync.sync()
    size = sync.dataset_bytes()
    assert cost.s3_received_bytes <= size
    assert cost.read_bytes <= READ_TIMES * size + READ_BYTES
    assert cost.written_bytes <= WRITTEN_TIMES * size + WRITTEN_BYTES
