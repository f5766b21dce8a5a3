"""Calls to us on the panel: who rang, what became of it, and who has called back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from records.audit import AuditEvent
from records.call_ins import CallIn
from records.orders import WorkOrder
from records.people import Elder, Worker
from records.sealed_files import seal_file
from records.sealing import keyring

pytest_plugins = ["support.panel_fixtures"]

NUMBER, STRANGER = "+8613853311111", "+8613853399999"


def comes_in(panel, name="", *, number=NUMBER, outcome="busy", minutes=10, **more):
    """Somebody has rung; ``name``: the elder whose number it is. Returns the call's id."""
    at = panel.clock.now() - timedelta(minutes=minutes)
    with panel.ledger.session() as session:
        elders = {elder.name: elder for elder in session.scalars(select(Elder))}
        call = CallIn(
            elder=elders[name] if name else None,
            line="sip",
            provider_call_id=f"call-{name}-{number}-{minutes}",
            number=number,
            number_key=keyring().lookup_key(number) if number else "",
            came_at=at,
            ended_at=at,
            outcome=outcome,
            **more,
        )
        session.add(call)
        session.flush()
        return call.id


def the_call(panel, call_in_id):
    with panel.ledger.reading() as session:
        return session.get_one(CallIn, call_in_id)


def trail_of(panel, call_in_id):
    with panel.ledger.reading() as session:
        events = select(AuditEvent).where(AuditEvent.subject_type == "call_in").order_by(AuditEvent.id)
        return [
            (each.actor, each.action) for each in session.scalars(events) if each.subject_id == call_in_id
        ]


def test_whoever_heard_the_engaged_tone_waits_on_the_list(panel):
    comes_in(panel, "孙桂英")
    words = panel.as_("li").words("/call-ins/")
    assert "孙桂英" in words
    assert "占线，没接上" in words
    assert "来电 1" in panel.as_("li").words("/calls/"), "the number stands beside the menu"


def test_whoever_has_called_back_says_so_and_nobody_rings_any_more(panel):
    waiting = comes_in(panel, "孙桂英", call_back_at=panel.clock.now())
    li = panel.as_("li")
    assert "已记下：您回过电话了。" in li.press(f"/call-ins/{waiting}/seen")
    row = the_call(panel, waiting)
    assert (row.followed_up, row.seen_by, row.call_back_at) == ("by_person", "li", None)
    assert trail_of(panel, waiting) == [("li", "call_made_good")]
    li.press(f"/call-ins/{waiting}/seen")
    assert trail_of(panel, waiting) == [("li", "call_made_good")], "once is enough"
    assert "没有人等着回电话" in li.words("/call-ins/")
    assert "有人回过电话" in li.words("/call-ins/?show=all")


def test_a_worker_sees_the_calls_of_their_own_areas_only(panel):
    comes_in(panel, "孙桂英")
    theirs = comes_in(panel, number=STRANGER, minutes=20)
    li = panel.as_("li")
    assert "1385 339 9999" not in li.words("/call-ins/").replace("138 5339 9999", "1385 339 9999")
    assert li.client.post(f"/call-ins/{theirs}/seen", data={"csrf_token": li.token()}).status_code == 404
    assert the_call(panel, theirs).seen_by == ""


def test_a_strangers_call_is_shown_to_whoever_sees_everything(panel):
    comes_in(panel, number=STRANGER)
    comes_in(panel, number="", minutes=30)
    words = panel.as_("zhao").words("/call-ins/")
    assert "不在名单上" in words
    assert "没有显示号码" in words


def test_a_talk_without_a_visit_is_in_the_elders_file_and_can_be_heard(panel):
    (panel.town.folder / "2026-03").mkdir(parents=True, exist_ok=True)
    (panel.town.folder / "2026-03" / "call-in-1.wav").write_bytes(seal_file(keyring(), b"RIFF a voice"))
    call = comes_in(panel, "孙桂英", outcome="completed", recording="2026-03/call-in-1.wav")
    li = panel.as_("li")
    elder_id = the_call(panel, call).elder_id
    assert f"/recordings/call-in/{call}.wav" in li.read(f"/elders/{elder_id}")
    assert li.get(f"/recordings/call-in/{call}.wav").data == b"RIFF a voice"
    li.get(f"/recordings/call-in/{call}.wav")
    assert trail_of(panel, call) == [("li", "heard_recording")], "noted once for one hearing"


@pytest.mark.parametrize("name", ["马秀芳", "孙桂英"])
def test_a_recording_is_given_to_nobody_from_elsewhere(panel, name):
    call = comes_in(panel, name, outcome="completed", recording="../ledger.db")
    assert panel.as_("li").get(f"/recordings/call-in/{call}.wav").status_code == 404
    assert trail_of(panel, call) == []


def test_an_order_that_came_of_a_call_to_us_lets_it_be_heard(panel):
    call = comes_in(
        panel, "孙桂英", outcome="partial", recording="2026-03/call-in-1.wav", words="想找个人说说话"
    )
    with panel.ledger.session() as session:
        order = session.get_one(WorkOrder, panel.town.orders["孙桂英"])
        order.dedupe_key = f"call_in:{call}:{order.kind}"
    page = panel.as_("li").read(f"/orders/{panel.town.orders['孙桂英']}")
    assert f"/recordings/call-in/{call}.wav" in page
    assert "想找个人说说话" in page


SAID = {
    "question": "why_called",
    "asked": "您打电话来，是有什么事吗？",
    "heard": "厕所灯坏了",
    "key": "",
    "codes": ["need_repair"],
    "urgency": "need",
    "started_s": 3.0,
    "ended_s": 7.5,
}


def test_what_was_said_in_a_talk_is_read_exchange_by_exchange_and_that_is_noted(panel):
    call = comes_in(panel, "孙桂英", outcome="completed", recording="2026-03/call-in-1.wav", said=[SAID])
    li = panel.as_("li")
    assert "厕所灯坏了" not in li.words("/call-ins/?show=all"), "words are not shown in passing"
    page = li.read(f"/call-ins/{call}")
    assert "您打电话来，是有什么事吗？" in page
    assert "厕所灯坏了" in page
    assert f'data-play="in-{call}" data-start="3.00" data-end="7.50"' in page
    assert trail_of(panel, call) == [("li", "viewed_call_in")]
    assert panel.as_("far").get(f"/call-ins/{call}").status_code == 404
    assert li.get(f"/call-ins/{comes_in(panel, number=STRANGER)}").status_code == 404


def test_whoever_is_asked_about_a_talk_hears_it_wherever_they_work(panel):
    call = comes_in(panel, "孙桂英", outcome="partial", said=[SAID])
    far = panel.as_("far")
    assert far.get(f"/call-ins/{call}").status_code == 404
    with panel.ledger.session() as session:
        order = session.get_one(WorkOrder, panel.town.orders["孙桂英"])
        order.dedupe_key = f"call_in:{call}:{order.kind}"
        order.assignee = session.scalars(select(Worker).where(Worker.login == "far")).one()
    assert "厕所灯坏了" in far.read(f"/call-ins/{call}")
    assert "厕所灯坏了" in far.read(f"/orders/{panel.town.orders['孙桂英']}")
