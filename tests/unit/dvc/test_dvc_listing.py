"""A folder's listing is, byte for byte, what DVC writes for the same files, whatever was done to it before."""

from __future__ import annotations

import hashlib
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dvc_sync_s3.dvc.listing import Entry, Listing, NotAListing

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
PARTS = st.one_of(
    st.sampled_from(
        ["a", "a b", '"}, {"md5": "', "}", "{", "\\", "é", "😀", "\udcff", "\n", "a-", "a.", "A", "]", ", "]
    ),
    st.text(min_size=1, max_size=3).filter(lambda part: "/" not in part and part not in {".", ".."}),
)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
MD5S = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")


def as_dvc_writes(files: dict[str, str]) -> bytes:
    entries = [{"relpath": path, "md5": files[path]} for path in sorted(files)]
    return json.dumps(entries, sort_keys=True).encode()


class AnyHistory(RuleBasedStateMachine):
    """Entries put and removed in any order, against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.listing = Listing()
        self.files: dict[str, str] = {}

    @rule(path=PATHS, md5=MD5S)
    def put(self, path: str, md5: str) -> None:
        self.listing.put(path, md5)
        self.files[path] = md5

    @rule(path=PATHS, data=st.data())
    def remove(self, path: str, data: st.DataObject) -> None:
        there = data.draw(st.sampled_from([path, *self.files]))
        self.listing.remove(there)
        self.files.pop(there, None)

    @rule(path=PATHS)
    def look(self, path: str) -> None:
        assert self.listing.get(path) == self.files.get(path)
        assert list(self.listing.since(path)) == [each for each in sorted(self.files.items()) if each[0] >= path]

    @rule()
    def read_again(self) -> None:
        self.listing = Listing.parse(bytes(self.listing.content()))

    @invariant()
    def it_is_as_dvc_writes_it(self) -> None:
        expected = as_dvc_writes(self.files)
        assert bytes(self.listing.content()) == expected
        assert self.listing.md5() == hashlib.md5(expected).hexdigest()
        assert len(self.listing) == len(self.files)
        assert all(self.listing.get(path) == md5 for path, md5 in self.files.items())


AnyHistory.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestAnyHistory = AnyHistory.TestCase


@given(st.dictionaries(PATHS, MD5S))
def test_a_listing_in_another_form_is_read_and_written_in_dvcs(files: dict[str, str]) -> None:
    entries = [{"relpath": path, "md5": md5, "size": 3} for path, md5 in reversed(files.items())]
    listing = Listing.parse(json.dumps(entries, indent=1, ensure_ascii=True).encode())
    assert bytes(listing.content()) == as_dvc_writes(files)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"md5": "x", "relpath": "a"}]',
        f'[{{"md5": "{MD5}"}}]'.encode(),
        f'[{{"md5": "{MD5}", "relpath": "../a"}}]'.encode(),
        f'[{{"md5": "{MD5}", "relpath": "/a"}}]'.encode(),
        f'[{{"md5": "{MD5}", "relpath": "a"}}'.encode(),
        f'[{{"md5": "{MD5}", "relpath": "a"}}, '.encode(),
        f'[{{"md5": "{MD5}", "relpath": "a"}}]]'.encode(),
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_listing_is_refused(content: bytes) -> None:
    with pytest.raises(NotAListing):
        Listing.parse(content)


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "..", "a/../b", "."])
def test_no_path_leads_out_of_the_folder(path: str) -> None:
    with pytest.raises(ValueError, match="can't be an entry"):
        Listing().put(path, MD5)


def test_a_hundred_thousand_entries_take_little_more_than_their_bytes() -> None:
    content = bytes(Listing.of(Entry(f"{number:09}.jsonl", MD5) for number in range(100_000)).content())
    tracemalloc.start()
    listing = Listing.parse(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1.2 * len(content)
    listing.md5()
    listing.put("000050000.jsonl", "0" * 32)
    listing.put("000050000-b.jsonl", "0" * 32)
    listing.remove("000000000.jsonl")
    assert listing.md5() == hashlib.md5(listing.content()).hexdigest()
    assert len(listing) == 100_000
