"""A part of a tracked folder: what its listing says of one file or folder below it, and with that part changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from dvc_sync_s3.dvc.listing import Entry, Listing


def part_of(listing: Listing, relpath: str) -> str | Listing | None:
    """Return the md5 of the file at `relpath`, the listing of the folder there, or None where there is neither.

    >>> listing = Listing.of([Entry("a.json", "0" * 32), Entry("shards/x", "1" * 32)])
    >>> part_of(listing, "a.json")[:4], list(part_of(listing, "shards"))[0].relpath, part_of(listing, "b")
    ('0000', 'x', None)
    """
    md5 = listing.get(relpath)
    if md5 is not None:
        return md5
    inner = Listing.of(_below(listing, relpath))
    return inner if len(inner) else None


def file_above(listing: Listing, relpath: str) -> str | None:
    """Return a file of the listing that would have to be a folder for `relpath` to be in it.

    >>> file_above(Listing.of([Entry("a", "0" * 32)]), "a/b.json")
    'a'
    """
    parts = relpath.split("/")
    folders = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return next((folder for folder in folders if listing.get(folder) is not None), None)


def set_part(listing: Listing, relpath: str, part: str | Listing) -> None:
    """Let the listing have this file or folder at `relpath`, and every other entry as before.

    >>> listing = Listing.of([Entry("a", "0" * 32), Entry("s/x", "1" * 32), Entry("s/y", "2" * 32)])
    >>> set_part(listing, "s", Listing.of([Entry("y", "3" * 32)]))
    >>> [(entry.relpath, entry.md5[0]) for entry in listing]
    [('a', '0'), ('s/y', '3')]
    """
    if isinstance(part, str):
        listing.put(relpath, part)
        return
    before, after = dict(_below(listing, relpath)), dict(part)
    for name in before.keys() - after.keys():
        listing.remove(f"{relpath}/{name}")
    for name, md5 in after.items():
        if before.get(name) != md5:
            listing.put(f"{relpath}/{name}", md5)


def _below(listing: Listing, folder: str) -> Iterator[Entry]:
    start = f"{folder}/"
    inside = takewhile(lambda entry: entry.relpath.startswith(start), listing.since(start))
    return (Entry(entry.relpath.removeprefix(start), entry.md5) for entry in inside)
