"""A small town for the panel's tests and pictures: fictional elders, their calls, flags, scores and orders."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Area, Consent, Contact, Elder, Phone, Worker
from records.sealing import keyring
from records.sessions import Ledger
from records.visits import Answer, Assessment, CallAttempt, Campaign, Flag, ScriptVersion, Turn, Visit
from speech.weights import load_weights

NOW = datetime(2026, 3, 4, 2, 40, tzinfo=UTC)
"""Wednesday, 10:40 in China."""
PASSWORD = "teapot-and-tangerines"


@dataclass
class Town:
    """Ids of what was made, by the name of whom it is about."""

    folder: Path
    elders: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    turns: dict[str, list[int]] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)
    campaign: int = 0


@cache
def password_hash() -> str:
    """Argon2 is slow on purpose; what a test signs in with need not be."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Said:
    """One exchange of a made-up call."""

    question: str
    prompt: str
    words: str
    answer: str = "ok"
    urgency: str = "none"
    codes: tuple[str, ...] = ()
    key: str = ""
    alternatives: tuple[str, ...] = ()
    confidence: float = 0.93
    phrase: str = ""
    via: str = "text"
    rule: str = ""
    delay: float = 1.1
    speech: float = 1.8


ASK = {
    "identity": "您好，我是城南社区养老服务中心的电话机器人。请问是{name}吗？",
    "wellbeing": "您这两天身体怎么样？",
    "pain": "身上有没有哪里疼？",
    "falls": "最近有没有摔倒过？",
    "eating": "吃饭怎么样，有人做饭吗？",
    "medicine": "药都按时吃了吗？",
    "safety": "家里水、电、煤气都好用吗？",
    "help_needed": "有没有什么需要我们帮忙的？",
}


def fine(question: str, words: str) -> Said:
    return Said(question, ASK[question], words)


CHEST = (
    Said("identity", ASK["identity"], "哎，我就是。", "yes", speech=1.2),
    Said(
        "wellbeing",
        ASK["wellbeing"],
        "兄口闷得慌，疼得冒汗。",
        "problem",
        "emergency",
        ("chest_pain",),
        alternatives=("胸口闷得慌，疼得冒汗", "凶口闷得荒，腾得冒汗"),
        confidence=0.87,
        phrase="胸口闷",
        via="sound",
        rule="zh-CN/chest_pain/3",
        delay=2.4,
        speech=2.9,
    ),
    Said(
        "confirm",
        "我听到您说胸口疼，是吗？是的话请说“是”，或者按一。",
        "",
        "yes",
        key="1",
        delay=1.6,
        speech=0.0,
    ),
    Said(
        "wellbeing", "好，我马上请人来看您，也会通知您的家人。请您先坐下，不要走动。", "好，好，快点。", "ok"
    ),
)
WELL = (
    fine("identity", "是我，是我。"),
    fine("wellbeing", "挺好的，每天都去公园走走。"),
    fine("pain", "没有，都不疼。"),
    fine("falls", "没有摔过。"),
    fine("eating", "吃得下，自己做。"),
    fine("medicine", "按时吃着呢。"),
    fine("safety", "都好着呢。"),
)
FELL = (
    fine("identity", "对，是我。"),
    fine("wellbeing", "还行吧。"),
    Said(
        "falls",
        ASK["falls"],
        "前几天在院子里绊了一睡。",
        "problem",
        "urgent",
        ("fall_recent",),
        alternatives=("前几天在院子里绊了一跤", "前几天在院子里半了一觉"),
        confidence=0.71,
        phrase="绊了一跤",
        via="audio",
        rule="zh-CN/fall_recent/2",
        delay=1.9,
        speech=3.0,
    ),
    fine("eating", "吃得还可以。"),
    Said("help_needed", ASK["help_needed"], "", "silence", delay=8.0, speech=0.0, confidence=0.0),
)
NEEDS = (
    fine("identity", "我是，您说。"),
    fine("wellbeing", "还可以，就是腿脚不太灵便。"),
    Said(
        "help_needed",
        ASK["help_needed"],
        "卫生间要是能装个扶手就好了，做饭也费劲。",
        "concern",
        "need",
        ("need_aids", "need_meals"),
        phrase="装个扶手",
        rule="zh-CN/need_aids/1",
        speech=4.2,
    ),
)
UNSURE = (
    fine("identity", "嗯，对。"),
    Said(
        "wellbeing",
        ASK["wellbeing"],
        "就那样，老头子没起了。",
        "unclear",
        alternatives=("就那样，老头子没气了", "就那样，老头子没去了"),
        confidence=0.38,
        delay=3.2,
    ),
    fine("eating", "吃了。"),
)


@dataclass(frozen=True)
class Person:
    """One made-up elder."""

    name: str
    sex: str
    born: date
    grid: str = "城南社区"
    tier: str = "general"
    categories: tuple[str, ...] = ("living_alone",)
    ability: str = "intact"
    mode: str = "telephone"
    mode_reason: str = ""
    status: str = "active"
    address: str = "般阳路 16 号 2 号楼 302"
    number: str = "+865335180042"
    outcome: str | None = "completed"
    level: str = "green"
    score: float = 4.0
    talk: tuple[Said, ...] = WELL
    earlier: tuple[float, ...] = (3, 8, 4, 5)


PEOPLE = (
    Person("孙桂英", "female", date(1941, 5, 2), tier="key", outcome="escalated", level="red", score=95, talk=CHEST,
           address="般阳路 16 号 2 号楼 302（门口有石榴树）", earlier=(12, 22, 24, 38)),
    Person("高振华", "male", date(1947, 11, 20), outcome="completed", level="orange", score=57, talk=FELL,
           address="雁阳街 8 号 1 单元 101", number="+865335180107"),
    Person("宋玉兰", "female", date(1950, 2, 11), outcome="completed", level="yellow", score=36, talk=NEEDS,
           address="般阳路 22 号院 3 排 5 号", number="+865335180233"),
    Person("徐德厚", "male", date(1944, 8, 30), tier="key", outcome="partial", level="yellow", score=24, talk=UNSURE,
           number="+865335180316", earlier=(5, 6, 21)),
    Person("马秀芳", "female", date(1952, 1, 5), number="+865335180455"),
    Person("韩继先", "male", date(1949, 6, 17), number="+865335180562"),
    Person("冯淑珍", "female", date(1951, 9, 8), grid="松龄社区", number="+865335180671"),
    Person("吕宝山", "male", date(1953, 3, 3), grid="松龄社区", number="+865335180788", outcome=None, talk=WELL[:3]),
    Person("丁素琴", "female", date(1946, 12, 12), tier="key", number="+865335180890", outcome=None, talk=()),
    Person("蒋文轩", "male", date(1945, 4, 25), grid="松龄社区", number="+865335180904", outcome="unreachable",
           level="orange", score=50, talk=()),
    Person("沈月娥", "female", date(1948, 10, 1), number="+865335181013", outcome=None, talk=()),
    Person("贺长河", "male", date(1938, 7, 7), tier="key", ability="severe", mode="in_home",
           mode_reason="ability_too_low", outcome=None, talk=(), categories=("disabled_by_age",)),
    Person("温如玉", "female", date(1943, 2, 28), tier="secondary", ability="moderate", mode="in_home",
           mode_reason="ability_too_low", outcome=None, talk=()),
    Person("田广义", "male", date(1954, 5, 19), grid="松龄社区", mode="in_home", mode_reason="no_consent",
           outcome=None, talk=()),
)  # fmt: skip
AWAY = Person(
    "龚秋菊", "female", date(1947, 1, 30), status="in_hospital", mode="in_home", mode_reason="not_active"
)
ELSEWHERE = Person("尹远山", "male", date(1942, 3, 14), grid="昆仑镇社区")


def build(ledger: Ledger, folder: Path) -> Town:
    """Fill an empty, migrated ledger and a recordings folder with the town."""
    town = Town(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with ledger.session() as session:
        _areas(session, town)
        _workers(session, town)
        campaigns = _campaigns(session)
        town.campaign = campaigns[-1].id
        for place, person in enumerate(PEOPLE):
            elder = _elder(session, town, person)
            _earlier(session, elder, person, campaigns[:-1])
            _visit(session, town, elder, person, campaigns[-1], NOW - timedelta(minutes=70 - 4 * place))
        for person in (AWAY, ELSEWHERE):
            _elder(session, town, person)
        session.flush()
        _orders(session, town)
    return town


def _areas(session: Session, town: Town) -> None:
    def area(name: str, level: str, parent: str | None = None) -> None:
        row = Area(name=name, level=level, parent_id=town.areas.get(parent) if parent else None)
        session.add(row)
        session.flush()
        town.areas[name] = row.id

    area("淄川区", "district")
    area("般阳路街道", "town", "淄川区")
    area("城南社区", "community", "般阳路街道")
    area("松龄社区", "community", "般阳路街道")
    area("昆仑镇", "town", "淄川区")
    area("昆仑镇社区", "community", "昆仑镇")


def _workers(session: Session, town: Town) -> None:
    for login, name, role, area, language in (
        ("chen", "陈慧", "coordinator", "般阳路街道", "zh-CN"),
        ("li", "李敏", "social_worker", "般阳路街道", "zh-CN"),
        ("wang", "王强", "grid_worker", "城南社区", "zh-CN"),
        ("zhao", "赵审", "viewer", "淄川区", "zh-CN"),
        ("far", "周远", "social_worker", "昆仑镇", "zh-CN"),
        ("gone", "吴离", "social_worker", "般阳路街道", "zh-CN"),
    ):
        session.add(
            Worker(
                login=login,
                name=name,
                role=role,
                area_id=town.areas[area],
                password_hash=password_hash(),
                number="+8613905330001",
                language=language,
                active=login != "gone",
            )
        )
    session.flush()


def _campaigns(session: Session) -> list[Campaign]:
    script = ScriptVersion(script_id="standard", version=1, sha256="0" * 64, document={})
    session.add(script)
    session.flush()
    made = []
    for weeks in range(4, -1, -1):
        start = date(2026, 3, 2) - timedelta(weeks=weeks)
        made.append(
            Campaign(
                name=f"般阳路街道每周电话探访 {start:%m月%d日}",
                script_version_id=script.id,
                starts_on=start,
                ends_on=start + timedelta(days=6),
                timezone="Asia/Shanghai",
                who={},
                windows={"days": [0, 1, 2, 3, 4], "hours": [["09:00", "11:30"], ["14:30", "17:30"]]},
                retries={},
                status="running" if weeks == 0 else "ended",
                created_at=NOW - timedelta(weeks=weeks, days=2),
            )
        )
    session.add_all(made)
    session.flush()
    return made


def _elder(session: Session, town: Town, person: Person) -> Elder:
    elder = Elder(
        area_id=town.areas[person.grid],
        roster_key=keyring().lookup_key(person.name),
        name=person.name,
        sex=person.sex,
        birth_date=person.born,
        resident_id=f"370302{person.born:%Y%m%d}{'002' if person.sex == 'female' else '001'}X",
        categories=list(person.categories),
        ability=person.ability,
        tier=person.tier,
        visit_mode=person.mode,
        mode_reason=person.mode_reason,
        address=f"淄川区{person.grid}{person.address}",
        wanted_services=["助餐"],
        remarks="听力稍差，请说慢一点",
        status=person.status,
        created_at=NOW - timedelta(days=200),
        updated_at=NOW - timedelta(days=2),
    )
    elder.phones = [
        Phone(
            position=0, number=person.number, number_key=keyring().lookup_key(person.number), kind="landline"
        )
    ]
    elder.contacts = [
        Contact(position=0, name=f"{person.name[0]}建国", relation="儿子", number="+8613853310002"),
        Contact(position=1, name="刘阿姨", relation="邻居", number="+865335180999", keyholder=True),
    ]
    elder.consents = [
        Consent(
            kind="telephone_visit",
            granted=True,
            source="摸底表 2025-09",
            recorded_at=NOW - timedelta(days=190),
        ),
        Consent(
            kind="in_home_visit", granted=True, source="摸底表 2025-09", recorded_at=NOW - timedelta(days=190)
        ),
        Consent(
            kind="recording", granted=True, source="摸底表 2025-09", recorded_at=NOW - timedelta(days=190)
        ),
    ]
    session.add(elder)
    session.flush()
    town.elders[person.name] = elder.id
    return elder


def _earlier(session: Session, elder: Elder, person: Person, campaigns: list[Campaign]) -> None:
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
        weights_version="weights-2025.1",
        assessed_at=at,
    )


def _visit(
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
    spans, seconds = _spans(talk)
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


def _orders(session: Session, town: Town) -> None:
    def order(
        name: str, kind: str, urgency: str, reason: str, codes: list[str], due: timedelta, **more: Any
    ) -> None:
        row = WorkOrder(
            elder_id=town.elders[name],
            visit_id=town.visits[name],
            dedupe_key=f"visit:{town.visits[name]}:{reason}",
            kind=kind,
            urgency=urgency,
            reason=reason,
            codes=codes,
            policy_version="policy-2025.1",
            deadline=NOW + due,
            opened_at=NOW - timedelta(minutes=18),
            **more,
        )
        row.events = [WorkOrderEvent(at=row.opened_at, actor="aftercare", kind="opened")]
        session.add(row)
        session.flush()
        town.orders[name] = row.id

    chest = town.turns["孙桂英"][1]
    order("孙桂英", "in_person_visit", "emergency", "emergency", ["chest_pain"], timedelta(minutes=12),
          summary="老人说“胸口闷得慌，疼得冒汗”，听出：胸口疼（本人确认）。请马上上门，10:52前到现场，并联系家属，危及生命时先打120。",
          evidence=[{"code": "chest_pain", "turn_id": chest}])  # fmt: skip
    order("高振华", "in_person_visit", "urgent", "urgent", ["fall_recent"], timedelta(minutes=-25),
          summary="老人说“前几天在院子里绊了一跤”，听出：近期摔倒过。请20:00前上门查看。",
          evidence=[{"code": "fall_recent", "turn_id": town.turns["高振华"][2]}])  # fmt: skip
    order("宋玉兰", "service_referral", "need", "need", ["need_aids", "need_meals"], timedelta(days=6),
          summary="老人想装卫生间扶手，也想要助餐。请转介到相应的服务，一户一方案。",
          evidence=[{"code": "need_aids", "turn_id": town.turns["宋玉兰"][2]}])  # fmt: skip
    order("蒋文轩", "in_person_visit", "urgent", "unreachable", [], timedelta(hours=5),
          summary="打了3次电话都没有联系上老人。请上门看望，可先问家属和邻居。")  # fmt: skip
    session.add(
        Notification(
            dedupe_key=f"order:{town.orders['孙桂英']}:0:wang:console",
            order_id=town.orders["孙桂英"],
            channel="console",
            recipient="wang",
            body="紧急上门",
            urgency="emergency",
            status="sent",
            attempts=1,
            next_try_at=NOW,
            sent_at=NOW - timedelta(minutes=17),
            created_at=NOW - timedelta(minutes=18),
        )
    )


Span = tuple[float, float, float, float]
"""(robot begins, robot ends, elder begins, turn ends), seconds."""


def _spans(talk: tuple[Said, ...]) -> tuple[list[Span], float]:
    spans: list[Span] = []
    at = 0.6
    for said in talk:
        asked = at + 0.26 * len(said.prompt)
        begins = asked + said.delay
        ends = begins + said.speech + 1.2
        spans.append((at, asked, begins, ends))
        at = ends + 0.4
    return spans, at + 2.0 if spans else 0.0


def write_call(path: Path, spans: list[Span], seconds: float, *, seed: int) -> None:
    """A stereo WAV whose picture looks like a call: syllables of noise, the robot left, the elder right."""
    rate = 8000
    random = np.random.default_rng(seed)
    sound = random.normal(0, 18, (int(seconds * rate), 2))
    for start, asked, begins, ends in spans:
        _syllables(sound[:, 0], start, asked, 4200, random, rate)
        if ends - begins > 1.3:
            _syllables(sound[:, 1], begins, ends - 1.2, 1900, random, rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(sound, -32000, 32000).astype("<i2").tobytes())


def _syllables(
    side: Any, start: float, end: float, loud: float, random: np.random.Generator, rate: int
) -> None:
    at = start
    while at < end:
        length = random.uniform(0.12, 0.22)
        first, last = int(at * rate), min(int((at + length) * rate), len(side))
        shape = np.sin(np.linspace(0, np.pi, max(0, last - first))) * loud * random.uniform(0.4, 1.0)
        pitch = np.sin(2 * np.pi * random.uniform(150, 260) * np.arange(max(0, last - first)) / rate)
        side[first:last] += shape * (pitch + random.normal(0, 0.25, max(0, last - first)))
        at += length + random.uniform(0.02, 0.12)
