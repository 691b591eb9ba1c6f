from __future__ import annotations

import hashlib
import io
import resource
from pathlib import Path

import pytest

from dvc_sync_s3.dataset.layouts.splicing import Kept, write


def test_the_md5_and_the_size_are_those_of_the_file(tmp_path: Path) -> None:
    summed = write([Kept(0, 2), b"new", Kept(4, 6)], io.BytesIO(b"abcdef"), tmp_path / "out")

    assert (tmp_path / "out").read_bytes() == b"abnewef"
    assert summed.md5 == hashlib.md5(b"abnewef").hexdigest()
    assert summed.size == 7


def test_writing_leaves_a_file_alone_that_shares_the_old_content(tmp_path: Path) -> None:
    cached, linked = tmp_path / "cached", tmp_path / "linked.json"
    cached.write_bytes(b"[]\n")
    linked.hardlink_to(cached)

    write([b"[1]\n"], io.BytesIO(), linked)

    assert cached.read_bytes() == b"[]\n"
    assert linked.read_bytes() == b"[1]\n"


def test_a_file_that_lost_its_end_is_not_copied_as_if_it_were_whole(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="the file ends 3 bytes too early"):
        write([Kept(0, 9)], io.BytesIO(b"abcdef"), tmp_path / "out")


def test_a_disk_that_takes_only_a_part_is_an_error(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write([b"x" * 1500], io.BytesIO(), tmp_path / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_many_short_pieces_have_the_md5_of_the_whole(tmp_path: Path) -> None:
    lines = [b"%d\n" % number for number in range(100_000)]

    summed = write([Kept(0, 5), *lines, Kept(2, 9)], io.BytesIO(b"0123456789"), tmp_path / "new")

    content = b"01234" + b"".join(lines) + b"2345678"
    assert (tmp_path / "new").read_bytes() == content
    assert (summed.md5, summed.size) == (hashlib.md5(content).hexdigest(), len(content))
