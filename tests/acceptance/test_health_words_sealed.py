"""Whoever copies the database reads nothing that an elder said or that a worker found: not one word."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import inspect, select, text
from support.casebook import aftercare, end, plan_visit, raise_flag, ring, say
from support.duty_night import Duty, TheOrder

from escalation import work_orders
from records.orders import WorkOrder, WorkOrderEvent
from records.people import Worker
from records.sessions import Ledger
from records.visits import Assessment, Turn, Visit
from speech.types import Urgency
from web.corrections import review
from web.identity import SignedIn

HEARD = "昨儿夜里胸口像压了块磨盘"
DECLINED = "我自个儿腰扭了爬不动楼"
FOUND = "老人脸色发青已送区医院"
SHEET = "血压一百八还没吃降压药"
REOPENED = "出院当天又喊心慌"
REVIEWED = "听了录音确实说胸口疼"
WORDS = (HEARD, DECLINED, FOUND, SHEET, REOPENED, REVIEWED)


def whole_story(ledger: Ledger) -> TheOrder:
    """A call with a cry for help, an order handed back, taken, closed, opened again; a reviewed file."""
    duty = Duty(ledger)
    now = duty.clock.now()
    with ledger.session() as session:
        visit = plan_visit(session, duty.village)
        attempt = ring(session, visit, "answered_human", "completed")
        turn = say(
            session, attempt, "wellbeing", HEARD, "problem", urgency="emergency", codes=("chest_pain",)
        )
        flag = raise_flag(session, visit, "chest_pain", Urgency.EMERGENCY, words=HEARD, turn=turn)
        aftercare().flag_raised(session, visit, flag, now)
        end(visit, "escalated", now)
        aftercare().visit_ended(session, visit, now)
        order = TheOrder(duty, session.scalars(select(WorkOrder.id)).one())
        visit_id = visit.id
    duty.worker("li").takes(order).hands_back(order, DECLINED)
    duty.passes("1 min")
    duty.worker("wu").takes(order).arrives(order)
    with ledger.session() as session:
        wu = session.get_one(Worker, duty.village.workers["wu"])
        work_orders.close(session, order.id, wu, FOUND, now, sheet={"健康管理": SHEET})
    duty.worker("wu").reopens(order, REOPENED)
    with ledger.session() as session:
        visit = session.get_one(Visit, visit_id)
        assert visit.assessment is not None
        review(session, signed_in("zhang"), visit.assessment, REVIEWED, now)
    return order


def signed_in(login: str) -> SignedIn:
    """A social worker at the panel."""
    return SignedIn(1, login, login, "social_worker", "", frozenset(), False, "zh", "Asia/Shanghai", "")


def every_cell(ledger: Ledger) -> str:
    """Everything the database holds, as it holds it."""
    cells: list[str] = []
    with ledger.engine.connect() as connection:
        for table in inspect(ledger.engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608 - our own tables
                cells += [json.dumps(cell, ensure_ascii=False, default=str) for cell in row]
    return "\n".join(cells)


def test_after_a_whole_story_no_word_of_it_stands_in_the_database(ledger: Ledger, tmp_path: Path) -> None:
    order = whole_story(ledger)
    held = every_cell(ledger)
    assert "chest_pain" in held, "codes are what lists are made by; the story is in there"
    assert [word for word in WORDS if word in held or json.dumps(word)[1:-1] in held] == []
    if ledger.engine.dialect.name == "sqlite":
        raw = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.db*"))
        assert b"chest_pain" in raw
        assert [word for word in WORDS if word.encode() in raw] == []

    with ledger.reading() as session:
        notes = session.scalars(select(WorkOrderEvent).where(WorkOrderEvent.order_id == order.id)).all()
        assert {DECLINED, FOUND, REOPENED} <= {event.note for event in notes}, "for those who hold the key"
        row = session.get_one(WorkOrder, order.id)
        assert (row.result, row.record_sheet) == (FOUND, {"健康管理": SHEET})
        assert session.scalars(select(Turn)).one().evidence[0]["found"] == HEARD
        assert session.scalars(select(Assessment)).one().review_note == REVIEWED
