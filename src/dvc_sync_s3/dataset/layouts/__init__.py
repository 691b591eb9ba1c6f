"""How records become files: one module per layout."""

from __future__ import annotations

from pathlib import PurePosixPath

from dvc_sync_s3.dataset.layouts import json_array
from dvc_sync_s3.dataset.layouts.layout import Layout, Written
from dvc_sync_s3.errors import SettingsError

__all__ = ["Layout", "UnknownLayout", "Written", "layout_for"]


class UnknownLayout(SettingsError, ValueError):
    """Name DVC_DATASET and what it may be, in one sentence."""


def layout_for(dataset: str) -> Layout:
    """Return the layout that the path `dataset`, the value of DVC_DATASET, stands for; raises UnknownLayout.

    >>> layout_for("data/data.json").__name__
    'dvc_sync_s3.dataset.layouts.json_array'
    """
    if PurePosixPath(dataset).suffix == ".json":
        return json_array
    raise UnknownLayout(f"DVC_DATASET is {dataset!r} but must end in .json, for example data/data.json")
