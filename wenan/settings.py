"""Settings of a deployment: environment variables ``WENAN_*``, or the same names in a ``.env`` file.

``docs/settings.md`` describes every one of them; a test fails when one is missing there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from speech.types import Language


class SettingsError(Exception):
    """A setting cannot be used; the message names the variable, its value and what is allowed."""


class Settings(BaseSettings):
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
    line: Literal["none", "village"] = Field(
        "none",
        description="What places calls: none (nothing is dialled, visits wait and the panel says so) or "
        "village (the simulated village, for training).",
    )
    max_concurrent_calls: int = Field(
        4, ge=1, le=500, description="Calls at the same time, over all campaigns."
    )
    call_seconds: int = Field(600, ge=60, le=3600, description="Longest a call may last, in seconds.")
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
        problems = "; ".join(
            f"WENAN_{'_'.join(str(part) for part in item['loc']).upper()}={item['input']!r}: {item['msg']}"
            for item in error.errors()
        )
        raise SettingsError(f"Settings cannot be used: {problems}. See docs/settings.md.") from error
