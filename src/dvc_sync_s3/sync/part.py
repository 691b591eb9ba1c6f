"""The dataset as a part of a folder that the team tracks as one: its entries in that folder's listing.

The layouts know nothing of it: they are given the part as a version of its own, whose listing is made for them. What
they write becomes a listing of the whole folder, in which every other entry is as it was.
"""

from __future__ import annotations

from dvc_sync_s3.dataset.layouts import Content, Version, Written
from dvc_sync_s3.dataset.layouts.listings import read_listing
from dvc_sync_s3.dvc.listing import Listing
from dvc_sync_s3.dvc.subtree import file_above, part_of, set_part
from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.sync.at_path import InsideOut
from dvc_sync_s3.sync.contents import Contents

KEEPER = ".keep"
"""An empty file: a listing has no empty folders, and one that is gone would wait for a person."""
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


class Part:
    """What is at `inside.relpath` of a tracked folder. Remembers the newest listing; raises Transient or Blocked."""

    def __init__(self, inside: InsideOut, contents: Contents) -> None:
        self.inside = inside
        self._contents = contents
        self._newest: tuple[str | None, Listing] = None, Listing()
        self._known: tuple[str, Version | None] | None = None

    def version(self, folder: Version) -> Version | None:
        """Return the dataset's own version in this version of the folder, None if there is none.

        `size` is the whole folder's, if the dataset is a folder: layouts reckon the next one from it.
        """
        if self._known is None or self._known[0] != folder.md5 or not self._is_at_hand(self._known[1]):
            self._known = folder.md5, self._version(folder)
        return self._known[1]

    def whole(self, folder: Version, before: Version | None, written: Written) -> Written:
        """Return what was `written` as a version of the whole folder, if the dataset's was `before`."""
        listing = self._listing(folder)
        self._newest = None, Listing()  # it becomes the new version's
        size, fresh = self._size(folder, before, written), list(written.fresh)
        part: str | Listing = written.version.md5
        if written.version.nfiles is not None:
            fresh = [content for content in fresh if content.md5 != written.version.md5]
            part = Listing.parse(self._contents.path(written.version.md5).read_bytes())
            if not len(part):
                part.put(KEEPER, _EMPTY_MD5)
                fresh.append(self._adopt(b"", _EMPTY_MD5))
        set_part(listing, self.inside.relpath, part)
        md5 = f"{listing.md5()}.dir"
        with listing.content() as text:
            fresh.append(self._adopt(text, md5))
        self._newest = md5, listing
        return Written(written.version, tuple(fresh), within=Version(md5, size, len(listing)))

    def _version(self, folder: Version) -> Version | None:
        listing, relpath = self._listing(folder), self.inside.relpath
        if (file := file_above(listing, relpath)) is not None:
            raise Blocked(
                f"{self.inside.out}/{file} is a file in the folder that {self.inside.file} tracks",
                hint="Set DVC_DATASET to a path of which no file is a part.",
            )
        part = part_of(listing, relpath)
        if part is None or isinstance(part, str):
            return None if part is None else Version(part)
        md5 = f"{part.md5()}.dir"
        with part.content() as text:
            self._adopt(text, md5)
        return Version(md5, folder.size, len(part))

    def _size(self, folder: Version, before: Version | None, written: Written) -> int | None:
        version = written.version
        if folder.size is None or version.size is None:
            return None
        if version.nfiles is None:
            old = self._contents.path(before.md5).stat().st_size if before else 0
            return folder.size + version.size - old
        return version.size if before else folder.size + version.size

    def _listing(self, folder: Version) -> Listing:
        if self._newest[0] != folder.md5:
            self._newest = folder.md5, read_listing(folder, self._contents, if_a_file=_NO_FOLDER)
        return self._newest[1]

    def _adopt(self, text: bytes | memoryview, md5: str) -> Content:
        draft = self._contents.draft()
        draft.write_bytes(text)
        self._contents.adopt(draft, md5)
        return Content(md5, len(text))

    def _is_at_hand(self, version: Version | None) -> bool:
        """Tell whether a part's listing, which no remote has, is still in the cache."""
        return version is None or version.nfiles is None or self._contents.has(version.md5)


_NO_FOLDER = "Set DVC_DATASET to a path that no tracked file is above."
