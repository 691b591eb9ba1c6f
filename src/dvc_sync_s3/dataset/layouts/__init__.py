"""How records become files: one module per layout."""

from __future__ import annotations

from pathlib import PurePosixPath

from dvc_sync_s3.dataset.layouts.layout import Content, Layout, Objects, Version, Written
from dvc_sync_s3.dataset.layouts.single_file import SingleFile
from dvc_sync_s3.dataset.layouts.splicing import ARRAY, LINES
from dvc_sync_s3.errors import SettingsError

__all__ = ["Content", "Layout", "Objects", "UnknownLayout", "Version", "Written", "layout_for"]

_FORMS = {".json": ARRAY, ".jsonl": LINES}


class UnknownLayout(SettingsError, ValueError):
    """Name DVC_DATASET and what it may be, in one sentence."""


def layout_for(dataset: str) -> Layout:
    """Return the layout that the path `dataset`, the value of DVC_DATASET, stands for; raises UnknownLayout.

    >>> type(layout_for("data/data.jsonl")).__name__
    'SingleFile'
    """
    form = _FORMS.get(PurePosixPath(dataset).suffix)
    if form is not None:
        return SingleFile(form)
    raise UnknownLayout(f"DVC_DATASET is {dataset!r} but must end in .json or .jsonl, for example data/data.json")
