"""The dataset as a folder of JSON lines in shards by task id: a sync costs the touched shards and the listing.

Other files in the folder, a README or images, are carried along. What people changed in it is checked, each content
once: a task in the wrong shard would otherwise come in a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from io import BytesIO
from itertools import groupby, islice
from pathlib import Path

from dvc_sync_s3.dataset.layouts import reading
from dvc_sync_s3.dataset.layouts.bisection import sorted_lines
from dvc_sync_s3.dataset.layouts.checked import Checked
from dvc_sync_s3.dataset.layouts.layout import Content, Objects, Version, Written
from dvc_sync_s3.dataset.layouts.listings import read_listing
from dvc_sync_s3.dataset.layouts.rewriting import Rewriting, rewrite_all
from dvc_sync_s3.dataset.layouts.shards import (
    OTHERS,
    check_foreign,
    check_layout,
    is_shard,
    may_hold_tasks,
    read_shard,
    shard_of,
)
from dvc_sync_s3.dataset.layouts.splicing import LINES, write
from dvc_sync_s3.dataset.model import RecordId
from dvc_sync_s3.dataset.record import in_order
from dvc_sync_s3.dvc.listing import Listing

_IF_A_FILE = "Set DVC_DATASET back to the file, or change its layout with `dvc-sync-s3 convert`."

_AT_A_TIME = 64
_IN_ANOTHER_FORM = " in another form"
_Patch = Mapping[RecordId, bytes | None]


class Folder:
    """A layout that remembers the newest listing, and in `checked` which files it need not look into again."""

    def __init__(self, checked: Checked) -> None:
        self._checked = checked
        self._newest: tuple[str | None, Listing] = None, Listing()

    def read(self, version: Version | None, names: Collection[RecordId], objects: Objects) -> Mapping[RecordId, bytes]:
        """Return the lines of those of `names` that the version holds."""
        listing = self._listing(version, objects)
        found: dict[RecordId, bytes] = {}
        shards = list(_by_shard(names))
        objects.bring(md5 for relpath, _ in shards if (md5 := listing.get(relpath)) is not None)
        for relpath, wanted in shards:
            with sorted_lines(self._shard(listing, relpath, objects), LINES) as content:
                spans = ((name, content.find(name)) for name in wanted)
                found |= {name: content.line(span) for name, span in spans if span.end > span.start}
        return found

    def write(self, version: Version | None, patch: _Patch, objects: Objects) -> Written:
        """Return the version that follows when each of `patch` gets its line, or goes (None)."""
        listing = self._listing(version, objects)
        self._newest = None, Listing()  # it becomes the new version's
        size = version.size if version else 0
        fresh: list[Content] = []
        rewritings = [
            Rewriting(relpath, self._shard(listing, relpath, objects), {name: patch[name] for name in names})
            for relpath, names in _by_shard(patch)
        ]
        for rewriting, content in rewrite_all(rewritings, objects):
            relpath = rewriting.relpath
            before = listing.get(relpath)
            if size is not None and before is not None:
                size -= objects.path(before).stat().st_size
            if not content.size:
                listing.remove(relpath)
                continue
            listing.put(relpath, content.md5)
            self._checked.add(relpath, content.md5)
            fresh.append(content)
            size = None if size is None else size + content.size
        return self._finish(listing, size, fresh, objects)

    def lines(self, version: Version | None, objects: Objects) -> Iterator[tuple[RecordId | None, bytes]]:
        """Yield every element's line, one at a time; None in place of a name for what is no record."""
        for relpath, md5 in list(self._listing(version, objects)):
            if is_shard(relpath):
                dataset = read_shard(objects.path(md5), relpath)
                yield from dataset.records.items()
                yield from ((None, line) for line in dataset.others)
            elif relpath == OTHERS:
                yield from ((None, line) for line in reading.parse_file(objects.path(md5), LINES).others)

    def order(self, name: RecordId) -> tuple[int, int]:
        """Return what records are sorted by: the task, which says which shard, then the project."""
        return name.task, name.project

    def extras(self, version: Version | None, objects: Objects) -> Iterator[str]:
        """Yield the names of the files that are no shards."""
        for relpath, _ in self._listing(version, objects):
            if not is_shard(relpath) and relpath != OTHERS:
                yield relpath

    def create(self, lines: Iterable[tuple[RecordId | None, bytes]], objects: Objects) -> Written:
        """Return a version of all `lines`, which are in order."""
        listing, fresh = Listing(), list[Content]()
        for relpath, elements in groupby(lines, lambda each: OTHERS if each[0] is None else shard_of(each[0])):
            records: dict[RecordId, bytes] = {}
            others: list[bytes] = []
            for name, line in elements:
                if name is None:
                    others.append(line)
                else:
                    records[name] = line
            content = _write_lines((*in_order(records).values(), *others), objects)
            listing.put(relpath, content.md5)
            self._checked.add(relpath, content.md5)
            fresh.append(content)
        return self._finish(listing, sum(content.size for content in fresh), fresh, objects)

    def _shard(self, listing: Listing, relpath: str, objects: Objects) -> Path:
        """Return a file with the shard's records in our form; an empty one where there is no such shard."""
        md5 = listing.get(relpath)
        if md5 is None:
            return objects.path(_write_lines((), objects).md5)
        path = objects.path(md5)
        if self._checked.has(relpath, md5):
            return path
        shard = read_shard(path, relpath)
        return objects.path(_write_lines((*shard.records.values(), *shard.others), objects).md5)

    def _finish(self, listing: Listing, size: int | None, fresh: list[Content], objects: Objects) -> Written:
        md5 = f"{listing.md5()}.dir"
        draft = objects.draft()
        with listing.content() as text:
            draft.write_bytes(text)
            fresh.append(Content(md5, len(text)))
        objects.adopt(draft, md5)
        self._newest = md5, listing
        self._checked.save()
        return Written(Version(md5, size, len(listing)), tuple(fresh))

    def _listing(self, version: Version | None, objects: Objects) -> Listing:
        """Return the version's listing, all of whose files are as they should be."""
        if version is None:
            return Listing()
        known, listing = self._newest
        if known != version.md5:
            listing = read_listing(version, objects, if_a_file=_IF_A_FILE)
            try:
                self._check(listing, objects)
            finally:
                self._checked.save()
            self._newest = version.md5, listing
        return listing

    def _check(self, listing: Listing, objects: Objects) -> None:
        unknown = (entry for entry in listing if not self._is_known(*entry))
        while some := list(islice(unknown, _AT_A_TIME)):
            objects.bring(md5 for relpath, md5 in some if may_hold_tasks(relpath))
            for relpath, md5 in some:
                self._look_into(relpath, md5, objects)
        if not any(is_shard(relpath) for relpath, _ in listing):
            check_layout(relpath for relpath, _ in listing)

    def _look_into(self, relpath: str, md5: str, objects: Objects) -> None:
        is_in_our_form = True
        if is_shard(relpath):
            read_shard(objects.path(md5), relpath)
            is_in_our_form = reading.is_in_our_form(objects.path(md5), LINES)
        elif may_hold_tasks(relpath):
            check_foreign(objects.path(md5), relpath)
        self._checked.add(relpath if is_in_our_form else relpath + _IN_ANOTHER_FORM, md5)

    def _is_known(self, relpath: str, md5: str) -> bool:
        return self._checked.has(relpath, md5) or self._checked.has(relpath + _IN_ANOTHER_FORM, md5)


def _by_shard(names: Iterable[RecordId]) -> Iterator[tuple[str, list[RecordId]]]:
    shards: dict[str, list[RecordId]] = {}
    for name in names:
        shards.setdefault(shard_of(name), []).append(name)
    yield from sorted(shards.items())


def _write_lines(lines: Iterable[bytes], objects: Objects) -> Content:
    draft = objects.draft()
    summed = write(reading.pieces_of(lines, LINES), BytesIO(), draft)
    objects.adopt(draft, summed.md5)
    return Content(summed.md5, summed.size)
