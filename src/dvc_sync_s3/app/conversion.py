"""The conversion of a dataset, put together from the settings."""

from __future__ import annotations

import os

from dvc_sync_s3 import durable
from dvc_sync_s3.app.team import remote_settings, repository
from dvc_sync_s3.app.worker import CHECKED
from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.dvc.environment import make_site_cache, quiet_environment
from dvc_sync_s3.errors import Blocked, SettingsError
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.process import FileLock
from dvc_sync_s3.settings import Settings
from dvc_sync_s3.store.folder import HIDDEN_NAME
from dvc_sync_s3.store.reader import Reader
from dvc_sync_s3.sync.conversion import Conversion, Place
from dvc_sync_s3.sync.ledger import Ledger
from dvc_sync_s3.sync.pushed_folders import FILE_NAME, PushedFolders
from dvc_sync_s3.sync.tracked_dataset import TrackedDataset
from dvc_sync_s3.sync.tracked_paths import written_out_paths


def convert(settings: Settings, path: str) -> str:
    """Move DVC_DATASET to `path` and the layout it stands for; return the commit.

    Raises Blocked while the service runs, SettingsError if `path` stands for no layout or the dataset
    is a mirror, and what a sync raises.
    """
    if settings.dvc_layout == "mirror":
        raise SettingsError("DVC_LAYOUT is mirror: its files can't be converted to records, nor records to a mirror.")
    old, hidden = settings.dvc_dataset, settings.s3_data_folder / HIDDEN_NAME
    new = Place(path, layout_for(path, hidden / CHECKED))
    users_umask = os.umask(settings.umask)
    durable.make_folder(hidden)
    environment = quiet_environment(os.environ, (hidden / "dvc-site-cache").absolute())
    make_site_cache(hidden / "dvc-site-cache")
    os.environ.clear()
    os.environ.update(environment)
    lock = FileLock(hidden / "sync.lock")
    if not lock.try_acquire():
        raise Blocked("the service is running and would go on with the old layout", hint="Stop it and try again.")
    ledger = Ledger(hidden, Reader(settings.s3_data_folder))
    try:
        paths = dict.fromkeys((*written_out_paths(old), *written_out_paths(path)))
        clone = Clone(settings.git_folder.absolute(), repository(settings, users_umask), tuple(paths))
        layout = layout_for(old, hidden / CHECKED)
        pushed = PushedFolders(hidden / FILE_NAME)
        dataset = TrackedDataset(old, layout, clone, remote_settings(settings, hidden, users_umask), pushed)
        return Conversion(clone, dataset, old, new, ledger).run()
    finally:
        ledger.close()
        lock.release()
