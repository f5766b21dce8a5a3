"""An elder's telephone on PJSIP, a stack that shares nothing with ours, in a process of its own.

``python -m support.pjsip_phone '{"port": 5070, ...}'`` prints ``READY``, takes a call or makes one as the
keys of ``Manner`` say, and prints what it saw and heard as a line of JSON. PJSIP ends its process on misuse.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import numpy as np
import pjsua2 as pj

from support.pjsip_manner import Manner, Report
from support.pjsip_person import RATE, Acts, Ear, strongest


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
