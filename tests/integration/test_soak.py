"""A short soak: real calls of all manners over loopback; and what its verdict sees."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.village import need_telephones

from benchmarks import calls
from benchmarks.soak import deaf_senses, faults_of, soak
from benchmarks.telephony.elders import EVERYBODY, Manner, manner_of, numbers
from benchmarks.telephony.gateway import Placed, Vitals
from benchmarks.telephony.leftovers import left_behind
from benchmarks.telephony.processor import Processor
from ivr.gaps import Gap
from ivr.recording import Recording
from ivr.senses import Senses
from ivr.warming import warm_up
from speech.types import Language


@pytest.mark.sip
def test_a_short_soak_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_telephones()
    kept: list[Recording] = []

    async def warm_up_and_leave_something(senses: Senses, language: Language) -> float:
        took_s = await warm_up(senses, language)
        kept.append(Recording(1.0))  # as if a call that is over had left it behind
        return took_s

    monkeypatch.setattr("benchmarks.soak.warm_up", warm_up_and_leave_something)
    with ThreadPoolExecutor(2) as engines:
        senses, prompts = deaf_senses(engines, tmp_path)
        outcome = asyncio.run(soak(senses, prompts, tmp_path, seconds=16.0, calls=6, longest=2.0))
    assert outcome.faults == ("1 of Recording are left of calls that are over",), "that is seen, and no more"
    assert len(kept) == 1
    assert outcome.calls >= 7, "six at once, and another for whoever was busy"
    assert outcome.call_seconds > 20
    assert set(outcome.by_disposition) >= {"answered", "busy", "no_answer"}


def people(*manners: Manner) -> list[Placed]:
    """Calls that came to what whoever was rung does."""
    came_to = {Manner.IS_BUSY: "busy", Manner.IS_OUT: "no_answer"}
    given = numbers(manners)
    return [
        Placed(f"bench-{index}", next(given), came_to.get(manner, "answered"), seconds=10.0)
        for index, manner in enumerate(manners)
    ]


def seen(call: Placed, **changes: Any) -> Mapping[str, Any]:
    ends = {Manner.IS_BUSY: "busy", Manner.IS_OUT: "cancelled", Manner.HANGS_UP: "hung up here"}
    ended = ends.get(manner_of(call.number), "hung up there")
    answered = call.disposition == "answered"
    told = {"reference": call.reference, "ended": ended, "answered": answered, "seconds": call.seconds}
    return told | {"packets": 500 * answered, "lost": 0} | changes


def healthy() -> Vitals:
    return Vitals(resident_mb=[300.0] * 9, files=[20] * 9, tasks=[30] * 9)


def test_calls_that_came_to_what_their_elder_does_are_no_fault() -> None:
    placed = people(*EVERYBODY)
    assert list(faults_of(placed, [seen(each) for each in placed], healthy())) == []


def test_the_verdict_sees_a_lost_call_a_doubled_one_and_a_stranger() -> None:
    placed = people(Manner.TALKS, Manner.TALKS, Manner.TALKS)
    ended = [seen(placed[0]), seen(placed[0]), seen(placed[1]), seen(placed[1], reference="unheard-of")]
    found = " / ".join(faults_of(placed, ended, healthy()))
    assert "bench-0 was seen 2 times" in found
    assert "bench-2 was seen 0 times" in found
    assert "1 calls rang that nobody here knows of" in found


def test_the_verdict_sees_a_busy_elder_who_was_taken_for_out_and_packets_that_got_lost() -> None:
    placed = [replace(each, disposition="no_answer") for each in people(Manner.IS_BUSY)]
    ended = [seen(placed[0], packets=100, lost=5)]
    found = " / ".join(faults_of(placed, ended, healthy()))
    assert "bench-0 came to no_answer (), not busy" in found
    assert "5 of 100 packets were lost" in found


def test_the_verdict_sees_what_grows_after_the_first_third() -> None:
    vitals = Vitals(
        resident_mb=[100.0, 300, 300, 300, 300, 300, 340, 340, 340], files=[9] * 6 + [99] * 3, tasks=[9] * 9
    )
    call = people(Manner.TALKS)
    assert list(faults_of(call, [seen(each) for each in call], vitals)) == [
        "memory grew from 300 to 340 MB",
        "open files grew from 9 to 99",
    ]


def test_the_verdict_sees_an_elder_whom_nobody_spoke_to_and_that_nobody_was_reached_at_all() -> None:
    placed = people(Manner.TALKS)
    assert list(faults_of(placed, [seen(placed[0], packets=100)], healthy())) == [
        "bench-0 was sent sound for 2 of 10 s"
    ]
    assert list(faults_of([], [], healthy())) == ["nobody was talked with"]


def test_the_verdict_sees_what_is_left_of_calls_that_are_over() -> None:
    placed = people(Manner.TALKS)
    found = list(faults_of(placed, [seen(placed[0])], healthy(), {"Recording": 3}))
    assert found == ["3 of Recording are left of calls that are over"]


def test_what_is_left_of_a_call_is_found() -> None:
    before = left_behind().get("Recording", 0)
    kept = [Recording(1.0), Recording(1.0)]
    assert left_behind()["Recording"] == before + len(kept)


def test_a_benchmark_says_which_targets_are_missed() -> None:
    answered = [replace(each, gaps=(Gap(0.6, 0.5),)) for each in people(Manner.TALKS)]
    heard = [{"intervals_ms": [20.0, 45.0], "gaps_s": [1.1], "lost": 0, "packets": 3}]
    spent = Processor(gateway_s=1.0, engines_s=2.0, telephones_s=0.5)
    few = calls.level_of(10, answered, heard, healthy(), spent)
    many = calls.level_of(40, answered, heard, healthy(), spent)
    assert few["missed_targets"] == [
        "the machine's own delay p95 0.5 s, not 0.3",
        "pacing p99 45.0 ms, not 30",
    ]
    assert many["missed_targets"] == ["pacing p99 45.0 ms, not 30"]
    assert few["gateway_share_per_call"] == 0.1
    assert few["engines_share_per_call"] == 0.2
    assert few["telephones_share_per_call"] == 0.05
    assert few["engines_s_per_reply"] == round(2.0 / len(answered), 3)
    assert calls.table([few, many]).row_count == len(calls.ROWS) + 1


def test_what_was_not_measured_is_no_target_met() -> None:
    spent = Processor(gateway_s=1.0, engines_s=2.0, telephones_s=0.5)
    silent = [{"intervals_ms": [], "gaps_s": [], "lost": 0, "packets": 0}]
    found = calls.level_of(40, people(Manner.TALKS), silent, healthy(), spent)
    assert found["missed_targets"] == [
        "the machine's own delay p95 None s, not 0.8",
        "pacing p99 None ms, not 30",
    ]


def test_a_call_that_went_wrong_is_a_missed_target_however_quick_the_others_were() -> None:
    (talked,) = people(Manner.TALKS)
    quick = replace(talked, gaps=(Gap(0.6, 0.1),))
    heard = [{"intervals_ms": [20.0], "gaps_s": [0.7], "lost": 0, "packets": 3}]
    spent = Processor(gateway_s=1.0, engines_s=2.0, telephones_s=0.5)
    refused = replace(talked, disposition="failed", cause="503 Service Unavailable")
    given_up = replace(quick, ended_early=True, cause="no engine could hear")
    for wrong in (refused, given_up):
        found = calls.level_of(40, [quick, wrong], heard, healthy(), spent)
        assert found["missed_targets"] == [f"calls went wrong: {wrong.cause}"]
    assert calls.level_of(40, [quick], heard, healthy(), spent)["missed_targets"] == []


def test_a_benchmark_ends_with_an_error_unless_all_it_was_asked_for_was_reached() -> None:
    reached = {"levels": [{"calls": 10}, {"calls": 40}], "met_up_to": 40, "beside_engines_mb": 299.0}
    assert calls.exit_code(reached) == 0
    assert calls.exit_code(reached | {"met_up_to": 10}) == 1, "the knee lies below"
    assert calls.exit_code(reached | {"met_up_to": 0}) == 1
    assert calls.exit_code(reached | {"beside_engines_mb": 301.0}) == 1


def test_a_level_that_is_met_above_one_that_is_missed_is_not_reached() -> None:
    levels = [{"calls": 10, "missed_targets": []}, {"calls": 20, "missed_targets": ["pacing"]}]
    assert calls.met_up_to([*levels, {"calls": 40, "missed_targets": []}]) == 10
    assert calls.met_up_to(levels[1:]) == 0
    assert calls.met_up_to(levels[:1]) == 10
