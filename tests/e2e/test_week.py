"""A week of a team, played with the real git, dvc and service: nothing is lost, and the docs show what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.week.days import play
from tests.e2e.week.office import office
from tests.e2e.week.page import PAGE, page
from tests.e2e.week.saving import TEXTS


@pytest.mark.timeout(600)
def test_a_week_of_a_team_is_as_the_docs_show_it(tmp_path: Path) -> None:
    with office(tmp_path) as opened:
        week = play(opened)
        opened.dana.dvc_pull()
        dataset: Any = opened.dana.dataset()

    held = {
        (record["project"], record["id"]): _label(one["result"][0]["value"])
        for record in dataset
        for one in record["annotations"]
    }
    assert held == {name: saved.label for name, saved in week.left.items()}
    predicted = {record["id"] for record in dataset if "predictions" in record}
    assert predicted == {record["id"] for record in dataset if record["project"] == TEXTS and record["id"] <= 12}
    assert page(week.shown) == PAGE.read_text(encoding="utf-8"), "if it is to be so, run `make week`"


def _label(value: dict[str, list[str]]) -> str:
    (label,) = value.get("choices") or value["rectanglelabels"]
    return label
