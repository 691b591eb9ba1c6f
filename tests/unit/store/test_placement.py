from __future__ import annotations

import dataclasses

import pytest

from dvc_sync_s3.store.placement import PathRules, is_bucket_name, odd_name, plain_path

LINUX = PathRules(is_windows=False, is_folding=False, longest_key_bytes=4000)
MAC = dataclasses.replace(LINUX, is_folding=True)
WINDOWS = PathRules(is_windows=True, is_folding=True, longest_key_bytes=200)


@pytest.mark.parametrize("key", ["318", "out/318", "out/.hidden", "a b+é", "...", "..a", "Case", "c:d", "con", "a\\b"])
def test_a_key_a_path_can_hold_gets_it(key: str) -> None:
    assert plain_path("b", key, LINUX) == ("b", *key.split("/"))


@pytest.mark.parametrize(
    "key", ["", "/", "a//b", "/a", "a/", ".", "..", "a/../b", "./a", "a\0", "a\nb", "\x7f", "é" * 128, "\ud800"]
)
def test_a_key_that_no_path_can_hold_gets_none(key: str) -> None:
    assert plain_path("b", key, LINUX) is None


def test_a_key_longer_than_paths_may_be_gets_none() -> None:
    rules = dataclasses.replace(LINUX, longest_key_bytes=9)
    assert plain_path("b", "é/é/a", rules) is not None
    assert plain_path("b", "é/é/é", rules) is None


@pytest.mark.parametrize("key", ["Case", "a/É", "e\u0301", "stra\u00dfe"])
def test_where_case_and_form_are_not_told_apart_only_folded_keys_get_a_path(key: str) -> None:
    assert plain_path("b", key, MAC) is None
    assert plain_path("b", "case/\u00e9", MAC) == ("b", "case", "\u00e9")


@pytest.mark.parametrize("key", ["con", "a/nul.txt", "com1", "lpt9 .x", "a:b", "a\\b", "a.", "a ", "a?", "d/x*"])
def test_names_with_a_meaning_of_their_own_on_windows_get_none_there(key: str) -> None:
    assert plain_path("b", key, WINDOWS) is None
    assert plain_path("b", "console/com", WINDOWS) is not None


def test_odd_names_differ_where_bucket_and_key_do() -> None:
    names = {odd_name("b", "a//b"), odd_name("b", "a/b"), odd_name("ba", "//b"), odd_name("c", "a//b")}
    assert len(names) == 4


@pytest.mark.parametrize(
    "name", ["-", "ab", "..", ".dvc-sync-s3", "a/b", "Upper", "a" * 64, "a..b", "-ab", "a\nb", "abc\n"]
)
def test_no_bucket_has_a_name_that_is_hidden_or_climbs(name: str) -> None:
    assert not is_bucket_name(name)
    assert is_bucket_name("my-bucket.2")
