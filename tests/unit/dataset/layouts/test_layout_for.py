from __future__ import annotations

import pytest

from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.dataset.layouts.folder import Folder
from dvc_sync_s3.dataset.layouts.single_file import SingleFile
from dvc_sync_s3.errors import SettingsError


def test_a_json_file_is_one_array() -> None:
    assert isinstance(layout_for("data/data.json"), SingleFile)
    assert isinstance(layout_for("data/data.jsonl"), SingleFile)


def test_a_name_without_an_ending_is_a_folder_of_shards() -> None:
    assert isinstance(layout_for("data/annotations/"), Folder)
    assert isinstance(layout_for("annotations"), Folder)


@pytest.mark.parametrize("dataset", ["data/data.json.gz", "data/v1.2", ".json", "data/.hidden", ""])
def test_another_ending_is_refused_with_what_works(dataset: str) -> None:
    with pytest.raises(SettingsError, match=r"^DVC_DATASET is .* must end in \.json") as refused:
        layout_for(dataset)

    assert isinstance(refused.value, ValueError)
