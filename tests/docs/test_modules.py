"""The test of each module is found: by its name, in its docstring, or where the module or its package says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.docs.conftest import CHECKOUT

SOURCE = CHECKOUT / "src/dvc_sync_s3"
TESTS = {path.name for path in (CHECKOUT / "tests").rglob("test_*.py")}


def places(module: Path) -> list[str]:
    """Return the tests that the docstring of a module names."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return re.findall(r"\btests/[\w/.]*[\w/]", docstring)


def is_found(module: Path) -> bool:
    """Return whether a reader of a module finds its test."""
    names = {f"test_{module.stem}.py", f"test_{module.parent.name}_{module.stem}.py"}
    said = places(module) or places(module.parent / "__init__.py")
    return bool(names & TESTS) or ">>> " in module.read_text(encoding="utf-8") or bool(said)


def test_the_test_of_each_module_is_found() -> None:
    modules = [path for path in SOURCE.rglob("*.py") if not path.name.startswith("__")]
    assert len(modules) > 200
    assert [module for module in modules if not is_found(module)] == []


def test_each_test_that_a_docstring_names_is_there() -> None:
    named = {place for module in SOURCE.rglob("*.py") for place in places(module)}
    assert len(named) > 10
    assert [place for place in sorted(named) if not (CHECKOUT / place).exists()] == []


def test_a_module_whose_test_nobody_finds_is_told(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text('"""A package that says nothing."""', encoding="utf-8")
    (tmp_path / "orphan.py").write_text('"""Do something."""', encoding="utf-8")
    assert not is_found(tmp_path / "orphan.py")
