"""Settings of a deployment: environment variables ``WENAN_*``, or the same names in a ``.env`` file.

``docs/settings.md`` describes every one of them; a test fails when one is missing there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from ivr.lines.dialplan import DialPlan, NumberForm
from ivr.lines.sip.settings import Codec, SipSettings, Transport
from ivr.lines.twilio.settings import TwilioSettings
from speech.types import Language
from wenan.cost_settings import CostSettings
from wenan.pace_settings import PaceSettings
from wenan.setting_problems import told
from wenan.transfer_settings import TransferSettings
from wenan.twilio_settings import TwilioAccountSettings

LONGER_THAN_ANY_CALL_S = 900.0
"""So long after a call should have been over by its own rules, the line ends it whatever happens."""


class SettingsError(Exception):
    """A setting cannot be used; the message names the variable, its value and what is allowed."""


class Settings(CostSettings, PaceSettings, TwilioAccountSettings, TransferSettings):
    """Everything a deployment may want to change; the defaults run the embedded product."""

    model_config = SettingsConfigDict(env_prefix="WENAN_", env_file=".env", extra="ignore")

    data_dir: Path = Field(
        Path("var/wenan"), description="Where the ledger, keys, recordings and caches live."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL of the ledger; empty means SQLite below the data folder."
    )
    key_file: Path | None = Field(
        None, description="Key that seals personal fields; default: data_dir/wenan.key."
    )
    models_dir: Path = Field(
        Path("~/.cache/wenan/models"),
        description="Where speech models are kept; may be shared by deployments.",
    )
    vosk_model_zh: Path | None = Field(None, description="Folder of an unpacked Mandarin Vosk model.")
    vosk_model_es: Path | None = Field(None, description="Folder of an unpacked Spanish Vosk model.")
    vosk_model_en: Path | None = Field(None, description="Folder of an unpacked English Vosk model.")
    recognizer: Literal["auto", "whisper", "vosk"] = Field(
        "auto", description="Ears: which recogniser listens."
    )
    synthesizer: Literal["auto", "kokoro", "espeak"] = Field(
        "auto", description="Voice: which synthesiser speaks."
    )
    recognition_threads: int = Field(2, ge=1, le=64, description="Processor threads the recogniser may use.")
    recorded_prompts: Path | None = Field(
        None, description="Folder of recorded sentences that replace synthesised ones, with its index."
    )
    organisation: str = Field(
        "社区养老服务中心", description="On whose behalf the robot calls; spoken in the greeting."
    )
    callback_number: str = Field(
        "0533-12345", description="The number an elder may call back; spoken digit by digit."
    )
    default_language: Language = Field("zh-CN", description="Language of elders whose roster row names none.")
    default_area_code: str = Field("", description="Area code for landlines written without one, e.g. 0533.")
    timezone: str = Field(
        "Asia/Shanghai", description="Time zone of new areas, of campaigns' periods and of deadlines."
    )
    line: Literal["none", "village", "sip", "twilio"] = Field(
        "none",
        description="What places calls: none (nothing is dialled, visits wait and the panel says so), "
        "village (the simulated village, for training), sip or twilio (real telephones, see docs/lines.md).",
    )
    max_concurrent_calls: int = Field(
        4, ge=1, le=500, description="Calls at the same time, over all campaigns."
    )
    call_contacts: int = Field(
        3,
        ge=0,
        le=10,
        description="People around an elder who are rung, one by one, when nobody answers, before somebody "
        "is sent; 0: none. See docs/reaching.md.",
    )
    call_seconds: int = Field(600, ge=60, le=3600, description="Longest a call may last, in seconds.")
    sip_server: str = Field(
        "", description="SIP provider, PBX or gateway: host or host:port; the domain of all addresses."
    )
    sip_user: str = Field(
        "wenan", description="User of our own SIP address; most providers want the number they gave."
    )
    sip_password: SecretStr | None = Field(None, description="Password of the SIP account.")
    sip_auth_user: str = Field("", description="Name that goes with the password, where it is not the user.")
    sip_register: bool = Field(
        True, description="Register with the server; false for trunks that know us by our address."
    )
    sip_register_seconds: int = Field(
        300, ge=30, le=7200, description="How often the registration is renewed, in seconds."
    )
    sip_proxy: str = Field("", description="Outbound SIP proxy, host or host:port; empty: the server itself.")
    sip_transport: Transport = Field("udp", description="How SIP travels: udp, tcp or tls.")
    sip_ca_file: Path | None = Field(
        None, description="Certificates that may vouch for the server over TLS; default: the system's."
    )
    sip_encrypt_audio: bool = Field(
        False, description="Audio by SRTP or not at all; needs WENAN_SIP_TRANSPORT=tls."
    )
    sip_reliable_ringing: bool = Field(
        False,
        description='Acknowledge "ringing" (100rel); some IMS trunks insist on it, see error 420 or 421.',
    )
    sip_listen: str = Field(
        "", description="Address and port for SIP, e.g. 0.0.0.0:5060; empty: any free port."
    )
    sip_interface: str = Field(
        "", description="Network interface or local address for calls; empty: the one that leads there."
    )
    sip_rtp_ports: str = Field(
        "", description="UDP ports for audio, e.g. 20000-20999; empty: the stack's choice."
    )
    sip_codecs: list[Codec] = Field(
        ["pcma", "pcmu"], description="Codecs by preference, as a JSON list of pcma and pcmu."
    )
    sip_number_form: NumberForm = Field(
        "e164",
        description="How numbers are dialled: e164 (+865331234567), digits (865331234567), "
        "national (05331234567) or local (without WENAN_DEFAULT_AREA_CODE).",
    )
    sip_dial_prefix: str = Field("", description="Dialled before every number, e.g. 9 for an outside line.")
    sip_display_name: str = Field("", description="Name shown to the called, where the network lets it.")
    sip_caller_number: str = Field(
        "", description="Number to be shown to the called; empty: what the provider shows by itself."
    )
    sip_rtp_timeout: int = Field(
        30,
        ge=0,
        le=600,
        description="Seconds without audio packets after which a call is dead; 0: never. Raise it for "
        "gateways that send nothing while the elder is silent.",
    )
    redis_url: str = Field(
        "",
        description="Redis by which processes nudge each other, e.g. redis://127.0.0.1:6379/0 (needs "
        "`pip install 'wenan[queue]'`); empty: they look at the ledger every few seconds.",
    )
    host: str = Field("127.0.0.1", description="Address the panel listens on.")
    port: int = Field(8600, ge=1, le=65535, description="Port the panel listens on.")
    secure_cookies: bool = Field(False, description="Set when the panel is served over HTTPS.")
    secret_key: SecretStr | None = Field(
        None, description="Signs sessions; default: made once and kept below the data folder."
    )
    notify: list[Literal["console", "file"]] = Field(
        ["console", "file"], description="Channels notifications go out by, as a JSON list."
    )
    channels: Path | None = Field(
        None, description="Further channels (bots, e-mail, SMS, webhooks), a YAML file; see docs/channels.md."
    )
    panel_url: str = Field(
        "", description="Where workers open the panel, e.g. https://panel.example; messages link to it."
    )
    deadman_url: SecretStr | None = Field(
        None,
        description="An outside monitor that calls a person when requests to this address stay away: one a "
        "minute, only while nothing is silent or stuck.",
    )
    ladders: Path | None = Field(
        None, description="On-call ladders of this deployment, a YAML file; default: the shipped ones."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    @property
    def ledger_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'ledger.sqlite').absolute()}"

    @property
    def is_embedded(self) -> bool:
        """Whether the ledger is a file of this machine, on which one process works at a time."""
        return self.ledger_url.startswith("sqlite")

    @property
    def key_path(self) -> Path:
        """The key file in force."""
        return self.key_file or self.data_dir / "wenan.key"

    @property
    def models_path(self) -> Path:
        """The models folder with ``~`` resolved."""
        return self.models_dir.expanduser()

    @property
    def recordings_dir(self) -> Path:
        """Where recordings of calls are kept."""
        return self.data_dir / "recordings"

    @property
    def prompts_dir(self) -> Path:
        """Where rendered prompts are cached; they can always be rendered again."""
        return self.models_path.parent / "prompts"

    @property
    def sip(self) -> SipSettings:
        """The SIP line's own settings. Raises SettingsError."""
        try:
            return SipSettings(
                server=self.sip_server,
                user=self.sip_user,
                password=self.sip_password.get_secret_value() if self.sip_password else "",
                auth_user=self.sip_auth_user,
                register=self.sip_register,
                register_seconds=self.sip_register_seconds,
                proxy=self.sip_proxy,
                transport=self.sip_transport,
                ca_file=self.sip_ca_file,
                encrypt_audio=self.sip_encrypt_audio,
                reliable_ringing=self.sip_reliable_ringing,
                listen=self.sip_listen,
                interface=self.sip_interface,
                rtp_ports=self.sip_rtp_ports,
                codecs=tuple(self.sip_codecs),
                dial_plan=DialPlan(self.sip_number_form, self.sip_dial_prefix, self.default_area_code),
                display_name=self.sip_display_name,
                caller_number=self.sip_caller_number,
                rtp_timeout_s=self.sip_rtp_timeout,
                max_call_s=self.call_seconds + LONGER_THAN_ANY_CALL_S,
            )
        except ValueError as error:
            raise SettingsError(f"WENAN_LINE=sip cannot be used: {error}. See docs/lines.md.") from error

    @property
    def twilio(self) -> TwilioSettings:
        """The Twilio line's own settings. Raises SettingsError."""
        try:
            return TwilioSettings(
                account_sid=self.twilio_account_sid,
                auth_token=self.twilio_auth_token.get_secret_value() if self.twilio_auth_token else "",
                number=self.twilio_number,
                public_url=self.twilio_public_url,
                webhook_secret=self.twilio_webhook_secret.get_secret_value()
                if self.twilio_webhook_secret
                else "",
                media_host=self.twilio_media_host,
                media_port=self.twilio_media_port,
                calls_per_second=self.twilio_calls_per_second,
                machine_detection=self.twilio_machine_detection,
                max_call_s=self.call_seconds + LONGER_THAN_ANY_CALL_S,
            )
        except ValueError as error:
            raise SettingsError(f"WENAN_LINE=twilio cannot be used: {error}. See docs/lines.md.") from error

    @property
    def vosk_models(self) -> dict[Language, Path]:
        """Configured Vosk models by language."""
        paths: dict[Language, Path | None] = {
            "zh-CN": self.vosk_model_zh,
            "es": self.vosk_model_es,
            "en": self.vosk_model_en,
        }
        return {language: path.expanduser() for language, path in paths.items() if path is not None}


def load_settings(**overrides: object) -> Settings:
    """Read the settings in force. Raises SettingsError naming each bad variable."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic validates whatever it is given
    except ValidationError as error:
        raise SettingsError(told(error, "WENAN_")) from error
