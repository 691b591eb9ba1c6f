"""The repository says where its data is; the settings fill what it leaves open."""

from __future__ import annotations

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings, choose
from dvc_sync_s3.errors import Blocked

NOTHING = RemoteSettings()
URL = RemoteSettings(url="s3://bucket/dvc")


@pytest.mark.parametrize(
    ("out_remote", "settings", "names", "default", "expected"),
    [
        ("labels", RemoteSettings(name="old"), ["labels", "old", "team"], "team", "labels"),
        (None, RemoteSettings(name="old"), ["old", "team"], "team", "old"),
        (None, RemoteSettings(name="Old"), ["old"], None, "old"),
        (None, NOTHING, ["old", "team"], "team", "team"),
        (None, URL, ["team"], "team", "team"),
        (None, URL, [], None, None),
        (None, RemoteSettings(name="team", url="s3://bucket/dvc"), [], None, None),
    ],
)
def test_the_nearest_word_decides(
    out_remote: str | None, settings: RemoteSettings, names: list[str], default: str | None, expected: str | None
) -> None:
    assert choose(out_remote=out_remote, settings=settings, names=names, default=default) == expected


@pytest.mark.parametrize(
    ("out_remote", "settings", "names", "default"),
    [
        ("gone", NOTHING, ["old", "team"], "team"),
        (None, RemoteSettings(name="gone"), ["old", "team"], "team"),
        (None, RemoteSettings(name="gone", url="s3://b"), ["old", "team"], "team"),
        (None, NOTHING, ["old", "team"], "gone"),
        (None, NOTHING, ["old", "team"], None),
    ],
)
def test_a_remote_that_is_not_there_is_refused_naming_those_that_are(
    out_remote: str | None, settings: RemoteSettings, names: list[str], default: str | None
) -> None:
    with pytest.raises(Blocked, match="old, team") as caught:
        choose(out_remote=out_remote, settings=settings, names=names, default=default)
    assert caught.value.hint


@pytest.mark.parametrize("settings", [NOTHING, RemoteSettings(name="team")])
def test_no_remote_anywhere_needs_a_person(settings: RemoteSettings) -> None:
    with pytest.raises(Blocked) as caught:
        choose(out_remote=None, settings=settings, names=[], default=None)
    assert "dvc remote add" in caught.value.hint


def test_keys_are_never_printed() -> None:
    assert "k3y" not in repr(RemoteSettings(s3_access_key_id="k3y1", s3_secret_access_key="k3y2"))
