"""The visits of the panel's tests: attempts, what was said, what was made of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from records.people import Elder
from records.visits import Answer, Assessment, CallAttempt, Campaign, Flag, Turn, Visit
from speech.weights import load_weights
from support.panel_people import Person, Said
from support.panel_sound import spans_of, write_call
from support.panel_town import NOW, Town


def earlier_visits(session: Session, elder: Elder, person: Person, campaigns: list[Campaign]) -> None:
    if person.mode != "telephone":
        return
    for campaign, score in zip(campaigns[-len(person.earlier) :], person.earlier, strict=True):
        level = "green" if score < 20 else "yellow" if score < 50 else "orange"
        at = campaign.created_at + timedelta(days=4)
        visit = Visit(
            campaign_id=campaign.id,
            elder_id=elder.id,
            mode="telephone",
            status="ended",
            outcome="completed",
            attempts_made=1,
            snapshot={},
            created_at=campaign.created_at,
            ended_at=at,
        )
        visit.assessment = _assessment(level, score, at)
        visit.assessment.reviewed_by, visit.assessment.reviewed_at = "li", at
        session.add(visit)
    session.flush()


def _assessment(
    level: str, score: float, at: datetime, evidence: list[dict[str, Any]] | None = None
) -> Assessment:
    good = {"level": "green", "score": 0, "evidence": []}
    sheet = {
        "健康管理": "自述身体还好，没有疼痛，近期没有摔倒",
        "生活照料": "吃饭正常",
        "居家安全": "水电气暖正常",
    }
    if evidence:
        sheet["健康管理"] = "、".join(item["label"] for item in evidence) + "（本人自述），已派单"
    return Assessment(
        overall=level,
        score=score,
        dimensions={
            "health": {"level": level, "score": score, "evidence": evidence or []},
            "money": {"level": "not_asked", "score": 0, "evidence": []},
            "home_safety": good,
            "needs": good,
            "other": good,
        },
        record_sheet=sheet,
        manner={},
        weights_version="weights-2025.2",
        assessed_at=at,
    )


def visit_today(
    session: Session, town: Town, elder: Elder, person: Person, campaign: Campaign, at: datetime
) -> None:
    live = person.outcome is None and bool(person.talk)
    visit = Visit(
        campaign_id=campaign.id,
        elder_id=elder.id,
        mode=person.mode,
        mode_reason=person.mode_reason,
        status="ended" if person.outcome else "in_progress" if live else "planned",
        outcome=person.outcome,
        next_attempt_at=_next_attempt(person, live=live),
        attempts_made={"unreachable": 3, None: 2 if person.name == "丁素琴" else 0}.get(person.outcome, 1),
        snapshot={},
        created_at=campaign.created_at,
        ended_at=at + timedelta(seconds=90) if person.outcome else None,
    )
    session.add(visit)
    session.flush()
    town.visits[person.name] = visit.id
    if person.outcome == "unreachable":
        for number in (1, 2, 3):
            _attempt(session, town, visit, person, at - timedelta(hours=4 - number), number, ())
    if person.talk:
        _attempt(session, town, visit, person, NOW - timedelta(seconds=65) if live else at, 1, person.talk)
    if person.outcome:
        codes = [(said.codes, said.urgency) for said in person.talk if said.codes]
        visit.assessment = _assessment(
            person.level,
            person.score,
            at + timedelta(seconds=92),
            [
                {"rule": f"code:{code}", "points": person.score, "level": person.level, "code": code,
                 "question": "wellbeing", "because": "", "label": load_weights().label(code)}
                for group, _ in codes for code in group
            ],
        )  # fmt: skip


def _next_attempt(person: Person, *, live: bool) -> datetime | None:
    if person.outcome or live or person.mode != "telephone":
        return None
    return NOW + timedelta(minutes=55) if person.name == "丁素琴" else NOW - timedelta(hours=2)


def _attempt(
    session: Session,
    town: Town,
    visit: Visit,
    person: Person,
    at: datetime,
    number: int,
    talk: tuple[Said, ...],
) -> None:
    live = visit.outcome is None
    spans, seconds = spans_of(talk)
    elder = session.get_one(Elder, visit.elder_id)
    attempt = CallAttempt(
        visit_id=visit.id,
        number=number,
        phone_id=elder.phones[0].id,
        reference=f"w-{visit.id}-{number}",
        fence=1,
        status="dialling" if live else "ended",
        disposition=None if live else "answered_human" if talk else "no_answer",
        call_outcome=None
        if live
        else {"escalated": "completed"}.get(visit.outcome or "", visit.outcome)
        if talk
        else None,
        line="simulated",
        intended_at=at,
        dialled_at=at,
        answered_at=at + timedelta(seconds=9) if talk else None,
        ended_at=None if live else at + timedelta(seconds=9 + seconds),
        duration_s=0.0 if live else seconds,
        recording="",
    )
    session.add(attempt)
    session.flush()
    town.attempts[person.name] = attempt.id
    if talk and not live:
        attempt.recording = f"{visit.id}-{number}.wav"
        write_call(town.folder / attempt.recording, spans, seconds, seed=visit.id)
    for index, (said, (start, _, _, end)) in enumerate(zip(talk, spans, strict=True)):
        turn = _turn(attempt, index, said, person, at, start, end)
        session.add(turn)
        session.flush()
        town.turns.setdefault(person.name, []).append(turn.id)
        _answers_and_flags(visit, turn, said, at)


def _turn(
    attempt: CallAttempt, index: int, said: Said, person: Person, at: datetime, start: float, end: float
) -> Turn:
    evidence = [
        {"code": code, "rule": said.rule, "phrase": said.phrase, "found": said.words[:4], "via": said.via,
         "score": said.confidence}
        for code in said.codes
    ]  # fmt: skip
    if said.key:
        evidence = [{"code": "yes", "rule": "keys/1", "phrase": "", "found": "", "via": "key", "score": 1.0}]
    return Turn(
        attempt_id=attempt.id,
        index=index,
        question=said.question,
        prompt=said.prompt.format(name=person.name),
        transcript=said.words,
        alternatives="\n".join(said.alternatives),
        key=said.key,
        answer=said.answer,
        urgency=said.urgency,
        codes=list(said.codes),
        confidence=said.confidence,
        engine="whisper-base",
        evidence=evidence,
        asked_at=at + timedelta(seconds=start),
        started_s=start,
        ended_s=end,
        response_delay_s=said.delay if said.words or said.key else None,
        speech_s=said.speech,
    )


def _answers_and_flags(visit: Visit, turn: Turn, said: Said, at: datetime) -> None:
    if said.question == "confirm":
        return
    if all(answer.question != said.question for answer in visit.answers):
        confirmed = "elder" if "chest_pain" in said.codes else ""
        visit.answers.append(
            Answer(question=said.question, answer=said.answer, urgency=said.urgency, codes=list(said.codes),
                   turn_id=turn.id, confirmed_by=confirmed)
        )  # fmt: skip
    if said.urgency in {"urgent", "emergency"}:
        visit.flags.append(
            Flag(turn_id=turn.id, code=said.codes[0], urgency=said.urgency, words=said.words,
                 confirmed="yes" if said.urgency == "emergency" else "not_asked",
                 raised_at=at + timedelta(seconds=turn.ended_s))
        )  # fmt: skip
