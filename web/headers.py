"""Headers that keep pages to themselves: nothing from other hosts, nothing kept by caches, no framing."""

from __future__ import annotations

from flask import Flask, Response, request

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def add_headers(app: Flask, *, strict_transport: bool) -> None:
    """Send ``HEADERS`` with every answer; personal pages and recordings are not stored by browsers.

    ``strict_transport`` is for panels served over HTTPS: browsers then refuse plain HTTP for a year.
    """

    def after(response: Response) -> Response:
        response.headers.update(HEADERS)
        if strict_transport:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint == "static":
            response.headers["Cache-Control"] = "no-cache"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response

    app.after_request(after)
