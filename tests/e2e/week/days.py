"""The week: what annotators save and what a data scientist pushes, day by day, and what she looks at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.servers.team import BRANCH
from tests.e2e.week.office import Office
from tests.e2e.week.saving import ANN, BO, PHOTOS, TEXTS, Saved, body, photos, texts

Records = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A command and what it printed."""

    command: str
    output: str


@dataclass(slots=True)
class Week:
    """The week as it goes on; `left` is what must be in the dataset, by project and task;
    `shown` is by day."""

    office: Office
    left: dict[tuple[int, int], Saved] = field(default_factory=dict)
    shown: dict[str, list[Shown]] = field(default_factory=dict)

    def save(self, moment: str, saved: Iterable[Saved]) -> None:
        """Let annotators save in one sitting, and wait for the service's commit."""
        self.office.at(moment)
        location = self.office.service.location
        with location.client() as client:
            for one in saved:
                client.put_object(Bucket=location.bucket, Key=one.key, Body=body(one))
                self.left[one.project, one.task] = one
        self.office.service.wait_until_synced()

    def delete(self, moment: str, project: int, tasks: Iterable[int]) -> None:
        """Let an annotator delete annotations in one sitting, and wait for the service's commit."""
        self.office.at(moment)
        location = self.office.service.location
        with location.client() as client:
            for task in tasks:
                client.delete_object(Bucket=location.bucket, Key=self.left.pop((project, task)).key)
        self.office.service.wait_until_synced()

    def edit(self, moment: str, subject: str, edit: Callable[[Records], None], indent: int | None = None) -> None:
        """Let the data scientist change the dataset as everybody does: pull, add, push."""
        self.office.at(moment)
        dana = self.office.dana
        dana.dvc_pull()
        records: Any = dana.dataset()
        edit(records)
        lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        text = f"[\n{lines}\n]" if indent is None else json.dumps(records, indent=indent, ensure_ascii=False)
        (dana.folder / "data/data.json").write_text(f"{text}\n", "utf-8")
        dana.dvc_add()
        dana.dvc("push", "-q")
        dana.commit_and_push(subject)

    def code(self, moment: str, subject: str, text: str) -> None:
        """Let the data scientist train on the data as it is, and push a line of code."""
        self.office.at(moment)
        dana = self.office.dana
        dana.dvc_pull()
        with (dana.folder / "train.py").open("a", encoding="utf-8") as file:
            file.write(text)
        dana.commit_and_push(subject)

    def revert(self, moment: str) -> None:
        """Let the data scientist take back the branch's last commit."""
        self.office.at(moment)
        dana = self.office.dana
        dana.pull()
        dana.git("revert", "--no-edit", "HEAD")
        dana.git("push", "-q", "origin", f"HEAD:{BRANCH}")

    def look(self, day: str, *commands: str) -> None:
        """Show the log since `day` began, then what `commands` print."""
        self.office.dana.dvc_pull()
        log = f"git log --stat --since={day}T00:00Z"
        self.shown[day] = [Shown(command, self.office.output(command)) for command in (log, *commands)]


def play(office: Office) -> Week:
    """Play the week from Monday to Friday."""
    week = Week(office)
    for day in (_monday, _tuesday, _wednesday, _thursday, _friday):
        day(week)
    return week


def _monday(week: Week) -> None:
    week.save("2026-11-23 10:12", [*texts(range(1, 8), "positive", ANN), *texts(range(8, 13), "negative", BO)])
    week.code("2026-11-23 13:40", "train: a first baseline", "model = baseline(labels('data/data.json'))\n")
    week.save("2026-11-23 16:55", [*photos(range(1, 4), "cat", ANN), *photos(range(4, 7), "dog", BO)])
    week.look("2026-11-23", "dvc metrics diff HEAD~1", "dvc diff HEAD~1")


def _tuesday(week: Week) -> None:
    week.edit("2026-11-24 09:30", "predictions: the baseline's, for all texts", _predict)
    changed = [Saved(TEXTS, 3, "neutral", ANN), Saved(TEXTS, 9, "neutral", BO)]
    week.save("2026-11-24 11:20", [*changed, *texts(range(13, 17), "positive", BO)])
    week.look("2026-11-24", "dvc metrics diff HEAD~1")


def _wednesday(week: Week) -> None:
    week.edit("2026-11-25 09:05", "labels: reviews 10 and 11 are ironic, hence positive", _correct)
    week.save("2026-11-25 10:45", [Saved(TEXTS, 10, "neutral", BO), *texts(range(17, 20), "negative", ANN)])
    week.left[TEXTS, 11] = Saved(TEXTS, 11, "positive", BO)
    week.look("2026-11-25", "dvc metrics diff HEAD~1")


def _thursday(week: Week) -> None:
    week.edit("2026-11-26 09:15", "data: indented, for reading it in an editor", lambda _: None, indent=2)
    week.delete("2026-11-26 14:30", PHOTOS, [5, 6])
    week.look("2026-11-26", "dvc metrics diff HEAD~1", "dvc diff HEAD~1")


def _friday(week: Week) -> None:
    wrong = dict(week.left)
    week.save("2026-11-27 09:50", texts(range(20, 26), "negative", BO))
    week.revert("2026-11-27 11:00")
    week.left = wrong
    week.save("2026-11-27 13:20", texts(range(20, 26), "positive", BO))
    week.code("2026-11-27 15:00", "train: hold out a fifth", "model.evaluate(held_out=0.2)\n")
    week.look("2026-11-27", "dvc metrics diff HEAD~4", "dvc status")


def _predict(records: Records) -> None:
    for record in records:
        if record["project"] == TEXTS:
            result = [{"from_name": "s", "to_name": "text", "type": "choices", "value": {"choices": ["positive"]}}]
            record["predictions"] = [{"model_version": "baseline", "score": 0.5, "result": result}]


def _correct(records: Records) -> None:
    for record in records:
        if record["project"] == TEXTS and record["id"] in {10, 11}:
            record["annotations"][0]["result"][0]["value"]["choices"] = ["positive"]
