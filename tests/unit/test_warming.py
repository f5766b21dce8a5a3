"""Before the first call engines do what they do once, and nothing is left that would stop all calls."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.calls import Hears, Tones, senses

from ivr.warming import warm_up


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_one_sentence_is_spoken_heard_and_forgotten() -> None:
    ears, voice = Hears("好着呢"), Tones()
    with ThreadPoolExecutor(1) as engines:
        asyncio.run(warm_up(senses(ears, voice, executor=engines, energy=True), "zh-CN"))
    assert len(voice.rendered) == 1
    assert len(ears.audio) == 1
    assert ears.candidates[0], "with the phrases that a question expects"


def test_what_stays_for_ever_is_not_searched_for_garbage_again() -> None:
    with ThreadPoolExecutor(1) as engines:
        asyncio.run(warm_up(senses(Hears(), executor=engines, energy=True), "zh-CN"))
    assert gc.get_freeze_count() > len(gc.get_objects())


@pytest.mark.parametrize("language", ["zh-CN", "es", "en"])
def test_engines_that_fail_are_no_reason_not_to_start(language: str) -> None:
    with ThreadPoolExecutor(1) as engines:
        broken = senses(Hears(RuntimeError("no model")), executor=engines, energy=True)
        asyncio.run(warm_up(broken, language))
