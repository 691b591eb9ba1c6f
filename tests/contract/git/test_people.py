"""Who commits are by, and under which names annotators appear."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from dvc_sync_s3.git.clone import Clone
from dvc_sync_s3.git.model import Author
from tests.contract.git.conftest import Member

POINTER = "data/data.json.dvc"


def test_the_committer_may_be_someone_else_than_the_author(member: Member, open_clone: Callable[..., Clone]) -> None:
    clone = open_clone(committer=Author("CI", "ci@example.com"))
    clone.refresh()
    clone.push(clone.commit({POINTER: b"ours"}, "annotations: 1 added"))
    member.git("fetch", "--quiet")
    shown = member.git("log", "-1", "--format=%an <%ae>, %cn <%ce>", "origin/main")
    assert shown == "DVC Sync <sync@example.com>, CI <ci@example.com>"


def test_a_mailmap_gives_other_names_and_addresses(
    member: Member, open_clone: Callable[..., Clone], tmp_path: Path
) -> None:
    mailmap = tmp_path / "mailmap"
    mailmap.write_text(
        "# hides an address\n"
        "Ann Lee <ann@users.noreply.example.com> <ann@example.com>\n"
        "<bo@work.example.com> <bo@home.example.com>\n"
    )
    clone = open_clone(mailmap=mailmap)
    clone.refresh()
    people = [
        Author("a. lee", "ann@example.com"),
        Author("Bo", "bo@home.example.com"),
        Author("Cy <x", "cy@example.com"),
    ]
    assert clone.proper(people) == (
        Author("Ann Lee", "ann@users.noreply.example.com"),
        Author("Bo", "bo@work.example.com"),
        Author("Cy <x", "cy@example.com"),
    )
    assert clone.proper([]) == ()


def test_without_a_mailmap_people_are_named_as_they_are(
    member: Member, open_clone: Callable[..., Clone], tmp_path: Path
) -> None:
    personal = tmp_path / "gitconfig"
    personal.write_text(f"[mailmap]\nfile = {os.devnull}\n")
    clone = open_clone()
    clone.refresh()
    assert clone.proper([Author("Ann", "ann@example.com")]) == (Author("Ann", "ann@example.com"),)
