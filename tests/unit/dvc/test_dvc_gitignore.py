"""Git leaves the data to DVC, and people's lines stay."""

from __future__ import annotations

import pytest

from dvc_sync_s3.dvc.gitignore import with_ignored


@pytest.mark.parametrize(
    ("previous", "expected"),
    [
        (None, b"/data.json\n"),
        (b"", b"/data.json\n"),
        (b"*.tmp\n", b"*.tmp\n/data.json\n"),
        (b"*.tmp", b"*.tmp\n/data.json\n"),
        (b"\xff\r\n", b"\xff\r\n/data.json\n"),
        (b"/data.json.bak\n", b"/data.json.bak\n/data.json\n"),
    ],
)
def test_the_entry_is_added_below_what_is_there(previous: bytes | None, expected: bytes) -> None:
    assert with_ignored(previous, "data/data.json") == expected


@pytest.mark.parametrize("previous", [b"/data.json\n", b"data.json", b"/data.json\r\n*.tmp\r\n"])
def test_an_ignored_dataset_changes_nothing(previous: bytes) -> None:
    assert with_ignored(previous, "data/data.json") is None
