"""Which of a repository's DVC projects a dataset belongs to: `dvc init --subdir` makes one in a subfolder.

https://dvc.org/doc/command-reference/init#initializing-dvc-in-subdirectories
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

CONFIG = ".dvc/config"


def config_paths(dataset: str) -> tuple[str, ...]:
    """Return where the configuration of the dataset's DVC project may be, the nearest first.

    >>> config_paths("team/data/data.json")
    ('team/data/.dvc/config', 'team/.dvc/config', '.dvc/config')
    """
    return tuple(str(folder / CONFIG) for folder in PurePosixPath(dataset).parents)


def find_root(clone: Path, dataset: str) -> Path | None:
    """Return the folder below `clone` whose `.dvc` the dataset belongs to, as DVC finds it; None if there is none."""
    folders = (clone / folder for folder in PurePosixPath(dataset).parents)
    return next((folder for folder in folders if (folder / CONFIG).is_file()), None)
