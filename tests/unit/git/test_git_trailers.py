"""A position written into a commit message is found again."""

from __future__ import annotations

import pytest

from dvc_sync_s3.git.trailers import format_trailers, parse_seq


def test_what_is_written_is_read() -> None:
    assert parse_seq("subject\n\n" + format_trailers("a", 3), "a") == 3


@pytest.mark.parametrize(
    ("message", "seq"),
    [
        ("* one\n\n    Dvc-Sync-Instance: a\n    Dvc-Sync-Seq: 4\n", 4),
        ("Dvc-Sync-Instance: a\r\nDvc-Sync-Seq: 4\r\n", 4),
        ("Dvc-Sync-Instance: b\nDvc-Sync-Seq: 9\nDvc-Sync-Instance: a\nDvc-Sync-Seq: 4\n", 4),
        ("Dvc-Sync-Instance: a\nDvc-Sync-Seq: 12\nDvc-Sync-Instance: a\nDvc-Sync-Seq: 4\n", 12),
        ("Dvc-Sync-Seq: 4\n", None),
        ("Dvc-Sync-Instance: ab\nDvc-Sync-Seq: 4\n", None),
        ("Dvc-Sync-Instance: a\nDvc-Sync-Seq: four\n", None),
        ("labels: Dvc-Sync-Instance: a\nDvc-Sync-Seq: 4\n", None),
    ],
)
def test_a_seq_belongs_to_the_instance_named_above_it(message: str, seq: int | None) -> None:
    assert parse_seq(message, "a") == seq
