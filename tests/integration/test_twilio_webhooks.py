"""Twilio's reports at our door: signed, each kept once, in any order; forged and replayed ones refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from support.panel_fixtures import HandClock, rules
from support.powercuts import AwayLedger
from support.twilio import SETTINGS, SID, need_twilio, sign

from campaigns.unwritten import CallerUnheard, Spool, read
from ivr.lines.twilio import TOKEN, CallNews, Signatures
from ivr.lines.twilio.signatures import SIGNATURE
from records.provider_events import OpenCall, ProviderEvent, Stored, open_calls, store_event
from records.sessions import Ledger
from web.app import create_app
from web.twilio_door import TwilioDoor

pytestmark = pytest.mark.twilio
PATH = "/twilio/status/visit-1-attempt-1"
URL = SETTINGS.status_url("visit-1-attempt-1")
MINE = SID.format(1)


def form(status: str, **more: str) -> dict[str, str]:
    return {"CallSid": MINE, "CallStatus": status, "To": "+865331234567", "SequenceNumber": "1", **more}


class Door:
    """The panel with Twilio's door open, and what was told through it."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        need_twilio()
        self.ledger = ledger
        self.told: list[CallNews] = []
        self.room = True
        app = create_app(
            ledger,
            secret_key="a key that only tests know",  # noqa: S106 - of an app that lives for one test
            recordings_dir=folder,
            clock=HandClock(),
            organisation="城南社区养老服务中心",
            rules=rules(),
            twilio_door=TwilioDoor(
                SETTINGS,
                Signatures(SETTINGS),
                self.told.append,
                lambda: self.room,
                Spool(folder / "unwritten"),
            ),
        )
        self.client: FlaskClient = app.test_client()

    def post(
        self,
        report: dict[str, str],
        *,
        token: str = "t-1",  # noqa: S107 - no secret
        path: str = PATH,
        **headers: str,
    ) -> int:
        signed = {SIGNATURE: sign(URL, report), TOKEN: token, **headers}
        given = {name: value for name, value in signed.items() if value}
        return self.client.post(path, data=report, headers=given).status_code

    def kept(self) -> list[ProviderEvent]:
        with self.ledger.reading() as session:
            return list(session.scalars(select(ProviderEvent).order_by(ProviderEvent.id)))


@pytest.fixture
def door(sqlite_ledger: Ledger, tmp_path: Path) -> Door:
    return Door(sqlite_ledger, tmp_path)


def test_a_report_is_kept_and_told_without_the_number(door: Door) -> None:
    assert door.post(form("failed", SipResponseCode="404")) == 204
    (event,) = door.kept()
    assert (event.provider, event.call_id, event.reference) == ("twilio", MINE, "visit-1-attempt-1")
    assert (event.status, event.final, event.sip_code, event.error_code) == ("failed", True, 404, None)
    assert door.told == [CallNews(MINE, "visit-1-attempt-1", "failed", 404)]
    assert not any("1234567" in str(value) for value in vars(event).values())


def test_a_report_that_comes_twice_is_kept_and_told_once(door: Door) -> None:
    assert [door.post(form("ringing")), door.post(form("ringing"))] == [204, 204]
    assert len(door.kept()) == len(door.told) == 1


def test_reports_in_the_wrong_order_are_all_kept(door: Door) -> None:
    for number, status in enumerate(["completed", "in-progress", "ringing", "initiated"]):
        assert door.post(form(status, SequenceNumber=str(number)), token=f"t-{number}") == 204
    assert [event.status for event in door.kept()] == ["completed", "in-progress", "ringing", "initiated"]


def test_a_replay_under_another_token_is_refused(door: Door) -> None:
    assert door.post(form("ringing")) == 204
    assert door.post(form("ringing"), token="t-2") == 403  # noqa: S106 - not a secret
    assert door.post(form("ringing"), token="") == 403
    assert len(door.kept()) == len(door.told) == 1


def test_a_report_without_a_token_is_known_by_its_signature(door: Door) -> None:
    assert [door.post(form("ringing"), token=""), door.post(form("ringing"), token="")] == [204, 204]
    assert len(door.kept()) == 1


@pytest.mark.parametrize(
    ("report", "changes"),
    [
        (form("ringing"), {SIGNATURE: ""}),
        (form("ringing"), {SIGNATURE: "Zm9yZ2Vk"}),
        (form("completed"), {SIGNATURE: sign(URL, form("ringing"))}),
        (form("ringing"), {SIGNATURE: sign(URL, form("ringing"), secret="guessed")}),  # noqa: S106
        (form("ringing"), {SIGNATURE: sign(URL.replace("https", "http"), form("ringing"))}),
        (form("ringing"), {"path": "/twilio/status/visit-2-attempt-1"}),
    ],
)
def test_whoever_is_not_twilio_is_not_believed(
    door: Door, report: dict[str, str], changes: dict[str, str]
) -> None:
    assert door.post(report, **changes) == 403
    assert not door.kept()
    assert not door.told


def test_the_public_url_counts_and_not_what_the_proxy_makes_of_it(door: Door) -> None:
    report = form("ringing")
    headers = {SIGNATURE: sign(URL, report), TOKEN: "t", "Host": "10.0.0.7:8600", "X-Forwarded-Proto": "http"}
    assert door.client.post(PATH, data=report, headers=headers).status_code == 204


def test_what_twilio_would_not_say_is_refused_even_when_signed(door: Door) -> None:
    assert door.post({"CallSid": MINE, "CallStatus": "flying"}) == 400
    assert door.post({"CallSid": "", "CallStatus": "ringing"}) == 400
    assert door.post(form("ringing"), path=PATH + "?more=1") == 404
    assert door.client.get(PATH).status_code == 405
    assert not door.kept()


def test_who_picked_up_is_kept_once_whenever_it_comes(door: Door) -> None:
    found = {"CallSid": MINE, "AnsweredBy": "machine_end_silence", "MachineDetectionDuration": "4100"}
    assert door.post(form("completed")) == 204
    assert [door.post(found, token="t-2"), door.post(found, token="t-2")] == [204, 204]  # noqa: S106
    assert door.post(found, token="t-3") == 403  # noqa: S106 - a replay
    assert [(event.status, event.final) for event in door.kept()] == [
        ("completed", True),
        ("machine_end_silence", False),
    ]
    assert door.told[-1] == CallNews(MINE, "visit-1-attempt-1", "machine_end_silence")
    forged = {SIGNATURE: sign(URL, {**found, "AnsweredBy": "human"})}
    assert door.post(found, token="t-4", **forged) == 403  # noqa: S106


def test_a_stream_that_began_is_nothing_to_keep(door: Door) -> None:
    assert door.post({"CallSid": MINE, "StreamEvent": "stream-started"}) == 204
    assert not door.kept()


def test_without_twilio_there_is_no_door(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    app = create_app(
        sqlite_ledger,
        secret_key="a key that only tests know",  # noqa: S106
        recordings_dir=tmp_path,
        clock=HandClock(),
        organisation="城南社区养老服务中心",
        rules=rules(),
    )
    assert app.test_client().post(PATH, data={}).status_code in {400, 404}


NOON = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


def reported(call: int, status: str, at: datetime, **more: str) -> ProviderEvent:
    return ProviderEvent(
        provider="twilio",
        token=more.get("token", f"{call}-{status}"),
        seal=more.get("seal"),
        call_id=SID.format(call),
        reference=f"visit-{call}",
        status=status,
        final=status == "completed",
        at=at,
    )


def test_calls_without_an_end_that_have_gone_quiet_are_found(ledger: Ledger) -> None:
    with ledger.session() as session:
        for event in (
            reported(1, "queued", NOON - timedelta(hours=1)),
            reported(1, "ringing", NOON - timedelta(hours=1)),
            reported(2, "completed", NOON - timedelta(hours=1)),
            reported(2, "ringing", NOON - timedelta(minutes=59)),
            reported(3, "ringing", NOON),
        ):
            assert store_event(session, event) is Stored.NEW
    with ledger.reading() as session:
        found = open_calls(session, "twilio", quiet_since=NOON - timedelta(minutes=2))
    assert found == [OpenCall(SID.format(1), "visit-1")]


def test_the_same_report_from_two_threads_is_kept_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger.session() as session:
        store_event(session, reported(1, "ringing", NOON, seal="a" * 64))
    looked: list[Callable[..., object]] = []

    def late(*given: object) -> object:
        """The first look came before the other thread's commit."""
        looked.append(late)
        return None if len(looked) == 1 else real(*given)  # type: ignore[arg-type]

    from records import provider_events  # noqa: PLC0415

    real = provider_events._known
    monkeypatch.setattr(provider_events, "_known", late)
    with ledger.session() as session:
        assert store_event(session, reported(1, "ringing", NOON, seal="a" * 64)) is Stored.REPEATED
    looked.clear()
    with ledger.session() as session:
        replay = reported(1, "ringing", NOON, token="another", seal="a" * 64)  # noqa: S106
        assert store_event(session, replay) is Stored.REPLAYED


def incoming(
    door: Door, report: dict[str, str], *, secret: str = "", path: str = "/twilio/incoming"
) -> tuple[int, str]:
    """What the webhook says to a call that comes in."""
    signature = sign(SETTINGS.incoming_url, report, **({"secret": secret} if secret else {}))
    answer = door.client.post(path, data=report, headers={SIGNATURE: signature})
    return answer.status_code, answer.text


COMES_IN = {
    "CallSid": MINE,
    "AccountSid": SETTINGS.account_sid,
    "From": "+865335550001",
    "CallStatus": "ringing",
}


def test_a_call_that_comes_in_is_led_to_our_ears_by_an_address_of_its_own(door: Door) -> None:
    status, twiml = incoming(door, COMES_IN)
    assert status == 200
    assert "<Connect><Stream" in twiml
    assert f'url="{SETTINGS.media_url("incoming-")}' in twiml
    assert incoming(door, COMES_IN) == (200, twiml), "asked again, the same"
    other = incoming(door, {**COMES_IN, "CallSid": SID.format(2)})[1]
    assert other != twiml


def test_a_call_that_nobody_can_take_hears_the_busy_tone(door: Door) -> None:
    door.room = False
    assert incoming(door, COMES_IN) == (
        200,
        '<?xml version="1.0" encoding="UTF-8"?><Response><Reject reason="busy" /></Response>',
    )


@pytest.mark.parametrize("room", [True, False])
def test_who_calls_while_the_ledger_is_away_is_kept_for_later(
    sqlite_ledger: Ledger, tmp_path: Path, room: bool
) -> None:
    ledger = AwayLedger(sqlite_ledger)
    door = Door(ledger, tmp_path)
    door.room, ledger.away = room, True
    assert incoming(door, COMES_IN)[0] == 200
    (kept,) = Spool(tmp_path / "unwritten").waiting()
    thing = read(kept)
    assert isinstance(thing, CallerUnheard)
    assert (thing.line, thing.provider_call_id, thing.number) == ("twilio", MINE, "+865335550001")


@pytest.mark.parametrize(
    ("report", "more", "status"),
    [
        (COMES_IN, {"secret": "somebody-else-s"}, 403),
        (COMES_IN, {"path": "/twilio/incoming?x=1"}, 404),
        ({**COMES_IN, "AccountSid": "AC" + "f" * 32}, {}, 400),
        ({**COMES_IN, "CallSid": "nonsense"}, {}, 400),
    ],
)
def test_who_is_not_twilio_learns_no_address(
    door: Door, report: dict[str, str], more: dict[str, str], status: int
) -> None:
    answered, said = incoming(door, report, **more)
    assert answered == status
    assert "Stream" not in said
