"""What Label Studio signs with never becomes DVC's."""

from __future__ import annotations

from pathlib import Path

from dvc_sync_s3.dvc.environment import quiet_environment


def test_our_own_keys_do_not_reach_dvc_and_the_remotes_profile_does() -> None:
    parent = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "team"}
    quiet = quiet_environment(parent, Path("cache"))
    assert quiet["AWS_PROFILE"] == "team"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} & quiet.keys()


def test_dvc_does_not_phone_home() -> None:
    assert (
        quiet_environment({}, Path("cache")).items() >= {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": "cache"}.items()
    )
