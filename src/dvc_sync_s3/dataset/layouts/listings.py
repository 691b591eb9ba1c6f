"""A folder's version read as its listing, for the layouts that are folders."""

from __future__ import annotations

from dvc_sync_s3.dataset.layouts.layout import Objects, Version
from dvc_sync_s3.dvc.listing import Listing, NotAListing
from dvc_sync_s3.errors import Blocked


def read_listing(version: Version, objects: Objects, *, if_a_file: str) -> Listing:
    """Return the listing that `version` is; raises Blocked, with the hint `if_a_file` if the branch has one file."""
    if not version.md5.endswith(".dir"):
        raise Blocked("the dataset is one file on the branch, not a folder", hint=if_a_file)
    try:
        return Listing.parse(objects.path(version.md5).read_bytes())
    except NotAListing as error:
        raise Blocked(
            f"the folder's listing {version.md5} can't be read: {error}",
            hint="Restore the dataset's last good version, or run `dvc add` on the folder again; commit and push.",
        ) from error
