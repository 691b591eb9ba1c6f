"""Write `docs/reference/s3-compatibility.md`: which of ceph's s3-tests pass, and why each of the others doesn't.

`--check` only tells whether the page is as it would be written. A test that isn't expected to pass needs a reason, and
a reason a test.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]
_EXPECTED = _CHECKOUT / "tests/conformance/s3_tests_expected.txt"
_REASONS = _CHECKOUT / "tests/conformance/s3_tests_reasons.toml"
_PAGE = _CHECKOUT / "docs/reference/s3-compatibility.md"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why tests whose names match one of `patterns` don't pass."""

    title: str
    why: str
    patterns: tuple[str, ...]


def main() -> None:
    """Write or check; exit with an error if the page is out of date or a reason is missing or left over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    check = parser.parse_args().check
    lines = _EXPECTED.read_text(encoding="utf-8").splitlines()
    expected = {name: outcome for outcome, _, name in (line.partition(" ") for line in lines)}
    text = page(expected, read_reasons(_REASONS.read_text(encoding="utf-8")))
    if _PAGE.exists() and _PAGE.read_text(encoding="utf-8") == text:
        return
    if check:
        raise SystemExit("docs/reference/s3-compatibility.md is out of date. Run `make reference`.")
    _PAGE.write_text(text, encoding="utf-8", newline="\n")
    print("wrote docs/reference/s3-compatibility.md")


def read_reasons(text: str) -> list[Reason]:
    r"""Read the reasons.

    >>> read_reasons("[[reason]]\ntitle = 'A'\nwhy = 'So.'\ntests = ['test_acl_*']")
    [Reason(title='A', why='So.', patterns=('test_acl_*',))]
    """
    tables = tomllib.loads(text)["reason"]
    return [Reason(table["title"], table["why"], tuple(table["tests"])) for table in tables]


def explain(expected: Mapping[str, str], reasons: Sequence[Reason]) -> dict[str, list[str]]:
    """Return the tests that don't pass by their reason's title; the first matching reason is a test's.

    Exits with an error if one has no reason, or if a pattern matches none.
    """
    explained: dict[str, list[str]] = {reason.title: [] for reason in reasons}
    unused = {pattern for reason in reasons for pattern in reason.patterns}
    unexplained = []
    for name in (name for name, outcome in sorted(expected.items()) if outcome != "passed"):
        test = name.partition("::")[2]
        for reason in reasons:
            matching = [pattern for pattern in reason.patterns if fnmatchcase(test, pattern)]
            if matching:
                explained[reason.title].append(test)
                unused.difference_update(matching)
                break
        else:
            unexplained.append(test)
    if unexplained or unused:
        wrong = [f"no reason: {test}" for test in unexplained] + [f"no test: {pattern}" for pattern in sorted(unused)]
        raise SystemExit("\n".join([*wrong, f"Correct {_REASONS.relative_to(_CHECKOUT).as_posix()}."]))
    return explained


def page(expected: Mapping[str, str], reasons: Sequence[Reason]) -> str:
    """Return the page."""
    explained = explain(expected, reasons)
    passed = sum(outcome == "passed" for outcome in expected.values())
    lines = [
        "# S3 compatibility",
        "",
        "<!-- Written by scripts/write_compatibility.py; don't edit it by hand. -->",
        "",
        f"{passed} of {len(expected)} tests of [ceph's s3-tests](https://github.com/ceph/s3-tests) pass. The set is",
        "`test_s3.py` and `test_headers.py` at commit 8f0ae7b, without the tests marked as being about encryption,",
        "lifecycle and the cloud tiers it restores from, logging, bucket policies, delete markers or Signature Version",
        "2, and without those of object lock, which have no mark but their names.",
        "",
        "The suite isn't in any package registry, so no other target of the Makefile runs it. With a checkout of it:",
        "",
        "```",
        "make s3-tests S3TESTS=/path/to/s3-tests",
        "```",
        "",
        "The service is started with `S3_OBJECT_OWNERSHIP=ObjectWriter` for it, and with keys for each of the suite's",
        "users, each an owner of its own: the suite expects buckets as AWS's were before April 2023.",
        "",
        "That fails if any test does otherwise than `tests/conformance/s3_tests_expected.txt` says, for the worse or",
        "for the better.",
        "",
        "## What doesn't pass",
        "",
    ]
    lines += ["| Why | Tests |", "|---|---|"]
    lines += [f"| {reason.title} | {len(explained[reason.title])} |" for reason in reasons]
    for reason in reasons:
        tests = ", ".join(f"`{test}`" for test in explained[reason.title])
        lines += ["", f"### {reason.title}", "", reason.why, "", f"{tests}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
