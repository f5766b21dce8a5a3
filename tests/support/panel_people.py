"""Fictional elders of the panel's tests and pictures, and what they say on the telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Said:
    """One exchange of a made-up call."""

    question: str
    prompt: str
    words: str
    answer: str = "ok"
    urgency: str = "none"
    codes: tuple[str, ...] = ()
    key: str = ""
    alternatives: tuple[str, ...] = ()
    confidence: float = 0.93
    phrase: str = ""
    via: str = "text"
    rule: str = ""
    delay: float = 1.1
    speech: float = 1.8


ASK = {
    "identity": "您好，我是城南社区养老服务中心的电话机器人。请问是{name}吗？",
    "wellbeing": "您这两天身体怎么样？",
    "pain": "身上有没有哪里疼？",
    "falls": "最近有没有摔倒过？",
    "eating": "吃饭怎么样，有人做饭吗？",
    "medicine": "药都按时吃了吗？",
    "safety": "家里水、电、煤气都好用吗？",
    "help_needed": "有没有什么需要我们帮忙的？",
}


def fine(question: str, words: str) -> Said:
    return Said(question, ASK[question], words)


CHEST = (
    Said("identity", ASK["identity"], "哎，我就是。", "yes", speech=1.2),
    Said(
        "wellbeing",
        ASK["wellbeing"],
        "兄口闷得慌，疼得冒汗。",
        "problem",
        "emergency",
        ("chest_pain",),
        alternatives=("胸口闷得慌，疼得冒汗", "凶口闷得荒，腾得冒汗"),
        confidence=0.87,
        phrase="胸口闷",
        via="sound",
        rule="zh-CN/chest_pain/3",
        delay=2.4,
        speech=2.9,
    ),
    Said(
        "confirm",
        "我听到您说胸口疼，是吗？是的话请说“是”，或者按一。",
        "",
        "yes",
        key="1",
        delay=1.6,
        speech=0.0,
    ),
    Said(
        "wellbeing", "好，我马上请人来看您，也会通知您的家人。请您先坐下，不要走动。", "好，好，快点。", "ok"
    ),
)
WELL = (
    fine("identity", "是我，是我。"),
    fine("wellbeing", "挺好的，每天都去公园走走。"),
    fine("pain", "没有，都不疼。"),
    fine("falls", "没有摔过。"),
    fine("eating", "吃得下，自己做。"),
    fine("medicine", "按时吃着呢。"),
    fine("safety", "都好着呢。"),
)
FELL = (
    fine("identity", "对，是我。"),
    fine("wellbeing", "还行吧。"),
    Said(
        "falls",
        ASK["falls"],
        "前几天在院子里绊了一睡。",
        "problem",
        "urgent",
        ("fall_recent",),
        alternatives=("前几天在院子里绊了一跤", "前几天在院子里半了一觉"),
        confidence=0.71,
        phrase="绊了一跤",
        via="audio",
        rule="zh-CN/fall_recent/2",
        delay=1.9,
        speech=3.0,
    ),
    fine("eating", "吃得还可以。"),
    Said("help_needed", ASK["help_needed"], "", "silence", delay=8.0, speech=0.0, confidence=0.0),
)
NEEDS = (
    fine("identity", "我是，您说。"),
    fine("wellbeing", "还可以，就是腿脚不太灵便。"),
    Said(
        "help_needed",
        ASK["help_needed"],
        "卫生间要是能装个扶手就好了，做饭也费劲。",
        "concern",
        "need",
        ("need_aids", "need_meals"),
        phrase="装个扶手",
        rule="zh-CN/need_aids/1",
        speech=4.2,
    ),
)
UNSURE = (
    fine("identity", "嗯，对。"),
    Said(
        "wellbeing",
        ASK["wellbeing"],
        "就那样，老头子没起了。",
        "unclear",
        alternatives=("就那样，老头子没气了", "就那样，老头子没去了"),
        confidence=0.38,
        delay=3.2,
    ),
    fine("eating", "吃了。"),
)


@dataclass(frozen=True)
class Person:
    """One made-up elder."""

    name: str
    sex: str
    born: date
    grid: str = "城南社区"
    tier: str = "general"
    categories: tuple[str, ...] = ("living_alone",)
    ability: str = "intact"
    mode: str = "telephone"
    mode_reason: str = ""
    status: str = "active"
    address: str = "般阳路 16 号 2 号楼 302"
    number: str = "+865335180042"
    outcome: str | None = "completed"
    level: str = "green"
    score: float = 4.0
    talk: tuple[Said, ...] = WELL
    earlier: tuple[float, ...] = (3, 8, 4, 5)


PEOPLE = (
    Person("孙桂英", "female", date(1941, 5, 2), tier="key", outcome="escalated", level="red", score=95,
           address="般阳路 16 号 2 号楼 302（门口有石榴树）", earlier=(12, 22, 24, 38), talk=CHEST),
    Person("高振华", "male", date(1947, 11, 20), outcome="completed", level="orange", score=57, talk=FELL,
           address="雁阳街 8 号 1 单元 101", number="+865335180107"),
    Person("宋玉兰", "female", date(1950, 2, 11), outcome="completed", level="yellow", score=36, talk=NEEDS,
           address="般阳路 22 号院 3 排 5 号", number="+865335180233"),
    Person("徐德厚", "male", date(1944, 8, 30), tier="key", outcome="partial", level="yellow", score=24,
           talk=UNSURE, number="+865335180316", earlier=(5, 6, 21)),
    Person("马秀芳", "female", date(1952, 1, 5), number="+865335180455"),
    Person("韩继先", "male", date(1949, 6, 17), number="+865335180562"),
    Person("冯淑珍", "female", date(1951, 9, 8), grid="松龄社区", number="+865335180671"),
    Person("吕宝山", "male", date(1953, 3, 3), grid="松龄社区", number="+865335180788", outcome=None,
           talk=WELL[:3]),
    Person("丁素琴", "female", date(1946, 12, 12), tier="key", number="+865335180890", outcome=None, talk=()),
    Person("蒋文轩", "male", date(1945, 4, 25), grid="松龄社区", number="+865335180904",
           outcome="unreachable", level="orange", score=50, talk=()),
    Person("沈月娥", "female", date(1948, 10, 1), number="+865335181013", outcome=None, talk=()),
    Person("贺长河", "male", date(1938, 7, 7), tier="key", ability="severe", mode="in_home",
           mode_reason="ability_too_low", outcome=None, talk=(), categories=("disabled_by_age",)),
    Person("温如玉", "female", date(1943, 2, 28), tier="secondary", ability="moderate", mode="in_home",
           mode_reason="ability_too_low", outcome=None, talk=()),
    Person("田广义", "male", date(1954, 5, 19), grid="松龄社区", mode="in_home", mode_reason="no_consent",
           outcome=None, talk=()),
)  # fmt: skip
AWAY = Person(
    "龚秋菊", "female", date(1947, 1, 30), status="in_hospital", mode="in_home", mode_reason="not_active"
)
ELSEWHERE = Person("尹远山", "male", date(1942, 3, 14), grid="昆仑镇社区")
