"""A visiting policy as a file to take along."""

from __future__ import annotations

from flask import Response

from campaigns.policy import Policy, yaml_of


def as_file(policy: Policy) -> Response:
    """The policy as YAML, named by its version."""
    answer = Response(yaml_of(policy), mimetype="application/yaml")
    name = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign in "-._") else "-" for sign in policy.version
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return answer
