from __future__ import annotations

import pytest

from dvc_sync_s3.dataset.layouts import layout_for
from dvc_sync_s3.dataset.layouts.single_file import SingleFile
from dvc_sync_s3.errors import SettingsError


def test_a_json_file_is_one_array() -> None:
    assert isinstance(layout_for("data/data.json"), SingleFile)
    assert isinstance(layout_for("data/data.jsonl"), SingleFile)


@pytest.mark.parametrize("dataset", ["data/annotations/", "mirror", "data/data.json.gz", ".json", ""])
def test_another_ending_is_refused_with_what_works(dataset: str) -> None:
    with pytest.raises(SettingsError, match=r"^DVC_DATASET is .* must end in \.json") as refused:
        layout_for(dataset)

    assert isinstance(refused.value, ValueError)
