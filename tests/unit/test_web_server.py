"""Serving: a taken port is said in one line, and a served panel can be stopped."""

import socket
import urllib.error
import urllib.request

import pytest
from flask import Flask

from web.server import PortInUseError, serve, start_in_thread

HOST = "127.0.0.1"


@pytest.fixture
def app():
    app = Flask("test")
    app.add_url_rule("/", view_func=lambda: "well", endpoint="root")
    return app


def ask(address):
    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own loopback address
        return answer.read().decode()


def test_a_panel_in_a_thread_answers_and_stops(app):
    with start_in_thread(app, host=HOST, port=0) as serving:
        address = serving.address
        assert ask(address) == "well"
    with pytest.raises(urllib.error.URLError):
        ask(address)


def test_stopping_twice_does_nothing(app):
    serving = start_in_thread(app, host=HOST, port=0)
    serving.stop()
    serving.stop()


def test_a_server_that_was_woken_before_it_is_told_to_stop_stops_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch
):
    serving = start_in_thread(app, host="127.0.0.1", port=0)
    trigger = serving._server.trigger
    wake = trigger._physical_pull

    def woken_by_an_answer_before() -> None:
        wake()
        serving.wait()
        wake()

    monkeypatch.setattr(trigger, "_physical_pull", woken_by_an_answer_before)
    serving.stop()
    assert not serving._thread.is_alive()


def test_a_port_that_is_taken_is_said_in_one_line_with_what_to_do(app):
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as error:
            serve(app, host=HOST, port=port)
    assert f"Port {port} on {HOST} is in use" in str(error.value)
    assert "WENAN_PORT" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_port_is_free_again_after_stopping(app):
    with start_in_thread(app, host=HOST, port=0) as serving:
        port = int(serving.address.rsplit(":", 1)[1].strip("/"))
        ask(serving.address)
    with start_in_thread(app, host=HOST, port=port) as again:
        assert ask(again.address) == "well"
