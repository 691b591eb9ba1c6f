"""The dataset as the bucket's own tree: a folder of any files, of which a sync reads the listing and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import takewhile

from dvc_sync_s3.dataset.files import FileContent
from dvc_sync_s3.dataset.layouts.layout import Content, Objects, Version, Written
from dvc_sync_s3.dataset.layouts.listings import read_listing
from dvc_sync_s3.dvc.listing import Listing

_IF_A_FILE = "Set DVC_DATASET to a folder of its own for the mirror, or leave out DVC_LAYOUT."


class MirrorFolder:
    """A layout that remembers the newest listing. Each method raises Blocked if the version is no folder."""

    def __init__(self) -> None:
        self._newest: tuple[str | None, Listing] = None, Listing()

    def read(self, version: Version | None, paths: Collection[str], objects: Objects) -> Mapping[str, str]:
        """Return the md5s of those of `paths` that the version has."""
        listing = self._listing(version, objects)
        return {path: md5 for path in paths if (md5 := listing.get(path)) is not None}

    def in_the_way(self, version: Version | None, path: str, gone: Collection[str], objects: Objects) -> str | None:
        """Return a file of the version, none of `gone`, that `path` would be below, or a folder of."""
        listing = self._listing(version, objects)
        for above in folders_of(path):
            if above not in gone and listing.get(above) is not None:
                return above
        inside = takewhile(lambda entry: entry.relpath.startswith(f"{path}/"), listing.since(f"{path}/"))
        return next((entry.relpath for entry in inside if entry.relpath not in gone), None)

    def write(
        self,
        version: Version | None,
        patch: Mapping[str, FileContent | None],
        before: Mapping[str, FileContent],
        objects: Objects,
    ) -> Written:
        """Return the version that follows when each of `patch` gets its content, or goes (None).

        The contents are in `objects` already. `before` says how large files were, where that is known; others are
        fetched, for the version's size is reckoned from what changes.
        """
        listing = self._listing(version, objects)
        self._newest = None, Listing()  # it becomes the new version's
        size = version.size if version else 0
        for path, content in patch.items():
            if size is not None and (old := listing.get(path)) is not None:
                known = before.get(path)
                size -= known.size if known and known.md5 == old else objects.path(old).stat().st_size
            if content is None:
                listing.remove(path)
            else:
                listing.put(path, content.md5)
                size = None if size is None else size + content.size
        fresh = {content.md5: Content(content.md5, content.size) for content in patch.values() if content is not None}
        return self._finish(listing, size, list(fresh.values()), objects)

    def _finish(self, listing: Listing, size: int | None, fresh: list[Content], objects: Objects) -> Written:
        md5 = f"{listing.md5()}.dir"
        draft = objects.draft()
        with listing.content() as text:
            draft.write_bytes(text)
            fresh.append(Content(md5, len(text)))
        objects.adopt(draft, md5)
        self._newest = md5, listing
        return Written(Version(md5, size, len(listing)), tuple(fresh))

    def _listing(self, version: Version | None, objects: Objects) -> Listing:
        if version is None:
            return Listing()
        known, listing = self._newest
        if known != version.md5:
            listing = read_listing(version, objects, if_a_file=_IF_A_FILE)
            self._newest = version.md5, listing
        return listing


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders that a path is in.

    >>> list(folders_of("a/b/c.png"))
    ['a', 'a/b']
    """
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))
