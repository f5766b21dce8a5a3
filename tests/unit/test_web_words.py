"""Every code the ledger may hold has words; the panel shows no worker a bare code."""

from typing import get_args

import pytest

from campaigns.policy import Ability, Category, RoundLength, RoundStart, Tier
from campaigns.policy_changes import ASPECTS
from campaigns.surges import SurgeKind
from campaigns.tiers import VisitMode
from escalation.history import ALERTING
from escalation.policy import OrderKind, Situation
from ivr.lines import Disposition
from ivr.report import CallOutcome, Confirmed
from ivr.script import load_script
from ivr.script_questions import OWN_TURNS
from records.feedback import RATINGS, SAID_BY
from speech.types import LANGUAGES, Urgency
from speech.weights import COLUMNS, DIMENSIONS, Level, Measure, load_weights
from web.ladder_form import PARTS
from web.word_lists import WORDS, answers, orders, people, plans, trail, visits

WEIGHTS = load_weights()


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("disposition", list(Disposition)),
        ("call_outcome", list(CallOutcome)),
        ("confirmed", list(Confirmed)),
        ("urgency", [urgency.label for urgency in Urgency]),
        ("level", [level.label for level in Level]),
        ("dimension", DIMENSIONS),
        ("column", COLUMNS),
        ("tier", list(Tier)),
        ("surge_kind", list(SurgeKind)),
        ("ability", list(Ability)),
        ("category", list(Category)),
        ("mode", list(VisitMode)),
        ("order_kind", get_args(OrderKind)),
        ("reason", [*get_args(Situation), "in_home"]),
        ("event", [*ALERTING, "unassigned", "accepted", "declined", "on_the_way", "on_site", "closed"]),
        ("event", [f"said_{rating}" for rating in RATINGS]),
        ("action", [f"order_said_{rating}" for rating in RATINGS]),
        ("rating", RATINGS),
        ("said_by", SAID_BY),
        ("outcome", list(WEIGHTS.outcomes)),
        ("answer", list(WEIGHTS.answers)),
        ("control", [code for code in WEIGHTS.control if code != "none"]),
        ("question", sorted(OWN_TURNS | set(WEIGHTS.questions))),
        ("language", LANGUAGES),
        ("measure", get_args(Measure)),
        ("round_start", list(RoundStart)),
        ("round_length", list(RoundLength)),
        ("module", [module.id for module in load_script("standard").modules]),
        ("policy_aspect", ASPECTS),
        ("ladder_part", PARTS),
    ],
)
def test_every_code_has_words(group, codes):
    assert set(codes) - set(WORDS[group]) == set()


def test_every_question_of_the_shipped_script_has_a_name():
    script = load_script("standard")
    questions = {question.id for question in script.questions()}
    assert questions
    assert questions - set(WORDS["question"]) == set()


def test_no_group_has_words_in_two_modules():
    parts = (answers, orders, people, plans, trail, visits)
    assert sum(len(part.WORDS) for part in parts) == len(WORDS)
