"""Hold the size budget: a file has at most 300 lines, a function at most 40.

Exceptions are listed here by name, each with its reason.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

_FILE_LINES = 300
_FUNCTION_LINES = 40
_ROOT = Path(__file__).parents[1]
_EXCEPTIONS: dict[str, str] = {}
"""`path` or `path:function` → why it may be larger."""


def main() -> int:
    """Print what is over budget; return how many things are."""
    over = [line for path in sorted((_ROOT / "src").rglob("*.py")) for line in check(path)]
    print("\n".join(over) or "Every file and function is within its budget.")
    return len(over)


def check(path: Path) -> list[str]:
    """Return a line for each excess in a file."""
    name = path.relative_to(_ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    sizes = {name: (text.count("\n"), _FILE_LINES)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            sizes[f"{name}:{node.name}"] = (node.end_lineno - node.lineno + 1, _FUNCTION_LINES)
    return [
        f"{thing}: {lines} lines, at most {most}"
        for thing, (lines, most) in sizes.items()
        if lines > most and thing not in _EXCEPTIONS
    ]


if __name__ == "__main__":
    sys.exit(main())
