"""The project's documentation, and its code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?:<!-- shape only: (?P<reason>[^>]+) -->\n)?^```bash\n(?P<commands>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Block:
    """The commands of one fenced `bash` block; `shape_only` is why they aren't run, None if they are."""

    commands: str
    shape_only: str | None


def documents() -> list[Path]:
    """Return every page a person reads."""
    return sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])


def read(name: str) -> str:
    """Return the text of a file of the project."""
    return (CHECKOUT / name).read_text(encoding="utf-8")


def bash_blocks(page: str) -> list[Block]:
    """Return a page's blocks in their order."""
    return [Block(found["commands"], found["reason"]) for found in _BLOCK.finditer(read(page))]


def rows(page: str) -> list[tuple[str, ...]]:
    """Return the cells of every row of every table of a page, heads included."""
    lines = (line.strip() for line in read(page).splitlines())
    return [tuple(cell.strip() for cell in line[1:-1].split(" | ")) for line in lines if line.startswith("| ")]


def fenced(page: str, language: str) -> list[str]:
    """Return a page's blocks in one language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(page), re.DOTALL | re.MULTILINE)
