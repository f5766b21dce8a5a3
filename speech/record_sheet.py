"""The nine columns of the visit record (记录表, annex 2), composed from coded answers and nothing else.

The form is Chinese whatever language the elder speaks. A column about which nothing was asked or said
stays empty: the plans forbid empty *and* invented entries, so nothing is written that no answer supports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from speech.answered import CLEAR_ANSWERS, AnswerScored, QuestionPut
from speech.weights import COLUMNS, Column, QuestionWeight, Weights

_TROUBLE = {"problem": "有问题", "concern": "一般"}


def record_sheet(
    answers: Sequence[AnswerScored],
    weights: Weights,
    *,
    expected: Sequence[QuestionPut],
    handled: Mapping[str, str],
) -> dict[Column, str]:
    """Fill the sheet.

    ``expected``: the script's questions for this visit; ``handled``: code -> what has been set going for
    it, such as 已派单. Returns all nine columns in the form's order.
    """
    rank = {name: number for number, name in enumerate(weights.questions)}
    last = len(rank)
    ranked = sorted(answers, key=lambda each: (rank.get(_topic(each, weights), last), each.question.id))
    pieces: dict[Column, list[str]] = {column: [] for column in COLUMNS}
    for column, text in _troubles(ranked, weights, handled):
        pieces[column].append(text)
    for column, text in _open_questions(ranked, weights, expected):
        pieces[column].append(text)
    for column, text in _well(ranked, weights):
        pieces[column].append(text)
    return {column: "；".join(pieces[column]) for column in COLUMNS}


def place(put: QuestionPut, weights: Weights) -> QuestionWeight:
    """Where answers to a question belong."""
    return weights.place(put.id, put.topic, put.dimension, put.column)


def passed_over(answer: AnswerScored) -> bool:
    """Whether an answer says nothing because nothing had to be said."""
    return answer.question.optional and answer.answer == "silence" and not answer.codes


def _topic(answer: AnswerScored, weights: Weights) -> str:
    return answer.question.id if answer.question.id in weights.questions else answer.question.topic


def _standing(answer: AnswerScored, weights: Weights) -> list[str]:
    """Codes of an answer that say something about the elder and were not taken back."""
    return sorted(set(answer.codes) - answer.withdrawn - weights.control)


def _source(answer: AnswerScored, code: str = "") -> str:
    """Who stands behind an entry, as the form's readers put it."""
    if answer.confirmed_by not in ("", "elder"):
        return "工作人员核实"
    if answer.by_proxy:
        return "他人代述"
    if answer.confirmed.get(code) == "yes" or (code and answer.confirmed_by == "elder"):
        return "本人确认"
    if answer.confirmed.get(code) == "unclear":
        return "追问未答清"
    return "本人自述"


def _troubles(
    answers: Sequence[AnswerScored], weights: Weights, handled: Mapping[str, str]
) -> list[tuple[Column, str]]:
    """What is wrong or wanted, by column; codes from the same source with the same follow-up share a line."""
    lines: dict[tuple[Column, str, str], list[str]] = defaultdict(list)
    written: set[str] = set()
    weight = {code: known.points for code, known in weights.codes.items()}
    heard = [(answer, code) for answer in answers for code in _standing(answer, weights)]
    for answer, code in sorted(heard, key=lambda pair: -weight.get(pair[1], 0.0)):
        if code in written:
            continue
        written.add(code)
        known = weights.codes.get(code)
        column = known.column if known else place(answer.question, weights).column
        lines[column, _source(answer, code), handled.get(code, "")].append(weights.label(code))
    texts = [
        (column, f"{'、'.join(labels)}（{source}）" + (f"，{done}" if done else ""))
        for (column, source, done), labels in lines.items()
    ]
    for answer in answers:
        question = place(answer.question, weights)
        if answer.answer in _TROUBLE and question.scored and not answer.codes:
            texts.append((question.column, f"{question.topic}{_TROUBLE[answer.answer]}（{_source(answer)}）"))
    return texts


def _open_questions(
    answers: Sequence[AnswerScored], weights: Weights, expected: Sequence[QuestionPut]
) -> list[tuple[Column, str]]:
    """Questions without a clear answer, and questions that were never put."""
    texts: list[tuple[Column, str]] = []
    for answer in answers:
        question = place(answer.question, weights)
        unclear = answer.answer not in CLEAR_ANSWERS and not _standing(answer, weights)
        if question.scored and unclear and not passed_over(answer):
            texts.append((question.column, f"{question.topic}未答清"))
    asked = {answer.question.id for answer in answers}
    for put in expected:
        question = place(put, weights)
        if put.id not in asked and question.scored and not put.optional:
            texts.append((question.column, f"{question.topic}未问到"))
    return texts


def _well(answers: Sequence[AnswerScored], weights: Weights) -> list[tuple[Column, str]]:
    """What is well, one line a column, in the script's order."""
    fine: dict[tuple[Column, str], list[str]] = defaultdict(list)
    for answer in answers:
        question = place(answer.question, weights)
        if answer.answer == "ok" and question.fine and not set(answer.codes) - weights.control:
            suffix = "（他人代述）" if answer.by_proxy else ""
            fine[question.column, suffix].append(question.fine)
    return [(column, "，".join(texts) + suffix) for (column, suffix), texts in fine.items()]
