"""The page `docs/explanation/a-week.md`: the week as a reader sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from tests.e2e.week.days import Shown

PAGE = Path(__file__).parents[3] / "docs/explanation/a-week.md"
_HEAD = """# A week of a team

<!-- Written by `make week`; don't edit it by hand. -->

Two annotators, Ann and Bo, label short texts (project 4) and photos (project 5) in Label Studio. Dana, a data
scientist, works in the Git repository. The service is the team member who is called *Annotation Bot* here.

What follows is what `git` and `dvc` printed in Dana's clone, after `git pull` and `dvc pull` in the evening; an
end-to-end test plays the week again and compares. Two things are set, so that it comes out the same: the hours, and the
name of the service's data folder, otherwise made by chance. What annotators save in one sitting is one commit, since
the service waits for a quiet moment.
"""
_STORIES: Mapping[str, str] = {
    "Monday": """Dana has set up DVC. Ann and Bo label twelve texts in the morning and six photos in the afternoon.
The numbers of a commit are a metrics file of DVC, so `dvc metrics diff` tells what it did.""",
    "Tuesday": """Dana adds her model's predictions to each text and pushes. Later the annotators change two labels and
save four texts more: Dana's predictions stay, in the tasks that the service touches too.""",
    "Wednesday": """Dana corrects two labels. Later Bo, who doesn't know of it, changes one of the two himself.
Both changed the same annotation: the annotator's version stands, and the commit says so. The other correction stays.
Dana's commits leave the metrics alone; the service's next one counts what they did too.""",
    "Thursday": """Dana indents the file, to read it in an editor. Bo deletes two blurred photos. Records are compared
by what they say, so the new form is no change, and no conflict.""",
    "Friday": """Bo labels six texts, all of them wrong. Dana reverts the commit, as she would anyone's. The service
doesn't bring back what the team took back. Then Bo corrects his labels in Label Studio, and those arrive.""",
}


def page(shown: Mapping[str, Sequence[Shown]]) -> str:
    """Return the page of a week that was played."""
    parts = [_HEAD]
    for day, blocks in shown.items():
        name = f"{date.fromisoformat(day):%A}"
        parts += [f"## {name}\n", f"{_STORIES[name]}\n", *map(_block, blocks)]
    return "\n".join(parts)


def _block(shown: Shown) -> str:
    return f"```console\n$ {shown.command}\n{shown.output}\n```\n"
