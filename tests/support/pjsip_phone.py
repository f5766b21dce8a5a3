"""An elder's telephone on PJSIP, a stack that shares nothing with ours, in a process of its own.

``python pjsip_phone.py '{"port": 5070, ...}'`` prints ``READY``, takes a call or makes one as the keys of
``Manner`` say, and prints what it saw and heard as a line of JSON. PJSIP ends its process on misuse.
"""

from __future__ import annotations

import json
import os
import sys
import time
import wave
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pjsua2 as pj

RATE = 8000
FRAME = 160


@dataclass
class Manner:
    """What this telephone does."""

    port: int
    codec: str = "PCMA/8000"
    answers_after_s: float = 0.3
    tone_hz: float = 700.0
    """What the person says: a tone all the time; 0 is silence."""
    says: str = ""
    """A WAV file (8 kHz, 16 bits, mono) said again and again, with four seconds of silence in between."""
    presses: str = ""
    """Keys pressed one second after answering."""
    presses_by: str = "rfc4733"
    """Or ``info``: SIP INFO, as some old gateways do."""
    timers: bool = False
    """Insists on session timers (RFC 4028)."""
    hangs_up_after_s: float = 0.0
    """Seconds after answering; 0: never."""
    holds_s: float = 0.0
    """One second after answering the call is put on hold for so long, as exchanges do when they switch."""
    dies_after_s: float = 0.0
    """The process ends without a word so many seconds after answering; 0: never."""
    patience_s: float = 120.0
    """After so long the process ends, whatever happens: a test that fails leaves nothing behind."""
    encrypted: bool = False
    """Talks by SRTP only."""
    calls: str = ""
    """Address that is called instead of waiting for a call."""
    number: str = "elder"
    """User of this telephone's own address, shown to whoever is called."""
    reliable: bool = False
    """Wants its "ringing" acknowledged (RFC 3262), as carriers' IMS networks do."""
    certificate: str = ""
    """PEM file with certificate and key: then it listens with TLS only."""


@dataclass
class Report:
    """What this telephone saw and heard."""

    invite: str = ""
    digits: str = ""
    codec: str = ""
    heard: list[tuple[float, float]] = field(default_factory=list)
    """Strongest frequency (hertz) and level (RMS) of each half second heard."""
    packets: int = 0
    lost: int = 0
    misordered: int = 0
    duplicated: int = 0
    jitter_ms_max: float = 0.0
    ended: str = ""


def speech(path: str) -> np.ndarray:
    with wave.open(path) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, 1)
        said = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return np.concatenate([said, np.zeros(4 * RATE, np.int16)])


class Ear(pj.AudioMediaPort):
    """Keeps what arrives and sends a tone."""

    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self.hertz = manner.tone_hz
        self.speech = speech(manner.says) if manner.says else None
        self.sent = 0
        self.heard: list[np.ndarray] = []

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802 - PJSIP's name
        at = self.sent + np.arange(FRAME)
        self.sent += FRAME
        if self.speech is None:
            pcm = (8000 * np.sin(2 * np.pi * self.hertz * at / RATE)).astype("<i2").tobytes()
        else:
            pcm = self.speech[at % len(self.speech)].astype("<i2").tobytes()
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO
        for byte in pcm:
            frame.buf.append(byte)
        frame.size = len(pcm)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802 - PJSIP's name
        if frame.size:
            self.heard.append(np.frombuffer(bytes(frame.buf[: frame.size]), "<i2"))


class Conversation(pj.Call):
    """The one call that is taken."""

    def __init__(self, account: pj.Account, call_id: int, manner: Manner, report: Report) -> None:
        super().__init__(account, call_id)
        self.manner = manner
        self.report = report
        self.ear = Ear(manner)
        self.answered_at = 0.0
        self.over = False
        self.accepted = self.pressed = self.hung_up = self.held = self.resumed = False

    def call_out(self, address: str) -> None:
        """Ring somebody."""
        self.accepted = True
        self._make_port()
        self.makeCall(address, pj.CallOpParam(True))

    def _make_port(self) -> None:
        sound = pj.MediaFormatAudio()
        sound.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, 20_000, 16)
        self.ear.createPort("ear", sound)

    def behave(self, ringing_s: float) -> None:
        """Do what is due; called over and over."""
        talking_s = time.monotonic() - self.answered_at if self.answered_at else 0.0
        manner = self.manner
        if not self.accepted and ringing_s > manner.answers_after_s:
            self.accepted = True
            self._make_port()
            accept = pj.CallOpParam()
            accept.statusCode = 200
            self.answer(accept)
        if manner.presses and not self.pressed and talking_s > 1.0:
            self.pressed = True
            if manner.presses_by == "info":
                keys = pj.CallSendDtmfParam()
                keys.method, keys.digits = pj.PJSUA_DTMF_METHOD_SIP_INFO, manner.presses
                self.sendDtmf(keys)
            else:
                self.dialDtmf(manner.presses)
        if manner.holds_s and not self.held and talking_s > 1.0:
            self.held = True
            self.setHold(pj.CallOpParam())
        if self.held and not self.resumed and talking_s > 1.0 + manner.holds_s:
            self.resumed = True
            again = pj.CallOpParam()
            again.opt.flag = pj.PJSUA_CALL_UNHOLD
            again.opt.audioCount = 1
            self.reinvite(again)
        if manner.dies_after_s and talking_s > manner.dies_after_s:
            os._exit(0)
        if manner.hangs_up_after_s and not self.hung_up and talking_s > manner.hangs_up_after_s:
            self.hung_up = True
            self.hangup(pj.CallOpParam())

    def note_heard(self) -> None:
        heard = np.concatenate(self.ear.heard) if self.ear.heard else np.zeros(0)
        half = RATE // 2
        self.report.heard = [strongest(heard[at : at + half]) for at in range(0, len(heard) - half + 1, half)]

    def onCallState(self, _prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.answered_at = time.monotonic()
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.report.ended = f"{info.lastStatusCode} {info.lastReason}"
            self.over = True

    def onCallMediaState(self, _prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                audio = self.getAudioMedia(index)
                audio.startTransmit(self.ear)
                self.ear.startTransmit(audio)

    def onStreamDestroyed(self, _prm: Any) -> None:  # noqa: N802
        self.note_stream()

    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        self.report.digits += prm.digit

    def note_stream(self) -> None:
        stat = self.getStreamStat(0)
        received = stat.rtcp.rxStat
        self.report.codec = self.getStreamInfo(0).codecName
        self.report.packets = received.pkt
        self.report.lost = received.loss
        self.report.misordered = received.reorder
        self.report.duplicated = received.dup
        self.report.jitter_ms_max = received.jitterUsec.max / 1000


class Telephone(pj.Account):
    """The account that is called."""

    def __init__(self, manner: Manner, report: Report) -> None:
        super().__init__()
        self.manner = manner
        self.report = report
        self.call: Conversation | None = None
        self.rings_at = 0.0

    def call_out(self) -> None:
        """Ring whoever is to be called."""
        self.call = Conversation(self, pj.PJSUA_INVALID_ID, self.manner, self.report)
        self.rings_at = time.monotonic()
        self.call.call_out(self.manner.calls)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        self.report.invite = prm.rdata.wholeMsg
        self.call = Conversation(self, prm.callId, self.manner, self.report)
        ringing = pj.CallOpParam()
        ringing.statusCode = 180
        self.call.answer(ringing)
        self.rings_at = time.monotonic()


def strongest(pcm: np.ndarray) -> tuple[float, float]:
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    level = float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2)))
    return round(float(spectrum.argmax()) * RATE / len(pcm), 1), round(level, 1)


def endpoint_for(manner: Manner) -> pj.Endpoint:
    """PJSIP with one codec, no sound card, and everything in this thread but the audio clock."""
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.medConfig.noVad = True
    config.medConfig.clockRate = config.medConfig.sndClockRate = RATE
    config.medConfig.ecTailLen = 0
    endpoint.libInit(config)
    transport = pj.TransportConfig()
    transport.port = manner.port
    transport.boundAddress = "127.0.0.1"
    if manner.certificate:
        transport.tlsConfig.certFile = transport.tlsConfig.privKeyFile = manner.certificate
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, transport)
    else:
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    for codec in endpoint.codecEnum2():
        endpoint.codecSetPriority(codec.codecId, 255 if codec.codecId.startswith(manner.codec) else 0)
    return endpoint


def take_a_call(endpoint: pj.Endpoint, telephone: Telephone, manner: Manner) -> None:
    """Until the call is over, or patience is."""
    started = time.monotonic()
    while time.monotonic() - started < manner.patience_s:
        endpoint.libHandleEvents(10)
        call = telephone.call
        if call is not None:
            call.behave(time.monotonic() - telephone.rings_at)
            if call.over:
                return


def main() -> None:
    manner = Manner(**json.loads(sys.argv[1]))
    report = Report()
    endpoint = endpoint_for(manner)
    account = pj.AccountConfig()
    account.idUri = f"sip:{manner.number}@127.0.0.1"
    if manner.calls:
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    if manner.timers:
        account.callConfig.timerUse = pj.PJSUA_SIP_TIMER_REQUIRED
    if manner.encrypted:
        account.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_MANDATORY
        account.mediaConfig.srtpSecureSignaling = 1
    if manner.reliable:
        account.callConfig.prackUse = pj.PJSUA_100REL_MANDATORY
    telephone = Telephone(manner, report)
    telephone.create(account)
    say("READY")
    if manner.calls:
        telephone.call_out()
    take_a_call(endpoint, telephone, manner)
    if telephone.call is not None:
        telephone.call.note_heard()
    say("REPORT " + json.dumps(vars(report)))
    # Nothing is taken down in order: PJSIP asserts that its objects go before it, Python promises no order.
    os._exit(0)


def say(line: str) -> None:
    """PJSIP writes to standard output, too: our lines begin a line and with a word of their own."""
    sys.stdout.write(f"\n{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
