"""Flagged calls: hear the exact moment, see why, confirm or correct."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from records.audit import AuditEvent
from records.orders import WorkOrder
from records.visits import Answer, Assessment, CallAttempt, Flag, Turn

pytest_plugins = ["support.panel_fixtures"]

PLAYED = r'button--play" data-play="\d+" data-start="([\d.]+)" data-end="([\d.]+)"'

MANNER = {
    "measures": {
        "turns": 7, "response_delay_s": 1.2, "speaking_rate": None, "repeats": 0.0, "silences": 0.0,
        "keys_only": False, "speech_s": 9.0, "pause_share": 0.12, "speech_dbfs": -36.0,
        "over_background_db": 15.0,
    },
    "baseline": {
        "response_delay_s": {"median": 1.0, "mad": 0.1, "calls": 5},
        "speech_dbfs": {"median": -26.0, "mad": 0.5, "calls": 4},
    },
    "departures": [
        {"measure": "speech_dbfs", "value": -36.0, "median": -26.0, "mad": 0.5, "score": -6.75,
         "earlier_calls": 4}
    ],
    "earlier_calls": 5,
}  # fmt: skip


def trail_of(panel, subject_type, subject_id):
    with panel.ledger.reading() as session:
        return [
            (event.actor, event.action)
            for event in session.scalars(
                select(AuditEvent)
                .where(AuditEvent.subject_type == subject_type, AuditEvent.subject_id == subject_id)
                .order_by(AuditEvent.id)
            )
        ]


def answer_of(panel, name, question):
    with panel.ledger.reading() as session:
        return session.scalars(
            select(Answer).where(Answer.visit_id == panel.town.visits[name], Answer.question == question)
        ).one()


def codes_of(panel, model, name):
    with panel.ledger.reading() as session:
        return {
            row.code
            for row in session.scalars(select(model).where(model.visit_id == panel.town.visits[name]))
        }


class TestTheList:
    def test_calls_to_review_stand_gravest_first(self, panel):
        words = panel.as_("li").words("/calls/")
        assert words.index("孙桂英") < words.index("高振华") < words.index("徐德厚")
        assert "马秀芳" not in words

    def test_an_unclear_answer_asks_for_a_persons_ear_even_without_a_flag(self, panel):
        assert "徐德厚 81 岁 · 男 城南社区 没听清" in panel.as_("li").words("/calls/")

    def test_the_list_shows_what_was_heard_in_plain_words(self, panel):
        assert "胸口疼 兄口闷得慌，疼得冒汗。" in panel.as_("li").words("/calls/")

    def test_what_the_elder_took_back_is_shown_as_such_and_still_asks_for_an_ear(self, panel):
        with panel.ledger.session() as session:
            flag = session.scalars(select(Flag).where(Flag.visit_id == panel.town.visits["高振华"])).one()
            flag.confirmed = "no"
        assert "近期摔倒过 · 已否认" in panel.as_("li").words("/calls/")

    def test_all_calls_can_be_listed_and_narrowed_down(self, panel):
        li = panel.as_("li")
        assert "马秀芳" in li.words("/calls/?show=all")
        only_orange = li.words("/calls/?show=all&level=orange")
        assert "高振华" in only_orange
        assert "孙桂英" not in only_orange
        assert "没有符合的通话" in li.words("/calls/?show=all&outcome=refused")

    def test_of_years_of_calls_the_newest_are_listed_and_the_page_says_so(self, panel, monkeypatch):
        monkeypatch.setattr("web.call_data.NEWEST", 1)
        li = panel.as_("li")
        assert "只列出最近的1条" in li.words("/calls/?show=flagged")
        assert "只列出" not in li.words("/calls/")

    @pytest.mark.parametrize(
        "query", ["show=%27--", "level=purple", "page=-1", "page=99999999999", "campaign=x"]
    )
    def test_nonsense_in_the_address_does_no_harm(self, panel, query):
        panel.as_("li").read(f"/calls/?{query}")


class TestOneCall:
    def test_it_says_why_it_is_here_and_plays_the_very_words(self, panel):
        html = panel.as_("li").read(f"/calls/{panel.town.visits['孙桂英']}")
        with panel.ledger.reading() as session:
            turn = session.get_one(CallAttempt, panel.town.attempts["孙桂英"]).turns[1]
        start, end = map(float, re.search(PLAYED, html).groups())
        assert turn.started_s < start < turn.ended_s - turn.speech_s - 1.2  # before the first syllable
        assert turn.ended_s - 1.2 < end <= turn.ended_s + 0.5  # after the last one
        assert "为什么要听这通电话" in html
        assert "追问时老人确认了" in html

    def test_it_shows_the_readings_the_rule_and_how_sure_the_robot_was(self, panel):
        words = panel.as_("li", "en").words(f"/calls/{panel.town.visits['孙桂英']}")
        assert "凶口闷得荒，腾得冒汗" in words
        assert "sounds like “胸口闷”, heard as “兄口闷得”, judged by the sound of the words · 87%" in words
        assert "zh-CN/chest_pain/3" in words
        assert "answered after 2.4 s" in words

    def test_what_merely_resembles_known_sentences_names_no_phrase(self, panel):
        with panel.ledger.session() as session:
            turn = session.get_one(Turn, panel.town.turns["孙桂英"][1])
            resembles = {
                "code": "chest_pain",
                "rule": "likeness",
                "phrase": "",
                "found": "",
                "via": "likeness",
            }
            turn.evidence = [resembles | {"score": 0.75}]
        visit = panel.town.visits["孙桂英"]
        assert "依据：与例句相似 · 75% likeness" in panel.as_("li").words(f"/calls/{visit}")
        english = panel.as_("li", "en").words(f"/calls/{visit}")
        assert "judged by likeness to known sentences · 75%" in english
        assert "“”" not in english

    def test_it_shows_where_an_answer_paused_and_how_loud_it_was(self, panel):
        with panel.ledger.session() as session:
            turn = session.get_one(Turn, panel.town.turns["孙桂英"][1])
            turn.pause_s, turn.speech_dbfs, turn.background_dbfs = 1.24, -33.4, -51.0
        visit = panel.town.visits["孙桂英"]
        assert "停顿共 1.2 秒 · 音量 −33 dB" in panel.as_("li").words(f"/calls/{visit}")
        assert (
            "answered after 2.4 s · paused for 1.2 s · loudness −33 dB · 18 dB above the line's background"
            in panel.as_("li", "en").words(f"/calls/{visit}")
        )

    def test_it_shows_how_long_the_elder_had_waited_for_the_robot(self, panel):
        visit = panel.town.visits["孙桂英"]
        assert "机器人才开口" not in panel.as_("li").words(f"/calls/{visit}")
        with panel.ledger.session() as session:
            turn = session.get_one(Turn, panel.town.turns["孙桂英"][1])
            turn.gap_wait_s, turn.gap_delay_s = 1.2, 0.3
        assert "之前等了 1.5 秒机器人才开口" in panel.as_("li").words(f"/calls/{visit}")
        assert "had waited 1.5 s for the robot to speak" in panel.as_("li", "en").words(f"/calls/{visit}")

    def test_a_manner_of_speaking_stands_beside_the_elders_own_with_its_numbers(self, panel):
        visit = panel.town.visits["徐德厚"]
        with panel.ledger.session() as session:
            made = session.scalars(select(Assessment).where(Assessment.visit_id == visit)).one()
            made.manner = MANNER
            health = {
                "level": "yellow",
                "score": 25,
                "evidence": [{"rule": "manner:speech_dbfs", "points": 25}],
            }
            made.dimensions = made.dimensions | {"health": health}
        chinese = panel.as_("li").words(f"/calls/{visit}")
        assert "说话音量 说话声变小 −36.0 dB −26.0 dB ± 0.5 (4)" in chinese
        english = panel.as_("li", "en").words(f"/calls/{visit}")
        assert "Speaks otherwise than before: a quieter voice +25" in english
        assert "Loudness of the voice a quieter voice −36.0 dB −26.0 dB ± 0.5 (4)" in english
        assert "Time until the answer 1.2 s 1.0 s ± 0.1 (5)" in english
        assert "Pauses while speaking 12% –" in english

    def test_a_call_of_which_no_manner_is_known_shows_none(self, panel):
        assert "说话方式" not in panel.as_("li").words(f"/calls/{panel.town.visits['孙桂英']}")

    def test_a_key_press_is_shown_as_one(self, panel):
        assert "按键 1" in panel.as_("li").words(f"/calls/{panel.town.visits['孙桂英']}")

    def test_a_cry_for_help_during_the_call_stands_first_before_there_is_any_score(self, panel):
        with panel.ledger.session() as session:
            session.add(
                Flag(
                    visit_id=panel.town.visits["吕宝山"], code="help", urgency="emergency",
                    confirmed="not_asked", words="快来人", raised_at=panel.clock.now(),
                )
            )  # fmt: skip
        words = panel.as_("li").words("/calls/")
        assert "紧急 吕宝山 73 岁 · 男 松龄社区 呼救 快来人" in words
        assert words.index("吕宝山") < words.index("高振华")

    def test_a_call_still_going_on_shows_what_was_said_so_far(self, panel):
        words = panel.as_("li").words(f"/calls/{panel.town.visits['吕宝山']}")
        assert "挺好的，每天都去公园走走" in words
        assert "这通电话没有录音" in words
        assert "还没有评分" in words

    def test_an_elder_nobody_reached_has_attempts_and_no_words(self, panel):
        words = panel.as_("li").words(f"/calls/{panel.town.visits['蒋文轩']}")
        assert words.count("无人接听") == 3
        assert "这次探访没有通话内容" in words

    def test_looking_is_noted_before_anything_is_shown(self, panel):
        visit = panel.town.visits["孙桂英"]
        panel.as_("li").read(f"/calls/{visit}")
        assert trail_of(panel, "visit", visit) == [("li", "viewed_call")]

    def test_calls_of_other_areas_do_not_exist_for_a_worker(self, panel):
        far, visit = panel.as_("far"), panel.town.visits["孙桂英"]
        assert far.get(f"/calls/{visit}").status_code == 404
        assert far.get(f"/recordings/{panel.town.attempts['孙桂英']}.wav").status_code == 404
        far.press(f"/calls/{visit}/review", note="")
        assert far.seen.status_code == 404
        assert trail_of(panel, "visit", visit) == []


class TestTheRecording:
    def test_a_browser_can_fetch_any_piece_of_it(self, panel):
        li, attempt = panel.as_("li"), panel.town.attempts["孙桂英"]
        whole = li.get(f"/recordings/{attempt}.wav")
        assert whole.mimetype == "audio/wav"
        assert whole.data[:4] == b"RIFF"
        piece = li.get(f"/recordings/{attempt}.wav", Range="bytes=1000-1999")
        assert piece.status_code == 206
        assert piece.data == whole.data[1000:2000]
        assert piece.headers["Content-Range"] == f"bytes 1000-1999/{len(whole.data)}"

    def test_a_piece_beyond_the_end_is_refused(self, panel):
        answer = panel.as_("li").get(
            f"/recordings/{panel.town.attempts['孙桂英']}.wav", Range="bytes=99999999-"
        )
        assert answer.status_code == 416

    def test_hearing_it_is_noted_once_however_many_pieces_the_browser_fetches(self, panel):
        li, attempt = panel.as_("li"), panel.town.attempts["孙桂英"]
        for start in (0, 1000, 50_000):
            li.get(f"/recordings/{attempt}.wav", Range=f"bytes={start}-{start + 9}")
        assert trail_of(panel, "call_attempt", attempt) == [("li", "heard_recording")]
        panel.clock.moment += timedelta(minutes=11)
        li.get(f"/recordings/{attempt}.wav")
        assert len(trail_of(panel, "call_attempt", attempt)) == 2

    @pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "..", ".", "missing.wav"])
    def test_a_name_that_points_out_of_the_folder_is_not_served(self, panel, name):
        attempt = panel.town.attempts["孙桂英"]
        with panel.ledger.session() as session:
            session.get_one(CallAttempt, attempt).recording = name
        li = panel.as_("li")
        assert li.get(f"/recordings/{attempt}.wav").status_code == 404
        assert "这通电话没有录音" in li.words(f"/calls/{panel.town.visits['孙桂英']}")

    def test_a_broken_recording_can_still_be_fetched_and_the_page_still_opens(self, panel, tmp_path):
        broken = tmp_path / "recordings"
        broken.mkdir()
        (broken / "5-1.wav").write_bytes(b"not sound")
        panel.app.extensions["wenan-panel"] = type(panel.app.extensions["wenan-panel"])(
            **{**vars(panel.app.extensions["wenan-panel"]), "recordings_dir": broken}
        )
        with panel.ledger.session() as session:
            session.get_one(CallAttempt, panel.town.attempts["孙桂英"]).recording = "5-1.wav"
        assert "胸口闷得慌" in panel.as_("li").words(f"/calls/{panel.town.visits['孙桂英']}")


class TestTheReview:
    def test_a_worker_who_listened_confirms_what_the_robot_heard(self, panel):
        visit, turn = panel.town.visits["高振华"], panel.town.turns["高振华"][2]
        words = panel.as_("li").press(f"/calls/{visit}/turns/{turn}/confirm")
        assert "李敏 听过" in words
        assert answer_of(panel, "高振华", "falls").confirmed_by == "li"
        assert ("li", "confirmed_answer") in trail_of(panel, "visit", visit)

    def test_a_missed_cry_for_help_becomes_a_flag_a_red_score_and_a_work_order(self, panel):
        """The robot took "my old man has no breath left" for something unclear; Li heard it."""
        visit, turn = panel.town.visits["徐德厚"], panel.town.turns["徐德厚"][1]
        panel.as_("li").press(
            f"/calls/{visit}/turns/{turn}/correct", answer="problem", urgency="emergency", code="unconscious"
        )
        assert codes_of(panel, Flag, "徐德厚") == {"unconscious"}
        with panel.ledger.reading() as session:
            order = session.scalars(select(WorkOrder).where(WorkOrder.visit_id == visit)).one()
            assert (order.kind, order.urgency) == ("in_person_visit", "emergency")
            assert order.deadline == panel.clock.now() + timedelta(minutes=30)
            assessment = session.scalars(select(Assessment).where(Assessment.visit_id == visit)).one()
            assert assessment.overall == "red"
        assert answer_of(panel, "徐德厚", "wellbeing").confirmed_by == "li"

    def test_what_the_elder_took_back_stands_again_when_a_worker_heard_it(self, panel):
        visit, turn = panel.town.visits["高振华"], panel.town.turns["高振华"][2]
        with panel.ledger.session() as session:
            flag = session.scalars(select(Flag).where(Flag.visit_id == visit)).one()
            flag.confirmed, flag.urgency = "no", "need"
        panel.as_("li").press(
            f"/calls/{visit}/turns/{turn}/correct", answer="problem", urgency="urgent", code="fall_recent"
        )
        with panel.ledger.reading() as session:
            flag = session.scalars(select(Flag).where(Flag.visit_id == visit)).one()
            assert (flag.confirmed, flag.urgency) == ("not_asked", "urgent")
            orders = session.scalars(select(WorkOrder).where(WorkOrder.visit_id == visit)).all()
        assert {order.kind for order in orders} == {"in_person_visit"}

    def test_an_exchange_on_which_no_answer_rests_cannot_be_confirmed(self, panel):
        visit, turn = panel.town.visits["孙桂英"], panel.town.turns["孙桂英"][2]
        words = panel.as_("li").press(f"/calls/{visit}/turns/{turn}/confirm")
        assert "没有采用这一段的回答" in words

    def test_a_false_alarm_is_corrected_but_its_flag_and_order_stay_until_a_person_closes_them(self, panel):
        visit, turn = panel.town.visits["高振华"], panel.town.turns["高振华"][2]
        panel.as_("li").press(f"/calls/{visit}/turns/{turn}/correct", answer="ok", urgency="none", code="")
        answer = answer_of(panel, "高振华", "falls")
        assert (answer.answer, answer.urgency, answer.codes) == ("ok", "none", [])
        assert codes_of(panel, Flag, "高振华") == {"fall_recent"}
        with panel.ledger.reading() as session:
            assert session.get_one(WorkOrder, panel.town.orders["高振华"]).status == "open"

    def test_what_was_changed_can_be_shown_later(self, panel):
        visit, turn = panel.town.visits["高振华"], panel.town.turns["高振华"][2]
        panel.as_("li").press(f"/calls/{visit}/turns/{turn}/correct", answer="ok", urgency="none", code="")
        with panel.ledger.reading() as session:
            event = session.scalars(select(AuditEvent).where(AuditEvent.action == "corrected_answer")).one()
        assert event.detail["before"] == {"answer": "problem", "urgency": "urgent", "codes": ["fall_recent"]}
        assert event.detail["after"] == {"answer": "ok", "urgency": "none", "codes": []}
        assert "绊" not in str(event.detail)

    def test_an_alarm_without_saying_what_about_changes_nothing(self, panel):
        visit, turn = panel.town.visits["马秀芳"], panel.town.turns["马秀芳"][1]
        words = panel.as_("li").press(
            f"/calls/{visit}/turns/{turn}/correct", answer="problem", urgency="emergency", code=""
        )
        assert "没有改动" in words
        assert answer_of(panel, "马秀芳", "wellbeing").answer == "ok"

    def test_signing_takes_the_call_off_the_list(self, panel):
        li, visit = panel.as_("li"), panel.town.visits["孙桂英"]
        words = li.press(f"/calls/{visit}/review", note="已听，确认胸口疼，家属已联系。")
        assert "李敏 已签字" in words
        assert "家属已联系" in words
        assert "孙桂英" not in li.words("/calls/")
        assert "孙桂英" in li.words("/calls/?show=flagged")

    def test_a_call_that_has_no_score_yet_cannot_be_signed(self, panel):
        words = panel.as_("li").press(f"/calls/{panel.town.visits['吕宝山']}/review", note="")
        assert "还没有评分" in words

    @pytest.mark.parametrize("login", ["wang", "zhao"])
    def test_grid_workers_and_auditors_may_listen_but_not_decide(self, panel, login):
        visitor, visit = panel.as_(login), panel.town.visits["孙桂英"]
        assert "我听过了，签字" not in visitor.words(f"/calls/{visit}")
        turn = panel.town.turns["孙桂英"][1]
        for path in ("review", f"turns/{turn}/confirm", f"turns/{turn}/correct"):
            visitor.press(f"/calls/{visit}/{path}", answer="ok", urgency="none")
            assert visitor.seen.status_code == 403
        assert answer_of(panel, "孙桂英", "wellbeing").confirmed_by == "elder"

    def test_a_turn_of_another_call_cannot_be_corrected_by_way_of_this_one(self, panel):
        li = panel.as_("li")
        li.press(f"/calls/{panel.town.visits['马秀芳']}/turns/{panel.town.turns['孙桂英'][1]}/confirm")
        assert li.seen.status_code == 404
