"""The environment in which DVC works for us without phoning home or taking our keys for its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# What Label Studio signs with when it talks to us. Profiles, roles and regions are the remote's and stay.
_OURS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"}

_DEFAULTS = {
    # Else gcsfs asks Google for the bucket's layout before every operation, and warns each time it may not know.
    "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
    # botocore's five attempts keep a cycle for 3 to 13 s at a server that isn't there; the next cycle tries again.
    "AWS_MAX_ATTEMPTS": "2",
}


def make_site_cache(folder: Path) -> None:
    """Make what DVC keeps its databases in, before DVC does: it lets every user write there. Raises OSError."""
    (folder / "repo").mkdir(parents=True, exist_ok=True)


def quiet_environment(environ: Mapping[str, str], site_cache: Path) -> dict[str, str]:
    """Return `environ` for a process that uses DVC; DVC's private databases go to `site_cache`.

    https://dvc.org/doc/user-guide/env

    >>> quiet = quiet_environment({"HOME": "/h", "AWS_ACCESS_KEY_ID": "k"}, Path("c"))
    >>> {name: quiet[name] for name in quiet if name not in _DEFAULTS}
    {'HOME': '/h', 'DVC_NO_ANALYTICS': '1', 'DVC_SITE_CACHE_DIR': 'c'}
    """
    kept = {name: value for name, value in environ.items() if name.upper() not in _OURS}
    return _DEFAULTS | kept | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(site_cache)}
