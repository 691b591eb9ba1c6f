"""Our line gets into the team's `dvc.yaml` without a change of any other byte, or not at all."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from dvc_sync_s3.dvc.dvc_yaml import with_metrics

NAME = "data.metrics.json"
PIPELINE = 'stages:\n  prep:\n    cmd: "python  prep.py"   # quoted\n    outs:\n      - a.txt\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PIPELINE, f"metrics:\n- {NAME}\n"),
        (PIPELINE.rstrip("\n"), f"\nmetrics:\n- {NAME}\n"),
        (PIPELINE.replace("\n", "\r\n"), f"metrics:\r\n- {NAME}\r\n"),
        (f"metrics:\n    - model.json  # ours\n{PIPELINE}", f"    - {NAME}\n"),
        (f"{PIPELINE}metrics:\n- model.json", f"\n- {NAME}"),
        (f"metrics:\n# first\n- model.json\n\n# then\n{PIPELINE}", f"- {NAME}\n"),
        (f"metrics:\n- model.json:\n    cache: false\n{PIPELINE}", f"- {NAME}\n"),
        (f"metrics: [model.json]\n{PIPELINE}", f"{NAME}, "),
        (f"metrics: []\n{PIPELINE}", NAME),
        (f"metrics:\n{PIPELINE}", f"- {NAME}\n"),
        (f"metrics: # none yet\n{PIPELINE}", f"- {NAME}\n"),
        ("{stages: {}}", f"metrics: [{NAME}], "),
        ("# nothing but a comment\n", f"metrics:\n- {NAME}\n"),
        ("\ufeffstages: {}\n", f"metrics:\n- {NAME}\n"),
    ],
)
def test_one_piece_of_text_comes_in(text: str, line: str) -> None:
    changed = with_metrics(text.encode(), NAME)
    assert changed is not None
    assert line in changed.decode()
    assert changed.decode().replace(line, "", 1) == text
    said, before = YAML(typ="safe").load(changed.decode()), YAML(typ="safe").load(text) or {}
    assert NAME in said.pop("metrics")
    before.pop("metrics", None)
    assert said == before


@pytest.mark.parametrize(
    "text",
    [
        f"metrics:\n- {NAME}\n",
        f"metrics:\n- {NAME}:\n    cache: false\n",
        f"metrics: [{NAME}]\n",
        "metrics: model.json\n",
        "metrics:\n  model.json: {}\n",
        "- a list\n",
        "stages: [\n",
        "stages: {}\n---\nstages: {}\n",
        "stages: {}\n...\n",
        "a: 1\na: 2\n",
    ],
)
def test_what_has_it_or_has_no_safe_place_stays(text: str) -> None:
    assert with_metrics(text.encode(), NAME) is None


def test_a_file_that_is_no_text_stays() -> None:
    assert with_metrics(b"\xff\xfe", NAME) is None


def test_a_name_that_yaml_would_misread_is_quoted() -> None:
    assert with_metrics(None, "a: b #c.metrics.json") == b'metrics:\n- "a: b #c.metrics.json"\n'
