"""What the command line hears of recordings that are sealed, and the trace it leaves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from support.casebook import MORNING, chat_well, plan_visit, settle_village

from records.audit import AuditEvent
from records.call_ins import CallIn
from records.keyring import Keyring, KeyringError
from records.sealed_files import seal_file
from records.sealing import keyring
from records.sessions import Ledger
from speech.audio import wav_bytes
from speech.types import AudioUnreadableError
from wenan.sealed_voices import Voices
from wenan.settings import Settings, load_settings
from wenan.wiring import open_ledger

VOICE = np.repeat(np.array([[0, 1000]], dtype=np.int16), 8000, axis=0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "data", line="none")


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


def recorded(settings: Settings, name: str, *, sealed: bool = True) -> Path:
    file = settings.recordings_dir / name
    file.parent.mkdir(parents=True, exist_ok=True)
    sound = wav_bytes(VOICE)
    file.write_bytes(seal_file(keyring(), sound) if sealed else sound)
    return file


def trail(ledger: Ledger) -> list[tuple[str, str, str, int | None]]:
    with ledger.reading() as session:
        heard = select(AuditEvent).where(AuditEvent.action == "heard_recording").order_by(AuditEvent.id)
        return [(e.actor, e.action, e.subject_type, e.subject_id) for e in session.scalars(heard)]


def test_a_sealed_recording_of_a_visit_is_heard_and_noted(settings: Settings, ledger: Ledger) -> None:
    with ledger.session() as session:
        visit = plan_visit(session, settle_village(ledger, "grid_worker:li"))
        attempt = chat_well(session, visit)
        attempt.recording = "2026-03/visit-1-attempt-1.wav"
        session.flush()
        attempt_id = attempt.id
    pcm = Voices(settings).open(recorded(settings, "2026-03/visit-1-attempt-1.wav"))
    assert len(pcm) == 8000
    assert trail(ledger) == [("cli", "heard_recording", "call_attempt", attempt_id)]


def test_a_talk_without_a_visit_and_a_file_that_no_row_names_are_noted(
    settings: Settings, ledger: Ledger
) -> None:
    with ledger.session() as session:
        call = CallIn(line="sip", provider_call_id="1", came_at=MORNING, recording="2026-03/call-in-1.wav")
        session.add(call)
        session.flush()
        call_id = call.id
    voices = Voices(settings)
    voices.open(recorded(settings, "2026-03/call-in-1.wav"))
    voices.open(recorded(settings, "2026-03/nobody.wav", sealed=False))
    assert trail(ledger) == [
        ("cli", "heard_recording", "call_in", call_id),
        ("cli", "heard_recording", "recording", None),
    ]


def test_somebody_elses_sound_needs_no_ledger(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "mine.wav"
    file.write_bytes(wav_bytes(VOICE))
    assert len(Voices(settings).open(file)) == 8000
    assert not settings.data_dir.exists()


def test_what_was_sealed_with_another_key_is_not_heard(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.wav"
    foreign.write_bytes(seal_file(Keyring.at(tmp_path / "other.key"), wav_bytes(VOICE)))
    with pytest.raises(KeyringError):
        Voices(settings).open(foreign)
    assert trail(ledger) == [("cli", "heard_recording", "recording", None)], "that somebody tried is noted"


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(AudioUnreadableError, match=r"gone\.wav cannot be read"):
        Voices(settings).open(tmp_path / "gone.wav")
