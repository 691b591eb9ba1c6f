"""Commits of ours meet the rules that a team's server has for messages."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dvc_sync_s3.errors import Blocked
from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author, MessageRules, Signing
from dvc_sync_s3.git.trailers import format_trailers
from tests.contract.git.conftest import Member

POINTER = "data/data.json.dvc"
MESSAGE = f"annotations: 1 added\n\nBy label:\n- cat: 1\n\n{format_trailers('here', 12)}"
WANTED = "^DATA-[0-9]*: annotations"
Open = Callable[..., Clone]


def add_rules(server: Path) -> None:
    """Let the server refuse what doesn't match, in the words of GitLab."""
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nread old new ref\n"
        f"git log -1 --format=%s $new | grep -q '{WANTED}' ||"
        f" {{ echo \"GitLab: Commit message does not follow the pattern '{WANTED}'\" >&2; exit 1; }}\n"
        "git log -1 --format=%B $new | grep -q '^Signed-off-by: .*@example.com>$' ||"
        ' { echo "GitLab: Commit message must contain a DCO signoff" >&2; exit 1; }\n'
    )
    hook.chmod(0o755)


def sync(clone: Clone) -> str:
    """Push a commit and return its message on the branch."""
    clone.refresh()
    clone.push(clone.commit({POINTER: b"ours"}, MESSAGE))
    tip = clone.refresh()
    assert clone.position("here") == 12
    shown = ("git", "-C", str(clone.folder / ".git"), "log", "-1", "--format=%B", tip.commit)
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout


@pytest.mark.usefixtures("member")
def test_without_rules_a_message_is_as_it_was_composed(open_clone: Open) -> None:
    assert sync(open_clone()).rstrip() == MESSAGE.rstrip()


@pytest.mark.usefixtures("member")
def test_a_prefix_and_a_sign_off_make_a_message_that_the_server_takes(server: Path, open_clone: Open) -> None:
    add_rules(server)
    said = sync(open_clone(message_rules=MessageRules("DATA-12:", signs_off=True)))
    assert said.startswith("DATA-12: annotations: 1 added\n\nBy label:\n")
    assert said.rstrip().endswith("Dvc-Sync-Seq: 12\nSigned-off-by: DVC Sync <sync@example.com>")


@pytest.mark.usefixtures("member")
def test_a_refused_message_is_told_with_the_setting_that_meets_the_rule(server: Path, open_clone: Open) -> None:
    add_rules(server)
    for rules, setting in ((MessageRules(), "GIT_COMMIT_PREFIX"), (MessageRules("DATA-12: "), "GIT_SIGN_OFF")):
        clone = open_clone(message_rules=rules)
        clone.refresh()
        with pytest.raises(Blocked, match="Commit message") as caught:
            clone.push(clone.commit({POINTER: b"ours"}, MESSAGE))
        assert setting in caught.value.hint


def test_the_committer_signs_off(member: Member, open_clone: Open) -> None:
    committer = Author("CI", "ci@example.com")
    said = sync(open_clone(committer=committer, message_rules=MessageRules(signs_off=True)))
    assert said.rstrip().endswith("Signed-off-by: CI <ci@example.com>")


def test_a_signed_commit_has_the_same_message(member: Member, open_clone: Open, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)), check=True)
    signing = Signing(is_wanted=True, key=str(key), format="ssh")
    said = sync(open_clone(signing=signing, message_rules=MessageRules("DATA-12:", signs_off=True)))
    assert said.startswith("DATA-12: annotations: 1 added\n")
    assert said.rstrip().endswith("Signed-off-by: DVC Sync <sync@example.com>")


def test_the_prefix_takes_room_of_the_first_line(open_clone: Open) -> None:
    assert open_clone(message_rules=MessageRules("DATA-12:")).prefix_characters == len("DATA-12: ")
    assert open_clone().prefix_characters == 0
