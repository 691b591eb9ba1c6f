"""How records become files: one module per layout.

Modules without a test of their name are tested in tests/unit/dataset/layouts/.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from dvc_sync_s3.dataset.layouts.checked import Checked
from dvc_sync_s3.dataset.layouts.folder import Folder
from dvc_sync_s3.dataset.layouts.layout import Content, Layout, Objects, Version, Written
from dvc_sync_s3.dataset.layouts.single_file import SingleFile
from dvc_sync_s3.dataset.layouts.splicing import ARRAY, LINES
from dvc_sync_s3.errors import SettingsError

__all__ = ["Content", "Layout", "Objects", "UnknownLayout", "Version", "Written", "layout_for"]

_FORMS = {".json": ARRAY, ".jsonl": LINES}


class UnknownLayout(SettingsError, ValueError):
    """Name DVC_DATASET and what it may be, in one sentence."""


def layout_for(dataset: str, checked: Path | None = None) -> Layout:
    """Return the layout that the path `dataset`, the value of DVC_DATASET, stands for; raises UnknownLayout.

    A folder's layout remembers in the file `checked` what it need not look into again.

    >>> type(layout_for("data/data.jsonl")).__name__
    'SingleFile'
    >>> type(layout_for("data/annotations")).__name__
    'Folder'
    """
    path = PurePosixPath(dataset)
    if path.suffix in _FORMS:
        return SingleFile(_FORMS[path.suffix])
    if path.name and "." not in path.name:
        return Folder(Checked(checked))
    raise UnknownLayout(
        f"DVC_DATASET is {dataset!r} but must end in .json or .jsonl, or be a folder without a dot in its name, "
        "for example data/annotations"
    )
