"""Who speaks the lessons; the benchmark's testing voices never do."""

from __future__ import annotations

from speech.types import Language

NATIVE: dict[Language, tuple[str, ...]] = {
    "zh-CN": ("zf_xiaoxiao", "zf_xiaobei", "zm_yunxi", "zm_yunjian"),
    "es": ("ef_dora",),
    "en": ("af_heart", "am_michael", "bf_emma"),
}
"""The tuning voices of the hearing benchmark."""
EVERYBODY = tuple(voice for voices in NATIVE.values() for voice in voices)
TIMBRES = (
    *EVERYBODY,
    *(
        "af_alloy",
        "af_aoede",
        "af_jessica",
        "af_kore",
        "af_nicole",
        "af_nova",
        "af_river",
        "af_sarah",
        "af_sky",
    ),
    *(
        "am_echo",
        "am_eric",
        "am_fenrir",
        "am_liam",
        "am_onyx",
        "am_puck",
        "am_santa",
        "bf_alice",
        "bf_isabella",
    ),
    *(
        "bf_lily",
        "bm_daniel",
        "bm_fable",
        "bm_lewis",
        "ff_siwis",
        "hf_alpha",
        "hf_beta",
        "hm_omega",
        "hm_psi",
    ),
    *("if_sara", "im_nicola", "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo"),
    *("pf_dora", "pm_alex", "pm_santa"),
)
"""Whose sound may be lent: every voice that there is but the benchmark's testing voices."""
VARIANTS = (
    *("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "croak", "linda"),
    *("Andrea", "Annie", "Alicia", "Diogo", "Gene", "Lee", "Mario", "Mike", "Michael", "steph", "belinda"),
)
"""Voices of espeak-ng."""
