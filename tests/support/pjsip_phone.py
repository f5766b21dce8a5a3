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
LOUD = 1000
NEAR_HZ = 12.0


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
    acts: list[list[Any]] = field(default_factory=list)
    """What the person does after answering, one after the other; they say nothing else then. See ``Acts``."""
    refuses: int = 0
    """SIP status with which every call is refused; 0: none is."""
    refers: int = 202
    """Answer to a REFER; other than 202 refuses it."""


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
    referred_to: str = ""
    """Where a REFER wanted us to call."""
    replaced: bool = False
    """Whether another call took the place of the first."""
    unfinished: str = ""
    """The act that was not done when the call ended."""


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
        self.saying = False
        """With acts: whether the person speaks right now."""
        self.silent = bool(manner.acts)
        self.heard: list[np.ndarray] = []

    def hears(self, hertz: float) -> bool:
        """Whether a voice of this pitch is there now."""
        pcm = np.concatenate(self.heard[-10:]) if len(self.heard) >= 10 else np.zeros(0)
        found, level = strongest(pcm) if len(pcm) else (0.0, 0.0)
        return level > LOUD and abs(found - hertz) <= NEAR_HZ

    def onFrameRequested(self, frame: Any) -> None:  # noqa: N802 - PJSIP's name
        at = self.sent + np.arange(FRAME)
        self.sent += FRAME
        if self.silent and not self.saying:
            pcm = bytes(2 * FRAME)
        elif self.speech is None:
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


class Acts:
    """A person's acts on the telephone, whichever of its calls they are on.

    ``say HERTZ SECONDS``, ``wait SECONDS``, ``hear HERTZ`` (until a voice of this pitch is heard), ``hear_out
    SECONDS`` (until something was heard and then nothing for so long), ``press KEYS``, ``hang_up``.
    """

    def __init__(self, manner: Manner, ear: Ear) -> None:
        self.left = list(manner.acts)
        self._ear = ear
        self._began = 0.0
        self._from = 0
        """Frames heard when the act began."""

    def go_on(self, call: Conversation) -> None:
        """Do what is due."""
        if not self.left:
            return
        if not self._began:
            self._began, self._from = time.monotonic(), len(self._ear.heard)
        if self._done(call, time.monotonic() - self._began, *self.left[0]):
            self._began = 0.0
            self.left.pop(0)

    def _done(self, call: Conversation, passed_s: float, act: str, *more: Any) -> bool:
        match act:
            case "say":
                self._ear.hertz, self._ear.saying = more[0], passed_s < more[1]
                return not self._ear.saying
            case "wait":
                return passed_s >= more[0]
            case "hear":
                return self._ear.hears(more[0])
            case "hear_out":
                loud = [np.abs(each).max() > LOUD for each in self._ear.heard[self._from :]]
                return any(loud) and len(loud) - 1 - max(np.flatnonzero(loud)) >= more[0] * RATE / FRAME
            case "press":
                call.dialDtmf(more[0])
            case "hang_up":
                call.hangup(pj.CallOpParam())
        return True


class Conversation(pj.Call):
    """A call that is taken, or that takes the place of one."""

    def __init__(self, account: Telephone, call_id: int, manner: Manner, report: Report) -> None:
        super().__init__(account, call_id)
        self.account = account
        self.manner = manner
        self.report = report
        self.ear = account.ear
        self.answered_at = 0.0
        self.over = False
        self.accepted = self.pressed = self.hung_up = self.held = self.resumed = False

    def call_out(self, address: str) -> None:
        """Ring somebody."""
        self.accepted = True
        self._make_port()
        self.makeCall(address, pj.CallOpParam(True))

    def _make_port(self) -> None:
        if self.account.wired:
            return
        self.account.wired = True
        sound = pj.MediaFormatAudio()
        sound.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, 20_000, 16)
        self.ear.createPort("ear", sound)

    def behave(self, ringing_s: float) -> None:
        """Do what is due; called over and over."""
        if self.over:
            return
        talking_s = time.monotonic() - self.answered_at if self.answered_at else 0.0
        manner = self.manner
        if not self.accepted and ringing_s > manner.answers_after_s:
            self.accepted = True
            self._make_port()
            accept = pj.CallOpParam()
            accept.statusCode = 200
            self.answer(accept)
        if self.answered_at:
            self.account.acts.go_on(self)
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

    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        self.report.referred_to = prm.dstUri
        prm.statusCode = self.manner.refers
        if self.manner.refers == pj.PJSIP_SC_ACCEPTED:
            prm.newCall = self.account.another()

    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802
        prm.statusCode = pj.PJSIP_SC_OK

    def onCallReplaced(self, prm: Any) -> None:  # noqa: N802
        self.report.replaced = True
        prm.newCall = self.account.another(prm.newCallId)

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
        self.ear = Ear(manner)
        self.wired = False
        """Whether the ear has its port."""
        self.acts = Acts(manner, self.ear)
        self.calls: list[Conversation] = []
        self.rings_at = 0.0

    @property
    def call(self) -> Conversation | None:
        """The call that goes on, or the last one."""
        return next((each for each in self.calls if not each.over), self.calls[-1] if self.calls else None)

    def another(self, call_id: int = pj.PJSUA_INVALID_ID) -> Conversation:
        """A call that takes the place of the one before."""
        call = Conversation(self, call_id, self.manner, self.report)
        call.accepted = True
        self.calls.append(call)
        return call

    def call_out(self) -> None:
        """Ring whoever is to be called."""
        self.rings_at = time.monotonic()
        self.another().call_out(self.manner.calls)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        self.report.invite = prm.rdata.wholeMsg
        call = Conversation(self, prm.callId, self.manner, self.report)
        self.calls.append(call)
        ringing = pj.CallOpParam()
        ringing.statusCode = self.manner.refuses or 180
        call.accepted = bool(self.manner.refuses)
        call.answer(ringing)
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
        for call in [*telephone.calls]:
            call.behave(time.monotonic() - telephone.rings_at)
        if telephone.calls and all(call.over for call in telephone.calls):
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
    report.unfinished = str(telephone.acts.left[0]) if telephone.acts.left else ""
    say("REPORT " + json.dumps(vars(report)))
    # Nothing is taken down in order: PJSIP asserts that its objects go before it, Python promises no order.
    os._exit(0)


def say(line: str) -> None:
    """PJSIP writes to standard output, too: our lines begin a line and with a word of their own."""
    sys.stdout.write(f"\n{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
