"""Downloads over a poor connection: broken off, continued, refused."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.ports import LOOPBACK, free_port

from speech.modelstore.download import Downloader, SourceFailedError
from speech.modelstore.progress import SilentProgress

CONTENT = bytes(range(251)) * 5000
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class Server:
    """Serves one file from loopback; breaks off after some bytes as often as it is told."""

    def __init__(self) -> None:
        self.break_after: list[int] = []
        self.takes_ranges = True
        self.status = 0
        self.ranges: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/model.bin"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range", "")
        self.ranges.append(asked)
        if self.status:
            request.send_error(self.status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.takes_ranges else 0
        if start >= len(CONTENT):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(CONTENT) - start))
        request.end_headers()
        end = start + self.break_after.pop(0) if self.break_after else len(CONTENT)
        request.wfile.write(CONTENT[start:end])


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "model.bin"


def download(server: Server, target: Path, digest: str = DIGEST) -> None:
    Downloader(SilentProgress()).fetch(server.url, target, digest=digest, what="model.bin")


def test_a_connection_that_breaks_is_continued_where_it_broke(server: Server, target: Path) -> None:
    server.break_after = [400_000, 300_000]
    download(server, target)
    assert target.read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=400000-", "bytes=700000-"]


def test_the_next_run_continues_what_the_last_one_left(server: Server, target: Path) -> None:
    part = target.with_name("model.bin.part")
    part.parent.mkdir()
    part.write_bytes(CONTENT[:1_000_000])
    download(server, target)
    assert target.read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000000-"]
    assert not part.exists()


def test_a_file_that_was_whole_but_not_yet_verified_is_not_fetched_again(
    server: Server, target: Path
) -> None:
    part = target.with_name("model.bin.part")
    part.parent.mkdir()
    part.write_bytes(CONTENT)
    download(server, target)
    assert target.read_bytes() == CONTENT


def test_a_server_that_cannot_continue_sends_it_all_again(server: Server, target: Path) -> None:
    server.takes_ranges = False
    server.break_after = [400_000]
    download(server, target)
    assert target.read_bytes() == CONTENT


def test_a_person_who_interrupts_loses_nothing(server: Server, target: Path) -> None:
    class Impatient(SilentProgress):
        def advance(self, what: str, count: int) -> None:
            del what, count
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Downloader(Impatient()).fetch(server.url, target, digest=DIGEST, what="model.bin")
    assert not target.exists()
    assert target.with_name("model.bin.part").stat().st_size > 0
    download(server, target)
    assert target.read_bytes() == CONTENT


def test_wrong_bytes_never_get_the_name_and_are_not_kept(server: Server, target: Path) -> None:
    with pytest.raises(SourceFailedError, match="sent a file with another hash"):
        download(server, target, digest="sha256:" + "0" * 64)
    assert list(target.parent.iterdir()) == []


def test_a_refusal_is_told_with_its_number(server: Server, target: Path) -> None:
    server.status = 403
    with pytest.raises(SourceFailedError, match="answered 403 Forbidden"):
        download(server, target)


def test_a_host_that_is_not_there_is_tried_only_once(target: Path) -> None:
    gone = f"http://{LOOPBACK}:{free_port()}/model.bin"
    downloader = Downloader(SilentProgress())
    for _ in range(2):
        with pytest.raises(SourceFailedError, match="could not be reached"):
            downloader.fetch(gone, target, digest=DIGEST, what="model.bin")


def test_only_web_addresses_are_fetched(target: Path) -> None:
    with pytest.raises(SourceFailedError, match="is not a web address"):
        Downloader(SilentProgress()).fetch("ftp://a.example/b", target, digest=DIGEST, what="b")
