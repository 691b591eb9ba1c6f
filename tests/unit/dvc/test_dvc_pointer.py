"""A `.dvc` file is changed no more than `dvc add` would change it, and one that isn't ours to change is refused."""

from __future__ import annotations

import pytest

from dvc_sync_s3.dvc.pointer import Pointer, read_pointer, write_pointer
from dvc_sync_s3.errors import Blocked

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
NEW = "0cc175b9c0f1b6a831c399e269772661"
OUT = "data/data.json"
PLAIN = f"outs:\n- md5: {MD5}\n  size: 3\n  hash: md5\n  path: data.json\n".encode()
RICH = f"""\
# labelled since May
outs:
- md5: {MD5}  # do not edit
  size: 3
  hash: md5
  path: data.json
  desc: all annotations
  remote: labels
  push: true
meta:
  owner: ann  # ask her
""".encode()


def test_what_is_written_is_read() -> None:
    assert read_pointer(write_pointer(None, OUT, NEW, 1), OUT) == Pointer(NEW, 1, None)


def test_the_outs_own_remote_is_told() -> None:
    assert read_pointer(RICH, OUT) == Pointer(MD5, 3, "labels")


def test_only_the_version_changes() -> None:
    assert write_pointer(RICH, OUT, NEW, 1) == RICH.replace(MD5.encode(), NEW.encode()).replace(b"size: 3", b"size: 1")


def test_a_folder_has_a_listing_and_a_number_of_files() -> None:
    folder = write_pointer(None, "data/annotations", f"{MD5}.dir", 12, 3)
    assert folder == f"outs:\n- md5: {MD5}.dir\n  size: 12\n  nfiles: 3\n  hash: md5\n  path: annotations\n".encode()
    assert read_pointer(folder, "data/annotations") == Pointer(f"{MD5}.dir", 12, None, 3)


def test_a_folders_comments_and_the_order_of_its_fields_stay() -> None:
    rich = RICH.replace(MD5.encode(), MD5.encode() + b".dir").replace(b"  hash:", b"  nfiles: 3\n  hash:")
    changed = write_pointer(rich, OUT, f"{NEW}.dir", 1, 4)
    assert changed == rich.replace(MD5.encode(), NEW.encode()).replace(b": 3\n", b": 1\n", 1).replace(
        b": 3\n", b": 4\n"
    )


def test_a_size_that_nobody_knows_is_left_out() -> None:
    assert b"size" not in write_pointer(PLAIN, OUT, NEW, None)


def test_what_tells_of_another_version_is_dropped() -> None:
    stale = PLAIN + b"  cloud:\n    s3:\n      etag: abc\n      version_id: xyz\n"
    assert write_pointer(stale, OUT, MD5, 3) == PLAIN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PLAIN.replace(b"  hash: md5\n", b""), "DVC 2"),
        (PLAIN.replace(MD5.encode(), MD5.encode() + b".txt"), "no md5"),
        (PLAIN + PLAIN[6:], "alone"),
        (PLAIN.replace(b"data.json", b"other.json"), "alone"),
        (PLAIN + b"  cache: false\n", "cache: false"),
        (PLAIN + b"  push: false\n", "push: false"),
        (PLAIN + b"frozen: true\n", "is frozen"),
        (b"deps:\n- path: x\n" + PLAIN, "import"),
        (PLAIN + b"wdir: ..\n", "alone"),
        (b"<<<<<<< ours\n" + PLAIN + b"=======\n>>>>>>> theirs\n", "conflict"),
        (b"outs: [", "YAML"),
        (b"\xff\xfe", "YAML"),
        (PLAIN + b"outs: []\n", "YAML"),
        (b"", "alone"),
        (b"outs:\n- hash: md5\n  path: data.json\n", "no md5"),
    ],
)
def test_a_file_that_needs_a_person_is_refused_with_a_way_out(content: bytes, reason: str) -> None:
    with pytest.raises(Blocked, match=reason) as caught:
        read_pointer(content, OUT)
    assert OUT in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("data/labels.dvc", PLAIN),
        ("labels.dvc", PLAIN.replace(b"data.json", b"data/data.json")),
        ("tracked/labels.dvc", b"wdir: ../data\n" + PLAIN),
    ],
)
def test_a_file_of_another_name_and_place_tracks_the_same_out(file: str, content: bytes) -> None:
    assert read_pointer(content, OUT, file) == Pointer(MD5, 3, None)
    assert write_pointer(content, OUT, NEW, 3, file=file) == content.replace(MD5.encode(), NEW.encode())


@pytest.mark.parametrize("content", [PLAIN + PLAIN[6:], b"outs: [", PLAIN + b"frozen: true\n"])
def test_a_file_that_needs_a_person_is_not_written_over(content: bytes) -> None:
    with pytest.raises(Blocked):
        write_pointer(content, OUT, NEW, 1)
