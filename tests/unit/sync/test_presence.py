"""How much of the branch's version is asked for before the next one rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dvc.fs import LocalFileSystem, MemoryFileSystem

from dvc_sync_s3.dataset.layouts import Content, Version, Written
from dvc_sync_s3.dvc.cache import Cache
from dvc_sync_s3.dvc.listing import Entry, Listing
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.dvc.versioned import AnyRemote
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.sync.contents import Contents
from dvc_sync_s3.sync.presence import Extent, Presence, Seen, extent

FILE, SHARD, LISTING = "0" * 32, "1" * 32, "2" * 32 + ".dir"
FOLDER = Version(LISTING, 10, 3)


class Server(Remote):
    """A remote on a server that notes what it is asked for and lacks what a test says."""

    def __init__(self, *lacking: str) -> None:
        super().__init__("team", MemoryFileSystem(), "/remote")
        self.lacking = set(lacking)
        self.asked: list[set[str]] = []
        self.sent: list[str] = []

    def missing(self, md5s: object) -> set[str]:
        assert isinstance(md5s, list)
        self.asked.append(set(md5s))
        return self.lacking & set(md5s)

    def push_all(self, sources: object) -> None:
        assert isinstance(sources, Iterator)
        self.sent += [md5 for md5, _ in sources]


def folder_of(nfiles: int) -> Version:
    return Version(LISTING, 10, nfiles)


SERVER = Server()
SHARE = Remote("team", LocalFileSystem(), "/mnt/team")
OURS = Seen(SERVER.address, LISTING, at=100.0)


@pytest.mark.parametrize(
    ("version", "remote", "seen", "now", "asked"),
    [
        (Version(FILE, 10), SERVER, None, 100.0, Extent.NEWEST),
        (folder_of(3), SERVER, None, 100.0, Extent.ALL),
        (folder_of(3), SERVER, OURS, 3699.0, Extent.NEWEST),
        (folder_of(3), SERVER, OURS, 3700.0, Extent.ALL),
        (folder_of(3), SERVER, Seen(SERVER.address, "3" * 32 + ".dir", 100.0), 101.0, Extent.ALL),
        (folder_of(3), SERVER, Seen("another", LISTING, 100.0), 101.0, Extent.ALL),
        (folder_of(10_000), SHARE, Seen(SHARE.address, LISTING, 100.0), 101.0, Extent.ALL),
        (folder_of(10_001), SHARE, Seen(SHARE.address, LISTING, 100.0), 101.0, Extent.NEWEST),
        (folder_of(10_001), SHARE, None, 101.0, Extent.ALL),
    ],
)
def test_all_is_asked_for_unless_we_pushed_it_and_saw_it_whole_of_late(
    version: Version, remote: Remote, seen: Seen | None, now: float, asked: Extent
) -> None:
    assert extent(version, remote, seen, now) is asked


class Clock:
    """A clock that stands until a test moves it."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    @contextmanager
    def nothing() -> Iterator[AnyRemote]:
        raise AssertionError("everything is in the cache")
        yield

    return Contents(Cache(tmp_path / "cache"), tmp_path / "drafts", nothing)


def listing_of(contents: Contents, *md5s: str) -> str:
    """Put the listing of files with these contents into the cache."""
    listing = Listing.of(Entry(f"{number}.jsonl", md5) for number, md5 in enumerate(md5s))
    draft = contents.draft()
    draft.write_bytes(bytes(listing.content()))
    md5 = f"{listing.md5()}.dir"
    contents.adopt(draft, md5)
    return md5


def written(version: str, *fresh: str) -> Written:
    return Written(Version(version, 10, 2), tuple(Content(md5, 5) for md5 in (*fresh, version)))


def test_what_was_pushed_and_seen_whole_costs_one_question(contents: Contents) -> None:
    clock, server = Clock(), Server()
    presence = Presence(contents, clock)
    first, second, third = (listing_of(contents, SHARD, md5) for md5 in ("3" * 32, "4" * 32, "5" * 32))
    presence.require(server, Version(first, 10, 2), written(second, "4" * 32))
    presence.verified(server, written(second, "4" * 32))
    clock.now_s = 3000.0
    presence.require(server, Version(second, 10, 2), written(third, "5" * 32))
    presence.verified(server, written(third, "5" * 32))
    clock.now_s = 3600.0
    presence.require(server, Version(third, 10, 2), written(first, "3" * 32))
    assert server.asked == [{first, SHARD, "3" * 32}, {second}, {third, SHARD, "5" * 32}]
    assert server.sent == []


def test_a_listing_that_is_gone_makes_all_be_asked_for_and_is_sent_again(contents: Contents) -> None:
    server, presence = Server(), Presence(contents, Clock())
    first, second = listing_of(contents, SHARD), listing_of(contents, SHARD, FILE)
    presence.verified(server, written(first, SHARD))
    server.lacking = {first}
    presence.require(server, Version(first, 10, 1), written(second, FILE))
    assert server.asked == [{first}, {first, SHARD}]
    assert server.sent == [first]


def test_a_file_that_is_nowhere_and_taken_over_waits_for_a_person(contents: Contents) -> None:
    first, second = listing_of(contents, SHARD), listing_of(contents, SHARD, FILE)
    with pytest.raises(Blocked, match=rf"0\.jsonl \({SHARD}\) of the version {first}") as caught:
        Presence(contents, Clock()).require(Server(SHARD), Version(first, 10, 1), written(second, FILE))
    assert "dvc push" in caught.value.hint


def test_a_file_of_older_commits_alone_keeps_nobody_waiting_and_its_listing_away(contents: Contents) -> None:
    first, second = listing_of(contents, SHARD), listing_of(contents, FILE)
    server = Server(SHARD, first)
    Presence(contents, Clock()).require(server, Version(first, 10, 1), written(second, FILE))
    assert server.sent == []
