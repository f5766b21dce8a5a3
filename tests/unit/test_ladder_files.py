"""Ladders as files: which edited ones are refused, and what an area has of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from escalation.ladders import SHIPPED, LadderError, load_ladders

ROLES = ("grid_worker", "social_worker")
CALM = {"work": [{"to": [{"who": "role", "role": "coordinator"}], "wait": 10}],
        "overdue": [{"to": [{"who": "holder"}], "wait": 10}]}  # fmt: skip


def edited(tmp_path: Path, change: object) -> Path:
    data = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(data)  # type: ignore[operator]  # a function that edits the data
    path = tmp_path / "ladders.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda b: b["ladders"].pop("none"), "lack none"),
        (lambda b: b["ladders"]["emergency"]["work"].pop(), "must come to the coordinators"),
        (lambda b: b["ladders"]["urgent"]["night"].pop(), "must come to the coordinators"),
        (lambda b: b["ladders"]["emergency"]["night"][0].update(wait=45), "more than 30 minutes"),
        (lambda b: b["ladders"]["emergency"].update(hold_at_night=True), "may not be held"),
        (lambda b: b["ladders"]["need"].update(work=[]), "ladders.need.work"),
        (lambda b: b["ladders"]["need"]["work"][0]["to"].append({"who": "holder"}), "nobody holds"),
        (lambda b: b["ladders"]["need"]["overdue"][0]["to"].append({"who": "on_duty"}), "is with somebody"),
        (lambda b: b["ladders"]["need"]["work"][0]["to"].append({"who": "role"}), "names a role"),
        (lambda b: b["ladders"]["need"]["work"][0]["to"].append({"who": "worker"}), "names a login"),
        (lambda b: b["ladders"]["need"]["work"][0].update(chanels=["sms"]), "chanels"),
        (lambda b: b["working_hours"].update(hours=[["18:00", "08:00"]]), "end after they begin"),
        (lambda b: b.update(areas={"城关镇": {"ladders": {"emergency": {**CALM, "hold_at_night": True}}}}),
         "areas.城关镇.ladders.emergency may not be held"),
    ],
)  # fmt: skip
def test_a_book_that_would_let_somebody_wait_in_vain_is_refused_in_one_line(
    tmp_path: Path, change: object, complaint: str
) -> None:
    with pytest.raises(LadderError, match=complaint) as refused:
        load_ladders(edited(tmp_path, change))
    assert "\n" not in str(refused.value)


def test_a_channel_that_is_not_configured_is_named(tmp_path: Path) -> None:
    path = edited(tmp_path, lambda b: b["ladders"]["urgent"]["work"][0].update(channels=["sms"]))
    assert load_ladders(path, channels=["sms", "console"]).channels() == {"sms"}
    with pytest.raises(LadderError, match="not configured: sms"):
        load_ladders(path, channels=["console"])


def test_a_book_that_is_not_there_or_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(LadderError, match="Cannot read the ladders"):
        load_ladders(tmp_path / "nowhere.yaml")
    (tmp_path / "torn.yaml").write_text("{", encoding="utf-8")
    with pytest.raises(LadderError, match="not YAML"):
        load_ladders(tmp_path / "torn.yaml")


def test_the_nearest_area_with_a_ladder_of_its_own_counts(tmp_path: Path) -> None:
    hours = {"days": [0], "hours": [["09:00", "10:00"]]}
    book = load_ladders(
        edited(
            tmp_path,
            lambda b: b.update(
                areas={"淄川区": {"ladders": {"urgent": CALM, "need": CALM}, "working_hours": hours},
                       "城关镇": {"ladders": {"urgent": {**CALM, "hold_at_night": True}}}}
            ),
        )
    )  # fmt: skip

    def ladder(urgency: str, *areas: str) -> object:
        return book.for_order(urgency, areas=areas, timezone="Asia/Shanghai", roles=ROLES)  # type: ignore[arg-type]

    path = ("一网格", "城关镇", "淄川区")
    assert ladder("urgent", *path).hold_at_night  # type: ignore[attr-defined]
    assert not ladder("need", *path).hold_at_night  # type: ignore[attr-defined]
    assert ladder("need", *path).hours.days == {0}  # type: ignore[attr-defined]
    assert len(ladder("emergency", *path).work) == 3  # type: ignore[attr-defined]
    assert ladder("urgent", "别处").work == book.ladders["urgent"].work  # type: ignore[attr-defined]
