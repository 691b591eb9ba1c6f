"""The glossary gives each word one meaning, in the order of the alphabet."""

from __future__ import annotations

import re

from tests.docs.conftest import read

PAGE = "docs/reference/glossary.md"


def test_each_word_has_one_meaning_and_is_found_by_the_alphabet() -> None:
    chapters = [
        re.findall(r"^\| (.+) \| .+ \|$", chapter, re.MULTILINE)[1:] for chapter in read(PAGE).split("\n## ")[1:]
    ]
    words = [word.strip("`").removeprefix(".") for chapter in chapters for word in chapter]
    assert len(words) > 40
    assert len(set(words)) == len(words)
    for chapter in chapters:
        plain = [word.strip("`.").casefold() for word in chapter]
        assert plain == sorted(plain)


def test_each_word_that_the_design_names_is_explained() -> None:
    [chapter] = re.findall(r"^## Words$(.*?)^## ", read("docs/explanation/design.md"), re.DOTALL | re.MULTILINE)
    words = re.findall(r"\*\*(\w+)\*\*", chapter)
    assert words
    assert [word for word in words if f"\n| {word} | " not in read(PAGE)] == []
