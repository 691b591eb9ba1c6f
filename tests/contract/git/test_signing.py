"""Signed commits, with real keys, judged by git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Signing
from tests.contract.git.conftest import ENVIRON, Member

Open = Callable[..., Clone]


def run(*command: str, environ: dict[str, str] = ENVIRON) -> str:
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout


def commit(clone: Clone) -> str:
    clone.refresh()
    made = clone.commit({"data/data.json.dvc": b"ours"}, "annotations: 1 added")
    clone.push(made)
    return made


def ssh_key(folder: Path, passphrase: str = "") -> Path:
    path = folder / "signing-key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "bot", "-f", str(path))
    return path


def verify(server: Path, commit: str, *settings: str, environ: dict[str, str] = ENVIRON) -> str:
    options = [part for setting in settings for part in ("-c", setting)]
    command = ["git", *options, "-C", str(server), "verify-commit", commit]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stderr


def verify_by_ssh(server: Path, commit: str, key: Path) -> str:
    allowed = key.with_name("allowed")
    allowed.write_text(f"sync@example.com {key.with_suffix('.pub').read_text()}")
    return verify(server, commit, f"gpg.ssh.allowedSignersFile={allowed}")


def test_an_ssh_key_of_the_settings_signs(member: Member, open_clone: Open, server: Path, tmp_path: Path) -> None:
    key = ssh_key(tmp_path)
    made = commit(open_clone(signing=Signing(is_wanted=True, key=str(key), format="ssh")))
    assert 'Good "git" signature for sync@example.com' in verify_by_ssh(server, made, key)


def test_a_commit_is_signed_when_the_users_git_is_set_up_so(
    member: Member, open_clone: Open, server: Path, tmp_path: Path
) -> None:
    key = ssh_key(tmp_path)
    personal = tmp_path / "gitconfig"
    personal.write_text(f"[commit]\ngpgSign = true\n[gpg]\nformat = ssh\n[user]\nsigningKey = {key}\n")
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": str(personal)}
    made = commit(open_clone(environ=environ))
    assert 'Good "git" signature' in verify_by_ssh(server, made, key)
    unsigned = commit(open_clone(environ=environ, signing=Signing(is_wanted=False)))
    with pytest.raises(subprocess.CalledProcessError):
        verify_by_ssh(server, unsigned, key)


@pytest.fixture
def gnupg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment with a GPG key of its own; its agent ends with the test."""
    home = tmp_path_factory.mktemp("g")  # short: the agent's socket lies in it
    home.chmod(0o700)
    environ = ENVIRON | {"GNUPGHOME": str(home), "HOME": str(home)}
    command = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")
    run(*command, "--quick-generate-key", "DVC Sync <sync@example.com>", "ed25519", "sign", "never", environ=environ)
    yield environ
    run("gpgconf", "--kill", "all", environ=environ)


def test_a_gpg_key_signs(member: Member, open_clone: Open, server: Path, gnupg: dict[str, str]) -> None:
    signing = Signing(is_wanted=True, key="sync@example.com", format="openpgp")
    made = commit(open_clone(environ=gnupg, signing=signing))
    assert "Good signature from" in verify(server, made, environ=gnupg)


def test_a_key_that_is_not_there_waits_for_a_person(
    member: Member, open_clone: Open, tmp_path: Path, gnupg: dict[str, str]
) -> None:
    before = member.git("ls-remote", "origin", "main")
    for signing in (
        Signing(is_wanted=True, key=str(tmp_path / "none"), format="ssh"),
        Signing(is_wanted=True, key="nobody@example.com", format="openpgp"),
        Signing(is_wanted=True, key=str(ssh_key(tmp_path, "a passphrase")), format="ssh"),
    ):
        with pytest.raises(Blocked) as caught:
            commit(open_clone(environ=gnupg, signing=signing))
        assert "GIT_SIGNING_KEY" in caught.value.hint, signing
    assert member.git("ls-remote", "origin", "main") == before


def test_a_repaired_key_is_all_it_takes(member: Member, open_clone: Open, server: Path, tmp_path: Path) -> None:
    key = tmp_path / "signing-key"
    clone = open_clone(signing=Signing(is_wanted=True, key=str(key), format="ssh"))
    with pytest.raises(Blocked):
        commit(clone)
    ssh_key(tmp_path)
    assert "Good" in verify_by_ssh(server, commit(clone), key)


def test_a_ref_keeps_the_signed_commit(member: Member, open_clone: Open, tmp_path: Path) -> None:
    clone = open_clone(signing=Signing(is_wanted=True, key=str(ssh_key(tmp_path)), format="ssh"))
    made = commit(clone)
    clone.refresh()
    assert made in run("git", "-C", str(clone.folder / ".git"), "for-each-ref", "--format=%(objectname)").split()
