"""The ways of docs/explanation/map.md lead through the tree as it is."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.conftest import CHECKOUT, read

SOURCE = CHECKOUT / "src/dvc_sync_s3"
REACHED = {
    "directly": r"`([^`]+)`",
    "upwards": r"`([^`]+)`, which it imports",
    "by a port": r"`([^`]+)`, through the port `(\w+)`, joined in `([^`]+)`",
    "by a table": r"`([^`]+)`, through the table `(\w+)` in `([^`]+)`",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A file on a way, the file that leads there, and how: by which port or table, and where that is found."""

    file: str
    before: str = ""
    how: str = "first"
    name: str = ""
    place: str = ""


def ways() -> dict[str, list[Stop]]:
    """Return the stops of each way by its heading."""
    found = {}
    for chapter in read("docs/explanation/map.md").split("\n## ")[1:]:
        rows = re.findall(r"^\| `([^`]+)` \| .+? \|(?: (`[^|]+?))? \|$", chapter, re.MULTILINE)
        assert chapter.count("\n| ") == len(rows) + 1, "a row that can't be read"
        found[chapter.split("\n")[0]] = [stop(file, before) for file, before in rows]
    return found


def stop(file: str, reached: str) -> Stop:
    """Return what a row says."""
    for how, form in REACHED.items():
        said = re.fullmatch(form, reached)
        if said:
            before, *others = said.groups()
            return Stop(file, before, how, *others)
    assert not reached, reached
    return Stop(file)


def source(file: str) -> str:
    """Return the text of a file below the package."""
    return (SOURCE / file).read_text(encoding="utf-8")


def leads(here: Stop) -> bool:
    """Return whether the tree has the step that a row tells."""
    file, before = SOURCE / here.file, SOURCE / here.before
    match here.how:
        case "directly":
            return file in imports(here.before)
        case "upwards":
            return before in imports(here.file)
        case "by a port":
            names_the_port = re.search(rf"import .*\b{here.name}\b", source(here.before)) is not None
            return names_the_port and {file, before} <= imports(here.place)
        case _:
            is_table = f"CREATE TABLE IF NOT EXISTS {here.name} " in source(here.place)
            return is_table and all(f" {here.name} " in source(each) for each in (here.file, here.before))


def imports(file: str) -> set[Path]:
    """Return the files of the project that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(source(file))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == SOURCE.name:
            module = SOURCE.joinpath(*node.module.split(".")[1:])
            inside = [module / alias.name for alias in node.names]
            found |= {path.with_suffix(".py") for path in (module, *inside)} | {module / "__init__.py"}
    return found


@pytest.mark.parametrize("way", ways())
def test_every_file_of_a_way_is_there_and_reached_as_the_page_says(way: str) -> None:
    first, *others = ways()[way]
    assert first.how == "first"
    seen = {first.file}
    for here in others:
        assert (SOURCE / here.file).is_file(), here
        assert here.before in seen, here
        assert leads(here), here
        seen.add(here.file)


@pytest.mark.parametrize(
    "wrong",
    [
        Stop("git/clone.py", "s3/service.py", "directly"),
        Stop("s3/service.py", "sync/cycle.py", "upwards"),
        Stop("sync/annotations.py", "sync/cycle.py", "by a port", "Harbour", "app/worker.py"),
        Stop("sync/annotations.py", "sync/cycle.py", "by a port", "Kind", "app/server.py"),
        Stop("store/reader.py", "store/puts.py", "by a table", "chairs", "store/schema.sql"),
    ],
)
def test_a_step_that_the_tree_has_not_is_found(wrong: Stop) -> None:
    assert not leads(wrong)


def test_the_four_ways_are_there() -> None:
    assert list(ways()) == ["One annotation", "One LIST", "One setting", "One error"]
