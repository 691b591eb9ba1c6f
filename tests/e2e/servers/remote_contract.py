"""What the cycle may rely on of a remote of any kind, as checks that tests of each kind call."""

from __future__ import annotations

import gc
import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from dvc_sync_s3.dvc.choice import RemoteSettings
from dvc_sync_s3.dvc.opening import open_remote
from dvc_sync_s3.dvc.remote import Remote
from dvc_sync_s3.errors import Blocked, Transient
from tests.e2e.servers.team import DvcRemote

CONTENT = b'[\n{"id": 1}\n]\n'
MD5 = hashlib.md5(CONTENT).hexdigest()
OBJECT = f"files/md5/{MD5[:2]}/{MD5[2:]}"


def open_(remote: DvcRemote, folder: Path, secrets: Mapping[str, str] | None = None) -> Remote:
    """Open `remote` as a repository with it in its `.dvc/config`, the secrets coming from the settings."""
    lines = ["[core]", f"    remote = {remote.name}", f"['remote \"{remote.name}\"']", f"    url = {remote.url}"]
    lines += [f"    {name} = {value}" for name, value in remote.options.items()]
    (folder / "clone/.dvc").mkdir(parents=True, exist_ok=True)
    (folder / "clone/.dvc/config").write_text("\n".join(lines) + "\n")
    options = remote.secrets if secrets is None else secrets
    return Remote.of(open_remote(folder / "clone", None, RemoteSettings(options=options)))


@contextmanager
def letting_go() -> Iterator[None]:
    """Close what clients of remotes leave open to the garbage collector, as they do, at the end of the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


def source_in(folder: Path) -> Path:
    """Write the file that the checks push."""
    (folder / "source").write_bytes(CONTENT)
    return folder / "source"


def check_round_trip(remote: Remote, folder: Path) -> None:
    """Push, verify, ask, fetch."""
    assert not remote.has(MD5)
    with pytest.raises(Transient):
        remote.verify(MD5, len(CONTENT))
    with pytest.raises(Blocked, match=MD5) as caught:
        remote.fetch(MD5, folder / "back")
    assert "dvc push" in caught.value.hint
    remote.push(MD5, source_in(folder))
    remote.verify(MD5, len(CONTENT))
    assert remote.has(MD5)
    remote.fetch(MD5, folder / "back")
    assert (folder / "back").read_bytes() == CONTENT


def check_damage_is_repaired(remote: Remote, folder: Path, damage: Callable[[bytes], object]) -> None:
    """`damage` replaces the object's content on the server: of another size first, then of the same."""
    remote.push(MD5, source_in(folder))
    for content in (b"", bytes(len(CONTENT))):
        damage(content)
        with pytest.raises(Transient):
            remote.verify(MD5, len(CONTENT))
        remote.push(MD5, source_in(folder))
        remote.verify(MD5, len(CONTENT))


def check_blocked(remote: Remote, folder: Path, words: str) -> None:
    """A push needs a person, and the hint has these words."""
    with pytest.raises(Blocked, match=remote.name) as caught:
        remote.push(MD5, source_in(folder))
    assert words in caught.value.hint


def check_transient(remote: Remote, folder: Path) -> None:
    """Neither a push nor a fetch needs a person: the server is away."""
    with pytest.raises(Transient, match=remote.name):
        remote.push(MD5, source_in(folder))
    with pytest.raises(Transient, match=remote.name):
        remote.fetch(MD5, folder / "back")
