"""What DVC says of the repository's files is told without what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.project_view import view
from dvc_sync_s3.errors import Blocked

PASSWORD = "Tulip5Lamp"
URL = "['remote \"team\"']\n    url = {}\n"
CONFIGS = {
    "no equals sign": f"['remote \"team\"']\n    url = s3://bucket/dvc\n    password {PASSWORD}\n",
    "an unclosed quote": f'[\'remote "team"\']\n    url = s3://bucket/dvc\n    password = "{PASSWORD}\n',
    "twice": f"['remote \"team\"']\n    url = s3://bucket\n    password = {PASSWORD}\n    password = {PASSWORD}\n",
    "an unknown scheme": URL.format(f"foo://ann:{PASSWORD}@host/x"),
    "no scheme": "[core]\n    remote = team\n" + URL.format(f"ann:{PASSWORD}@host/x"),
    "a lost base": "[core]\n    remote = team\n" + URL.format(f"remote://ann:{PASSWORD}@host/x"),
    "an address as default": f"[core]\n    remote = https://ann:{PASSWORD}@host/x\n",
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize(
    "read",
    [lambda top: view(top, ".", ()), lambda top: open_remote(top, None, RemoteSettings())],
    ids=["view", "open_remote"],
)
def test_an_error_in_dvcs_configuration_never_tells_a_password(
    tmp_path: Path, config: str, read: Callable[[Path], object]
) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(config)
    try:
        told = read(tmp_path), ""
    except Blocked as error:
        told = str(error), error.hint
    assert PASSWORD.lower() not in repr(told).lower()


@pytest.mark.parametrize("name", ["dvc.yaml", "a.dvc"])
def test_an_error_in_yaml_names_the_line_and_not_what_stands_there(tmp_path: Path, name: str) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("")
    (tmp_path / name).write_text(f"outs:\n- path: x\n\tpassword: {PASSWORD}\n")
    why = view(tmp_path, ".", ()).unreadable[name]
    assert "line 3" in why
    assert PASSWORD not in why
