from __future__ import annotations

import pytest

from dvc_sync_s3.dataset.layouts import json_array, layout_for
from dvc_sync_s3.errors import SettingsError


def test_a_json_file_is_one_array() -> None:
    assert layout_for("data/data.json") is json_array


@pytest.mark.parametrize(
    "dataset", ["data/data.jsonl", "data/annotations/", "mirror", "data/data.json.gz", ".json", ""]
)
def test_another_ending_is_refused_with_what_works(dataset: str) -> None:
    with pytest.raises(SettingsError, match=r"^DVC_DATASET is .* must end in \.json") as refused:
        layout_for(dataset)

    assert isinstance(refused.value, ValueError)
