"""What a page of another origin, or one whose host name leads here, can do to a running `serve`: nothing."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
from browser import chromium

from reconciler.server import Database, create_app, running

EVIL = "evil.example"
ATTACKS = """
async ([to, own]) => {
  const form = () => {
    const all = new FormData();
    all.append("purpose", "assistants");
    all.append("file", new File(["planted"], "planted.txt"));
    return all;
  };
  const assistant = JSON.stringify({model: "m"});
  const beta = {"OpenAI-Beta": "assistants=v1", "Content-Type": "application/json"};
  const post = (path, body, more) => fetch(to + path, {method: "POST", body, ...more});
  const submitted = sandbox => new Promise(done => {
    const frame = document.createElement("iframe");
    if (sandbox) frame.sandbox = "allow-scripts allow-forms";
    frame.name = "inside" + sandbox;
    frame.onload = () => setTimeout(done, 500);
    frame.srcdoc = `<form method=post enctype="multipart/form-data" action="${to}/files">
      <input name=purpose value=assistants><input type=file name=file></form><script>
      const carrier = new DataTransfer(); carrier.items.add(new File(["planted"], "planted.txt"));
      document.querySelector("[type=file]").files = carrier.files;
      document.querySelector("form").submit()<` + `/script>`;
    document.body.append(frame);
  });
  const tried = [
    post("/files", form(), {mode: "no-cors"}),
    post("/files", form()),
    post("/files", form(), {mode: "no-cors", credentials: "include", referrerPolicy: "no-referrer"}),
    post("/assistants", assistant, {mode: "no-cors", headers: {"Content-Type": "text/plain"}}),
    post("/assistants", assistant, {headers: beta}),
    fetch(to + "/assistants", {headers: beta}),
    fetch(to + "/files/" + own, {method: "DELETE"}),
    submitted(""), submitted("yes"),
  ];
  navigator.sendBeacon(to + "/files", form());
  return (await Promise.allSettled(tried)).map(one =>
    one.value instanceof Response ? one.value.type + " " + one.value.status : one.status);
}
"""


class Page(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Evil</title><body>")

    def log_message(self, *_):
        pass


@contextmanager
def pages():
    """A web server of another origin, and its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def browser():
    """A browser for which the name of the evil page leads to this machine."""
    with chromium.running(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as found:
        yield found


@pytest.fixture
def target():
    """A server with one upload: its URL, its ledger and the upload's id."""
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            upload = httpx.post(
                f"{url}/files", data={"purpose": "assistants"}, files={"file": ("own.txt", b"own")}
            )
            assert upload.status_code == 200
            app.state.ledger.clear()
            yield url, app.state.ledger, upload.json()["id"]


def attacked(browser, page, to, own):
    with chromium.window(browser) as window:
        window.page.goto(page)
        return window.page.evaluate(ATTACKS, [to, own])


def is_whole(url, own):
    """Whether the server has what it had before, and nothing else."""
    files = httpx.get(f"{url}/files").json()["data"]
    assistants = httpx.get(f"{url}/assistants", headers={"OpenAI-Beta": "assistants=v1"}).json()["data"]
    return [file["id"] for file in files] == [own] and assistants == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_writes_and_reads_nothing(browser, target, host):
    url, ledger, own = target
    with pages() as port:
        seen = attacked(browser, f"http://{EVIL}:{port}/", url.replace("127.0.0.1", host), own)

    assert not [one for one in seen if one.startswith(("basic", "cors"))], seen
    assert {entry.status for entry in ledger} == {403}
    assert {"POST", "OPTIONS"} <= {entry.method for entry in ledger}
    assert len(ledger) >= 8
    assert is_whole(url, own)


def test_a_page_of_another_port_of_the_same_host_writes_nothing(browser, target):
    url, ledger, own = target
    with pages() as port:
        attacked(browser, f"http://127.0.0.1:{port}/", url, own)

    assert {entry.status for entry in ledger} == {403}
    assert is_whole(url, own)


def test_a_page_whose_host_name_leads_to_the_server_writes_and_reads_nothing(browser, target):
    url, ledger, own = target
    rebound = url.replace("127.0.0.1", EVIL)
    seen = attacked(browser, f"{rebound}/", rebound, own)

    assert {one for one in seen if one.startswith("basic")} == {
        "basic 421"
    }  # of its own origin, it can read that
    assert {entry.status for entry in ledger} <= {403, 421}
    assert len(ledger) >= 8
    assert urlsplit(url).port == urlsplit(rebound).port
    assert is_whole(url, own)


def test_a_page_of_the_server_s_own_origin_could_write(browser, target):
    url, ledger, own = target
    seen = attacked(browser, f"{url}/files", url, own)

    assert "basic 200" in seen
    assert not is_whole(url, own)
    assert ledger.changes() > 0
