"""The policy file: what is shipped holds, and a mistake in a district's own is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.policy import SHIPPED, PolicyError, load_policy


def changed(tmp_path: Path, was: str, becomes: str) -> Path:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert was in shipped
    file = tmp_path / "district.yaml"
    file.write_text(shipped.replace(was, becomes), encoding="utf-8")
    return file


def test_the_shipped_policy_has_a_version_to_mark_visits_with() -> None:
    assert load_policy().version == "district-2023.2"


def test_a_district_may_have_its_own_numbers(tmp_path: Path) -> None:
    policy = load_policy(changed(tmp_path, "groups: { safety_net: weekly }", "groups: { living_alone: 1 }"))
    assert dict(policy.cadence_days.groups) == {"living_alone": 1}


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("age_from: 80", "age_from: eighty", r"wrong at tiers\.0\.rules\.0\.age_from"),
        ("age_from: 80", "aged: 80", r"wrong at tiers\.0\.rules\.0\.aged"),
        ("tier: secondary", "tier: middling", r"wrong at tiers\.1\.tier"),
        ("general: monthly }", "general: 0 }", r"wrong at cadence_days\.tiers\.general"),
        (", general: monthly }", " }", "no number of days for the tier general"),
        ("- {}", "- { age_from: 60 }", "the last tier must take everybody"),
        ("version: district-2023.2", "", "wrong at version"),
        ("telephone:", "telephone: [", "is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, was: str, becomes: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says) as caught:
        load_policy(changed(tmp_path, was, becomes))
    assert "district.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_or_empty_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        load_policy(tmp_path / "nowhere.yaml")
    (tmp_path / "empty.yaml").touch()
    with pytest.raises(PolicyError, match="wrong at the file"):
        load_policy(tmp_path / "empty.yaml")
