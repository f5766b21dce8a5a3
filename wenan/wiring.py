"""The composition root: settings in, working parts out. Nothing else in the product puts parts together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from rich.console import Console

from campaigns.briefing import Caller
from campaigns.desk import DialerOptions
from campaigns.dialer import Dialer, new_owner
from campaigns.progress import OnEvent
from campaigns.ringing_hours import may_ring
from escalation.addresses import Reach
from escalation.aftercare import VisitAftercare
from escalation.apprise_notifier import AppriseNotifier
from escalation.auditor import Auditor
from escalation.bots import BotNotifier
from escalation.channels import ChannelError, ChannelRule, load_channels
from escalation.climber import Climber
from escalation.contact_caller import ContactCaller
from escalation.contact_rules import ContactRules
from escalation.deadman import DeadMansSwitch
from escalation.notifiers import ConsoleNotifier, FileNotifier, Notifier
from escalation.outbox import Outbox
from escalation.rules import Channel, Rules
from escalation.switchboard import Switchboard
from escalation.telephone import PhoneNotifier
from ivr.call import Senses, hold_conversation
from ivr.clock import Clock
from ivr.keeping_up import KeepingUp
from ivr.lines import Line
from ivr.lines.simulated import SimulatedLine
from records.keyring import Keyring
from records.sessions import Ledger
from speech.lexicon import load_lexicon
from speech.meaning import open_reader
from speech.prompts import PromptStore
from speech.recognizers import open_recognizer
from speech.synthesizers import open_synthesizer
from speech.types import Synthesizer
from wenan.settings import Settings, SettingsError
from wenan.spooling import open_spool
from wenan.transfer import with_transfers
from wenan.upkeep import Upkeep

if TYPE_CHECKING:
    from wenan.nudging import RedisNudges

PHONE_LEASE_S = 240
"""Seconds for which a message is claimed that is delivered by a call: longer than any such call."""
PHONE_WAIT_S = 60
"""Seconds between two calls to the same worker."""


def open_ledger(settings: Settings) -> Ledger:
    """The ledger, migrated. Raises LedgerError, KeyringError."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(settings.ledger_url, Keyring.at(settings.key_path))
    ledger.migrate()
    if nudges := open_nudges(settings):
        ledger.watch(nudges.send)
    return ledger


@cache
def _nudges_at(url: str) -> RedisNudges:
    try:
        from wenan.nudging import RedisNudges as Nudges  # noqa: PLC0415 - Redis is an optional extra
    except ImportError as error:
        raise SettingsError(
            "WENAN_REDIS_URL needs the packages of the extra `queue`: pip install 'wenan[queue]'"
        ) from error
    return Nudges(url)


def open_nudges(settings: Settings) -> RedisNudges | None:
    """Nudges between processes, the same object for one Redis; None without one. Raises SettingsError."""
    return _nudges_at(settings.redis_url) if settings.redis_url else None


def open_voice(settings: Settings) -> Synthesizer:
    """The synthesiser; one is enough for all who speak. Raises ModelMissingError."""
    return open_synthesizer(settings.synthesizer, models_dir=settings.models_path)


def open_prompts(settings: Settings, voice: Synthesizer) -> PromptStore:
    """The robot's sentences, spoken by ``voice``. Raises RecordedPromptsError."""
    return PromptStore(
        voice,
        cache_dir=settings.prompts_dir,
        recorded_dir=settings.recorded_prompts,
    )


def open_senses(settings: Settings, prompts: PromptStore, executor: Executor) -> Senses:
    """Ears and voice for all calls. Raises ModelMissingError."""
    recognizer = open_recognizer(
        settings.recognizer,
        models_dir=settings.models_path,
        vosk_models=settings.vosk_models,
        threads=settings.recognition_threads,
        language=settings.default_language,
    )
    return Senses(
        recognizer=recognizer,
        lexicon=load_lexicon,
        prompts=prompts,
        executor=executor,
        reader=open_reader(settings.models_path),
    )


def open_rules(settings: Settings) -> Rules:
    """Escalation's policy, ladders, weights, wording and channels. The console shows no health detail.

    Raises LadderError, ChannelError.
    """
    channels = [Channel(name, "code" if name == "file" else "none") for name in settings.notify]
    channels += [rule.as_channel(name) for name, rule in channel_rules(settings).items()]
    if settings.line == "none" and any(channel.spoken for channel in channels):
        raise ChannelError("A channel with telephone: true needs a telephone line: set WENAN_LINE")
    if not channels:
        raise ChannelError("No channel is configured: set WENAN_NOTIFY or WENAN_CHANNELS, or nobody is told")
    rules = Rules.load(
        channels,
        ladders=settings.ladders,
        language=settings.default_language,
        link=f"{settings.panel_url.rstrip('/')}/orders/{{order_id}}",
    )
    # Where others share the ledger, one of them has the line, and it is to be missed when it falls silent.
    if settings.line == "none":
        return _without_dialer(rules) if settings.is_embedded else rules
    real = settings.line != "village"  # the village has elders only: nobody lives around them
    asking = ContactRules(may_ring, most=settings.call_contacts) if settings.call_contacts and real else None
    return replace(rules, contacts=asking)


def _without_dialer(rules: Rules) -> Rules:
    """Without a telephone line nothing dials, so that nobody waits for the dialer's heartbeat."""
    auditor = rules.policy.auditor
    beats = {name: minutes for name, minutes in auditor.heartbeats.items() if name != "dialer"}
    policy = rules.policy.model_copy(update={"auditor": auditor.model_copy(update={"heartbeats": beats})})
    return replace(rules, policy=policy)


def channel_rules(settings: Settings) -> Mapping[str, ChannelRule]:
    """The further channels of a deployment, by name. Raises ChannelError."""
    return {} if settings.channels is None else load_channels(settings.channels)


def open_dialer(  # noqa: PLR0913 - the parts of a dialer, each by name
    settings: Settings,
    ledger: Ledger,
    line: Line,
    senses: Senses,
    clock: Clock,
    rules: Rules,
    *,
    on_event: OnEvent | None = None,
    take_over: bool = True,
    switchboard: Switchboard | None = None,
) -> Dialer:
    """A dialer for this process. ``take_over`` is right only where no other process works on the ledger."""
    talk = partial(hold_conversation, senses=senses, clock=clock, max_seconds=float(settings.call_seconds))
    options = DialerOptions(
        caller=Caller(settings.organisation, settings.callback_number),
        max_calls=settings.max_concurrent_calls,
        calls_per_second=settings.calls_per_second,
        keeps_up=None if isinstance(line, SimulatedLine) else _keeping_up(senses),
        call_seconds=float(settings.call_seconds),
        take_over=take_over,
        on_event=on_event,
        spool=open_spool(settings),
    )
    return Dialer(
        ledger,
        line,
        talk,
        clock,
        VisitAftercare(rules),
        owner=new_owner(),
        recordings_dir=settings.recordings_dir,
        options=with_transfers(options, talk, switchboard),
    )


def _keeping_up(senses: Senses) -> Callable[[int], int]:
    """How many calls these engines keep up with; on simulated lines call time waits for engines."""
    return KeepingUp(lambda: senses.queue.behind_s, lambda: asyncio.get_running_loop().time()).room


def open_contact_caller(
    settings: Settings,
    ledger: Ledger,
    line: Line,
    senses: Senses,
    clock: Clock,
    rules: Rules,
    executor: Executor,
    switchboard: Switchboard | None = None,
) -> ContactCaller:
    """Rings the people around elders whom nobody reached, beside the dialer and on its line."""
    through = None if switchboard is None else switchboard.for_order
    who = settings.organisation
    return ContactCaller(ledger, rules, line, senses, clock, executor, organisation=who, operator_of=through)


def open_notifiers(
    settings: Settings, ledger: Ledger, clock: Clock, console: Console, rules: Rules
) -> Mapping[str, Notifier]:
    """Every channel that the settings name. Raises ChannelError."""

    def reach(login: str) -> Reach:
        with ledger.reading() as session:
            return Reach.of(session, login)

    built_in: dict[str, Notifier] = {
        "console": ConsoleNotifier(console),
        "file": FileNotifier(settings.data_dir / "notifications.jsonl", clock.now),
    }
    notifiers = {str(name): built_in[name] for name in settings.notify}
    for name, rule in channel_rules(settings).items():
        if rule.telephone:
            notifiers[name] = PhoneNotifier(ledger, rules, clock)
        elif rule.bot is not None:
            notifiers[name] = BotNotifier(rule, reach, clock.now)
        else:
            notifiers[name] = AppriseNotifier(name, rule, reach)
    return notifiers


def open_outboxes(
    ledger: Ledger, rules: Rules, clock: Clock, notifiers: Mapping[str, Notifier]
) -> tuple[Outbox, ...]:
    """One outbox for each channel, and one for messages whose channel is not configured any more."""
    delivery = rules.policy.delivery
    calls = delivery.model_copy(
        update={"lease": PHONE_LEASE_S, "batch": 1, "first_wait": PHONE_WAIT_S}
        | {"longest_wait": dict.fromkeys(delivery.longest_wait, PHONE_WAIT_S)}
    )
    own = []
    for name, each in notifiers.items():
        phone = isinstance(each, PhoneNotifier)  # two at a time: one worker's call holds up no other's
        made = [
            Outbox(ledger, {name: each}, calls if phone else delivery, clock, only=name)
            for _ in range(2 if phone else 1)
        ]
        own += made
    return (*own, Outbox(ledger, {}, delivery, clock, but=notifiers.keys()))


def open_upkeep(settings: Settings, ledger: Ledger, rules: Rules, clock: Clock, console: Console) -> Upkeep:
    """What runs beside the dialer; ``console`` is where console notifications go."""
    aftercare = VisitAftercare(rules)
    notifiers = open_notifiers(settings, ledger, clock, console, rules)
    return Upkeep(
        outboxes=open_outboxes(ledger, rules, clock, notifiers),
        climber=Climber(ledger, rules, clock),
        auditor=Auditor(ledger, rules, aftercare, clock),
        aftercare=aftercare,
        ledger=ledger,
        clock=clock,
        switch=open_switch(settings, ledger, rules, clock),
        telephones=tuple(each for each in notifiers.values() if isinstance(each, PhoneNotifier)),
    )


def open_switch(settings: Settings, ledger: Ledger, rules: Rules, clock: Clock) -> DeadMansSwitch | None:
    """The dead man's switch, if the settings name where its signs go."""
    url = settings.deadman_url.get_secret_value() if settings.deadman_url else ""
    return DeadMansSwitch(url, ledger, rules.policy.auditor, clock) if url else None
