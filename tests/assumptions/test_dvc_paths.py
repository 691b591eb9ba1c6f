"""What we believe of how DVC tells the paths in its configuration that depend on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from dvc.config import Config
from dvc.config_schema import ExpPath, RelPath


def url_read(folder: Path, url: str) -> object:
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text(f"['remote \"team\"']\n    url = {url}\n")
    return Config(str(folder / ".dvc"))["remote"]["team"]["url"]


@pytest.mark.parametrize(("url", "kind"), [("../x", RelPath), ("x", RelPath), ("$HOME/x", RelPath), ("~/x", ExpPath)])
def test_a_path_that_depends_on_the_machine_has_a_type_of_its_own(tmp_path: Path, url: str, kind: type) -> None:
    assert type(url_read(tmp_path, url)) is kind


@pytest.mark.parametrize("url", ["/mnt/x", "s3://bucket/x", "file:///mnt/x", "remote://base/x"])
def test_any_other_address_is_plain_text(tmp_path: Path, url: str) -> None:
    assert type(url_read(tmp_path, url)) is str
