"""A small town for the panel's tests and pictures: elders, their calls, flags, scores and orders."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from records.orders import Notification, WorkOrder, WorkOrderEvent
from records.people import Area, Consent, Contact, Elder, Phone, Worker
from records.sealing import keyring
from records.sessions import Ledger
from records.visits import Campaign, ScriptVersion
from support.panel_people import AWAY, ELSEWHERE, PEOPLE, Person
from support.panel_town import NOW, PASSWORD, Town
from support.panel_visits import earlier_visits, visit_today


@cache
def password_hash() -> str:
    """Argon2 is slow on purpose; what a test signs in with need not be."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def build(ledger: Ledger, folder: Path) -> Town:
    """Fill an empty, migrated ledger and a recordings folder with the town."""
    town = Town(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with ledger.session() as session:
        _areas(session, town)
        _workers(session, town)
        campaigns = _campaigns(session, town)
        town.campaign = campaigns[-1].id
        for place, person in enumerate(PEOPLE):
            elder = _elder(session, town, person)
            earlier_visits(session, elder, person, campaigns[:-1])
            visit_today(session, town, elder, person, campaigns[-1], NOW - timedelta(minutes=70 - 4 * place))
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


def _campaigns(session: Session, town: Town) -> list[Campaign]:
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
                who={"areas": [town.areas["般阳路街道"]]},
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
