"""What must be there before anything runs: the hidden folder, the keys, and a repository to sync to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dvc_sync_s3 import durable
from dvc_sync_s3.app.keys import KeyPair, key_pair
from dvc_sync_s3.app.playground import FOLDER, Playground, make_playground
from dvc_sync_s3.app.team import repository
from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.errors import SettingsError
from dvc_sync_s3.process import FileLock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.store.folder import HIDDEN_NAME, DataFolder
from dvc_sync_s3.store.index import set_up


@dataclass(frozen=True, slots=True)
class Ground:
    """The hidden folder in the data folder, the key pair, and the playground if there is no GIT_REPO."""

    hidden: Path
    keys: KeyPair
    playground: Playground | None


def prepare(settings: Settings) -> Ground:
    """Make what is missing, one process at a time.

    Raises SettingsError or OSError if that can't be done, Blocked or Transient if the index of objects can't be used.
    """
    if settings.dvc_layout == "records":
        layout_for(settings.dvc_dataset)
    repository(settings)
    hidden = settings.s3_data_folder / HIDDEN_NAME
    try:
        durable.make_folder(hidden)
        lock = FileLock(hidden / "prepare.lock")
        lock.acquire()
    except OSError as error:
        raise SettingsError(f"S3_DATA_FOLDER can't be used: {settings.s3_data_folder}: {error.strerror}.") from None
    try:
        _try_store(settings.s3_data_folder)
        keys = key_pair(settings, hidden)
        playground = make_playground(FOLDER, settings.git_branch) if settings.git_repo is None else None
    finally:
        lock.release()
    return Ground(hidden, keys, playground)


def _try_store(folder: Path) -> None:
    """Open the index once: the server would tell of a damaged one after its start, with a traceback."""
    data = DataFolder(folder)
    data.make()
    lock = FileLock(data.setup_lock)
    lock.acquire()
    try:
        set_up(data.index).close()
    finally:
        lock.release()
