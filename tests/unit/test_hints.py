"""Every error that reaches a person says what to do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dvc_sync_s3
from dvc_sync_s3.errors import Blocked, Rejected, SyncError, Transient

SOURCE = Path(dvc_sync_s3.__file__).parent


@pytest.mark.parametrize("error", [Transient, Rejected, Blocked])
def test_no_error_is_made_without_a_hint(error: type[SyncError]) -> None:
    with pytest.raises(TypeError, match="hint"):
        error("it went wrong")  # type: ignore[call-arg]


@pytest.mark.parametrize("module", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_hint_is_empty(module: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    hints = [word.value for call in calls for word in call.keywords if word.arg == "hint"]
    assert [hint.lineno for hint in hints if isinstance(hint, ast.Constant) and hint.value == ""] == []
