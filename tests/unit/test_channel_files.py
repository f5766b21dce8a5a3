"""Channels as a file: which are refused, and that their secrets stay out of the message."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from escalation.channels import ChannelError, load_channels
from escalation.rules import Channel

WECOM = {"bot": "wecom", "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=TOPSECRET"}


def written(tmp_path: Path, channels: object) -> Path:
    path = tmp_path / "channels.yaml"
    path.write_text(
        yaml.safe_dump({"channels": channels}, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return path


def test_a_file_says_what_each_channel_may_carry_and_what_it_needs(tmp_path: Path) -> None:
    rules = load_channels(
        written(
            tmp_path,
            {
                "wecom": WECOM,
                "mail": {"apprise": "mailtos://u:p@example.cn/{address}", "detail": "full"},
                "sms": {"apprise": "json://gateway.example/?:to={number}"},
                "phone": {"telephone": True},
            },
        )
    )
    assert [rule.as_channel(name) for name, rule in rules.items()] == [
        Channel("wecom", "none", None),
        Channel("mail", "full", "address"),
        Channel("sms", "none", "number"),
        Channel("phone", "none", "number", spoken=True),
    ]


@pytest.mark.parametrize(
    ("channels", "complaint"),
    [
        ({"wecom": {**WECOM, "apprise": "json://TOPSECRET"}}, "either bot and url, or apprise"),
        ({"wecom": {}}, "either bot and url, or apprise"),
        ({"wecom": {**WECOM, "url": "http://TOPSECRET.example"}}, "over https"),
        ({"ding": {"apprise": "dingtalk://TOPSECRET"}}, "reads whether the bot took it"),
        ({"hook": {"apprise": "json://TOPSECRET/{elder}"}}, "not elder"),
        ({"hook": {"apprise": "json://TOPSECRET/{address}/{number}"}}, "not both"),
        ({"number": WECOM}, "not console, file or number"),
        ({"console": WECOM}, "not console, file or number"),
        ({"WeCom": WECOM}, "small letters"),
        ({"wecom": {**WECOM, "timeout": 600}}, "timeout"),
        ({"wecom": {**WECOM, "detial": "full"}}, "detial"),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, channels: object, complaint: str
) -> None:
    with pytest.raises(ChannelError, match=complaint) as refused:
        load_channels(written(tmp_path, channels))
    assert "\n" not in str(refused.value)
    assert "TOPSECRET" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="Cannot read the channels"):
        load_channels(tmp_path / "nowhere.yaml")
    (tmp_path / "torn.yaml").write_text("{TOPSECRET", encoding="utf-8")
    with pytest.raises(ChannelError, match="not YAML") as refused:
        load_channels(tmp_path / "torn.yaml")
    assert "TOPSECRET" not in str(refused.value)
