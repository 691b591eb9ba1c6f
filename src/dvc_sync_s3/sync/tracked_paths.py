"""Where the files are by which Git and DVC know of a dataset."""

from __future__ import annotations

from pathlib import PurePosixPath

from dvc_sync_s3.dvc.root import config_paths


def written_out_paths(dataset: str) -> tuple[str, ...]:
    """Return the paths that the clone must have as files: where DVC's configuration may be.

    >>> written_out_paths("data.json")
    ('.dvc/config',)
    """
    return config_paths(dataset)


def pointer_path(dataset: str) -> str:
    """Return the path of a dataset's `.dvc` file.

    >>> pointer_path("data/data.json")
    'data/data.json.dvc'
    """
    return f"{dataset}.dvc"


def gitignore_path(dataset: str) -> str:
    """Return the path of the `.gitignore` that DVC writes beside a dataset.

    >>> gitignore_path("data/data.json")
    'data/.gitignore'
    """
    return str(PurePosixPath(dataset).parent / ".gitignore")
