"""``wenan hear`` and ``wenan understand``: what the product makes of an answer."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from speech.answering import listen, take
from speech.lexicon import Lexicon, load_lexicon
from speech.meaning import open_reader
from speech.recognizers import open_recognizer
from speech.types import AudioUnreadableError, Language, Understanding
from speech.understanding import from_text
from wenan.cli.errors import BAD_INPUT, UsageError
from wenan.logs import set_up_logs
from wenan.sealed_voices import Voices
from wenan.settings import load_settings

Question = Annotated[
    str, typer.Option("--question", "-q", help="The question that was asked, e.g. falls, pain, yesno.")
]
Spoken = Annotated[str, typer.Option("--lang", help="zh-CN, es or en.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
WithEvidence = Annotated[bool, typer.Option("--evidence", help="Add the matched rules to the JSON.")]


def hear(
    files: Annotated[list[Path], typer.Argument(help="WAV files, sealed ones too: mu-law, a-law, PCM.")],
    question: Question = "wellbeing",
    lang: Spoken = "zh-CN",
    engine: Annotated[str, typer.Option("--engine", help="auto, whisper or vosk.")] = "",
    as_json: AsJson = False,
    evidence: WithEvidence = False,
) -> None:
    """Say what recordings of an elder's answer were taken for; sealed ones too, noted in the audit trail."""
    settings = load_settings()
    set_up_logs(settings.model_copy(update={"log_level": "error"}))
    lexicon = _lexicon(lang, question)
    recognizer = open_recognizer(
        engine or settings.recognizer,
        models_dir=settings.models_path,
        vosk_models=settings.vosk_models,
        threads=settings.recognition_threads,
        language=lexicon.language,
    )
    reader = open_reader(settings.models_path)
    voices, unreadable = Voices(settings), 0
    for file in files:
        try:
            pcm = voices.open(file)
        except AudioUnreadableError as error:
            unreadable += 1
            typer.echo(f"wenan: {error}", err=True)
            continue
        heard, taken = listen(pcm, question, lexicon, recognizer=recognizer, reader=reader)
        _show({"file": str(file)}, taken, heard.seconds, as_json=as_json, evidence=evidence)
    if unreadable:
        raise typer.Exit(BAD_INPUT)


def understand_text(
    text: Annotated[str, typer.Option("--text", "-t", help="The words of the answer.")],
    question: Question = "wellbeing",
    lang: Spoken = "zh-CN",
    as_json: AsJson = False,
    evidence: WithEvidence = False,
) -> None:
    """Say what an answer in writing would be taken for."""
    settings = load_settings()
    set_up_logs(settings.model_copy(update={"log_level": "error"}))
    lexicon = _lexicon(lang, question)
    reader = open_reader(settings.models_path)
    _, taken = take(from_text(text, lexicon.language), question, lexicon, reader=reader)
    _show({"text": text}, taken, taken.seconds, as_json=as_json, evidence=evidence)


def _lexicon(lang: str, question: str) -> Lexicon:
    languages: dict[str, Language] = {"zh-CN": "zh-CN", "zh": "zh-CN", "es": "es", "en": "en"}
    if lang not in languages:
        raise UsageError(f"--lang {lang}: not a language I know; use zh-CN, es or en")
    lexicon = load_lexicon(languages[lang])
    if question not in lexicon.questions:
        raise UsageError(f"--question {question}: unknown; use one of {', '.join(sorted(lexicon.questions))}")
    return lexicon


def _show(
    head: dict[str, Any], taken: Understanding, seconds: float, *, as_json: bool, evidence: bool
) -> None:
    result = head | {
        "transcript": taken.transcript,
        "alternatives": list(taken.alternatives),
        "answer": taken.answer,
        "urgency": taken.urgency.label,
        "codes": list(taken.codes),
        "confirm": taken.confirm,
        "seconds": round(seconds, 3),
    }
    if evidence:
        result["evidence"] = [asdict(piece) for piece in taken.evidence]
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    doubt = "  (would ask once to confirm)" if taken.confirm else ""
    typer.echo(f"{next(iter(head.values()))}\n  heard: {taken.transcript or '(nothing)'}")
    typer.echo(
        f"  taken for: {taken.answer}, urgency {taken.urgency.label}, {', '.join(taken.codes) or '-'}{doubt}"
    )
