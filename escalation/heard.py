"""From the rows of a visit to what was heard in it: pure, no query in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from escalation.policy import Policy
from escalation.situations import CodeFact
from records.visits import Answer, CallAttempt, Flag, Turn
from speech.answered import CLEAR_ANSWERS, AnswerScored, QuestionPut
from speech.manner import TurnHeard
from speech.record_sheet import passed_over, place
from speech.types import Evidence, Urgency
from speech.weights import Weights

OWN_CALLS = frozenset({"completed", "partial", "refused"})
"""Outcomes of calls in which the elder was heard."""


@dataclass(frozen=True, slots=True)
class VisitRows:
    """The rows of one visit."""

    attempts: Sequence[CallAttempt]
    turns: Sequence[Turn]
    answers: Sequence[Answer]
    flags: Sequence[Flag]

    @property
    def outcomes(self) -> frozenset[str]:
        """How the calls ended, as far as their ends were seen."""
        return frozenset(attempt.call_outcome for attempt in self.attempts if attempt.call_outcome)


def answers_of(rows: VisitRows, put: Mapping[str, QuestionPut], policy: Policy) -> tuple[AnswerScored, ...]:
    """Everything that scoring reads: what stands for each question, and flags that no answer carries."""
    return (*_answers(rows, put, policy), *_loose_flags(rows, put))


def own_turns(rows: VisitRows) -> tuple[TurnHeard, ...]:
    """The exchanges of the calls in which the elder was heard, for comparing how they spoke."""
    own = {attempt.id for attempt in rows.attempts if attempt.call_outcome in OWN_CALLS}
    return tuple(
        TurnHeard(
            turn.response_delay_s,
            turn.speech_s,
            turn.transcript,
            turn.answer,
            turn.key,
            pause_s=turn.pause_s,
            speech_dbfs=turn.speech_dbfs,
            background_dbfs=turn.background_dbfs,
        )
        for turn in rows.turns
        if turn.attempt_id in own
    )


def _answers(rows: VisitRows, put: Mapping[str, QuestionPut], policy: Policy) -> list[AnswerScored]:
    """What stands for each question, without what the elder took back."""
    turns = {turn.id: turn for turn in rows.turns}
    flags = {flag.code: flag for flag in rows.flags}
    return [
        _answer(row, put.get(row.question, QuestionPut(row.question)), turns, flags, rows, policy)
        for row in rows.answers
    ]


def _answer(
    row: Answer,
    question: QuestionPut,
    turns: Mapping[int, Turn],
    flags: Mapping[str, Flag],
    rows: VisitRows,
    policy: Policy,
) -> AnswerScored:
    turn = turns.get(row.turn_id) if row.turn_id is not None else None
    own = {code: flags[code] for code in row.codes if code in flags}
    withdrawn = frozenset(code for code, flag in own.items() if flag.confirmed == "no")
    return AnswerScored(
        question=question,
        answer=row.answer,
        urgency=_standing_urgency(row, own, withdrawn, policy),
        codes=tuple(row.codes),
        withdrawn=withdrawn,
        confirmed={code: flag.confirmed for code, flag in own.items()},
        confirmed_by=row.confirmed_by,
        by_proxy=_by_proxy(turn, rows),
        **_from_turn(turn),
    )


def _standing_urgency(
    row: Answer, flags: Mapping[str, Flag], withdrawn: frozenset[str], policy: Policy
) -> Urgency:
    """The urgency of an answer, less what was taken back if that was what made it urgent."""
    urgency = Urgency.parse(row.urgency)
    if not withdrawn or max(Urgency.parse(flags[code].urgency) for code in withdrawn) < urgency:
        return urgency
    standing = [
        Urgency.parse(flags[code].urgency) if code in flags else policy.nominal(code) or Urgency.NONE
        for code in row.codes
        if code not in withdrawn
    ]
    return max(standing, default=Urgency.NONE)


def _loose_flags(rows: VisitRows, put: Mapping[str, QuestionPut]) -> list[AnswerScored]:
    """Flags that no answer carries: heard in the greeting, while waiting, between questions.

    A worker who listened to the very exchange and entered something else has the last word on its score;
    the flag itself and its work order stay.
    """
    carried = {code for row in rows.answers for code in row.codes}
    judged = {row.turn_id for row in rows.answers if row.confirmed_by not in ("", "elder")}
    turns = {turn.id: turn for turn in rows.turns}
    loose: list[AnswerScored] = []
    for flag in rows.flags:
        if flag.code in carried or (flag.turn_id is not None and flag.turn_id in judged):
            continue
        turn = turns.get(flag.turn_id) if flag.turn_id is not None else None
        taken_back = flag.confirmed == "no"
        asked = turn.question if turn is not None else "any"
        loose.append(
            AnswerScored(
                question=put.get(asked, QuestionPut(asked)),
                answer="no" if taken_back else "concern",
                urgency=Urgency.NONE if taken_back else Urgency.parse(flag.urgency),
                codes=(flag.code,),
                withdrawn=frozenset({flag.code}) if taken_back else frozenset(),
                confirmed={flag.code: flag.confirmed},
                by_proxy=_by_proxy(turn, rows),
                **_from_turn(turn),
            )
        )
    return loose


def _from_turn(turn: Turn | None) -> dict[str, Any]:
    """The evidence that a turn holds."""
    if turn is None:
        return {}
    return {
        "transcript": turn.transcript,
        "alternatives": tuple(line for line in turn.alternatives.splitlines() if line),
        "key": turn.key,
        "turn_id": turn.id,
        "span_s": (turn.started_s, turn.ended_s),
        "matched": tuple(map(_evidence, turn.evidence)),
        "confidence": turn.confidence,
    }


def _evidence(match: Mapping[str, Any]) -> Evidence:
    """Read stored evidence back; a piece that an older program did not store stays empty."""
    return Evidence(
        code=match.get("code", ""),
        rule=match.get("rule", ""),
        phrase=match.get("phrase", ""),
        found=match.get("found", ""),
        via=match.get("via", "text"),
        score=match.get("score", 0.0),
    )


def _by_proxy(turn: Turn | None, rows: VisitRows) -> bool:
    if turn is None:
        return False
    return any(a.id == turn.attempt_id and a.call_outcome == "proxy" for a in rows.attempts)


def codes_of(rows: VisitRows, policy: Policy, weights: Weights, *, ended: bool) -> tuple[CodeFact, ...]:
    """Every code heard, with its urgency: flags first, then answers, then calls whose end nobody saw.

    While the visit goes on only flags count: the dialogue may still be asking whether it heard rightly.
    """
    turns = {turn.id: turn for turn in rows.turns}
    facts = {flag.code: _flag_fact(flag, turns) for flag in rows.flags if _counts(flag, weights)}
    if not ended:
        return tuple(facts.values())
    for row in rows.answers:
        turn = turns.get(row.turn_id) if row.turn_id is not None else None
        words = turn.transcript if turn is not None else ""
        for fact in _unflagged(row.codes, row.urgency, facts, policy, weights):
            facts[fact.code] = replace(fact, words=words, question=row.question, turn_id=row.turn_id)
    unfinished = {attempt.id for attempt in rows.attempts if attempt.call_outcome is None}
    for turn in rows.turns:
        if turn.attempt_id in unfinished and Urgency.parse(turn.urgency) >= Urgency.URGENT:
            for fact in _unflagged(turn.codes, turn.urgency, facts, policy, weights):
                facts[fact.code] = replace(
                    fact, words=turn.transcript, question=turn.question, turn_id=turn.id
                )
    return tuple(facts.values())


def _counts(flag: Flag, weights: Weights) -> bool:
    """A code that only steers the conversation counts where the dialogue lifted it to something urgent."""
    return flag.code not in weights.control or Urgency.parse(flag.urgency) >= Urgency.URGENT


def _flag_fact(flag: Flag, turns: Mapping[int, Turn]) -> CodeFact:
    turn = turns.get(flag.turn_id) if flag.turn_id is not None else None
    return CodeFact(
        code=flag.code,
        urgency=Urgency.parse(flag.urgency),
        confirmed=flag.confirmed,
        words=flag.words,
        question=turn.question if turn is not None else "",
        turn_id=flag.turn_id,
    )


def _unflagged(
    codes: Sequence[str], urgency: str, flagged: Mapping[str, CodeFact], policy: Policy, weights: Weights
) -> list[CodeFact]:
    """Codes that no flag speaks for, with the urgency the policy gives them.

    Where no code, flagged or not, accounts for the urgency of the whole, the codes take that urgency: better
    one visit too many.
    """
    whole = Urgency.parse(urgency)
    told = [code for code in codes if code not in weights.control]
    known = {code: nominal for code in told if (nominal := policy.nominal(code)) is not None}
    accounted = [*known.values(), *(flagged[code].urgency for code in told if code in flagged)]
    explained = max(accounted, default=Urgency.NONE) >= whole
    fallback = Urgency.NONE if explained else whole
    found = [CodeFact(code, max(known.get(code, whole), fallback)) for code in told if code not in flagged]
    if not told and whole >= Urgency.URGENT:
        found.append(CodeFact("unspecified", whole))
    return found


def unclear_of(answers: Sequence[AnswerScored], weights: Weights) -> tuple[str, ...]:
    """Questions about the elder that got no clear answer."""
    return tuple(
        answer.question.id
        for answer in answers
        if answer.answer not in CLEAR_ANSWERS
        and place(answer.question, weights).scored
        and not passed_over(answer)
        and not set(answer.codes) - weights.control
    )


def asked_for_person(rows: VisitRows) -> bool:
    """By word, by the key 0, or by saying yes when a person was offered."""
    offered = any(turn.question == "offer_person" and turn.answer == "yes" for turn in rows.turns)
    flagged = any(flag.code == "human" and flag.confirmed != "no" for flag in rows.flags)
    return (
        offered
        or flagged
        or any(turn.answer == "human" or turn.key == "0" or "human" in turn.codes for turn in rows.turns)
    )
