"""Fifty secrets, one in each place where one can come from, and a server that repeats them."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import quote

_NUMBERS = count(1)
ALL = []
"""Every secret that any run has."""
KNOWN = []
"""Those that each run has, and which the server repeats."""


def canary(*, known=True):
    """Return a new secret that looks like no other."""
    made = f"Canary{next(_NUMBERS):02}-q{hash_of(len(ALL))}Zx"
    ALL.append(made)
    if known:
        KNOWN.append(made)
    return made


def hash_of(number):
    """Return sixteen letters and digits that depend on a number alone."""
    return f"{(number + 7) * 0x9E3779B97F4A7C15 % 2**64:016x}"


KEY, KEY_IN_FILE, FORGE, GITLAB = (canary() for _ in range(4))
TOKEN_FILE, SERVE = canary(known=False), canary(known=False)
HEADERS = {
    "Authorization": f"Bearer {canary()}",
    "Proxy-Authorization": "Basic " + base64.b64encode(f"me:{canary()}".encode()).decode(),
    "Cookie": f"session={canary()}; other={canary()}",
    **{
        name: canary()
        for name in (
            "X-Api-Key",
            "Api-Key",
            "Ocp-Apim-Subscription-Key",
            "X-Vault-Token",
            "Private-Token",
            "CF-Access-Client-Secret",
            "X-Auth-Token",
            "X-Goog-Api-Key",
            "X-Amz-Security-Token",
            "X-Secret",
        )
    },
}
ENVIRONMENT = {
    "OPENAI_API_KEY": KEY,
    "GITHUB_TOKEN": FORGE,
    "ASSISTANTS_SYNC_GITLAB_TOKEN": GITLAB,
    "PGPASSWORD": canary(),
    "AWS_SECRET_ACCESS_KEY": canary(),
    "AWS_SESSION_TOKEN": canary(),
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": canary(),
    "HTTP_PROXY": f"http://me:{canary()}@127.0.0.1:9",
    "HTTPS_PROXY": f"http://{canary()}:x-oauth-basic@127.0.0.1:9",
    "ALL_PROXY": f"http://127.0.0.1:9?token={canary()}",
    **{
        name: canary()
        for name in (
            "CI_JOB_TOKEN",
            "GH_TOKEN",
            "GITLAB_TOKEN",
            "CI_DEPLOY_PASSWORD",
            "CI_REGISTRY_PASSWORD",
            "ACTIONS_RUNTIME_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ANTHROPIC_API_KEY",
            "AZURE_CLIENT_SECRET",
            "NPM_TOKEN",
        )
    },
    "CI_REPOSITORY_URL": f"https://gitlab-ci-token:{canary()}@gitlab.example/a/b.git",
    "DATABASE_URL": f"postgresql://me:{canary()}@db.example/x",
    "ASSISTANTS_SYNC_HEADER": "\n".join(f"{name}: {value}" for name, value in HEADERS.items()),
}
PGPASS = "".join(f"db{number}:5432:*:me:{canary()}\n" for number in range(2))
SERVICE = f"[one]\nhost=db\npassword={canary()}\n"
WEB_IDENTITY = canary()
STATES = [
    f"postgresql://me:{canary(known=False)}@127.0.0.1:9/d",
    f"postgresql://127.0.0.1:9/d?user=me&password={canary(known=False)}",
    f"s3://AKIA:{canary(known=False)}@bucket/prefix",
    f"https://127.0.0.1:9/state?sig={canary(known=False)}",
]
SERVERS = [
    f"https://host.invalid/v1?api-key={canary(known=False)}",
    f"https://me:{canary(known=False)}@host.invalid/v1",
    f"me:{canary(known=False)}@host/v1",
    f"https://me:{canary(known=False)}@[::1/v1",
]


def forms(secret):
    """Return some of the forms in which a secret may be found."""
    octets = secret.encode()
    encoded = [base64.b64encode(b"xy"[:n] + octets).decode().rstrip("=")[4:-2] for n in range(3)]
    return (
        secret,
        secret.upper(),
        secret.lower(),
        secret[::-1],
        octets.hex(),
        *encoded,
        secret[:16],
        secret[-16:],
    )


def found_in(text):
    """Return every secret that a text repeats, with its form."""
    flat = "".join(text.split())
    return [(secret, form) for secret in ALL for form in forms(secret) if form in text or form in flat]


def said():
    """Return every secret in many forms, as one text."""
    return " ".join(
        form
        for secret in KNOWN
        for form in (*forms(secret), quote(secret, safe=""), f"{secret[:9]} {secret[9:]}")
    )


PLACES = (
    "reason",
    "message",
    "body",
    "html",
    "type",
    "request-id",
    "fields",
    "metadata",
    "ids",
    "account",
    "location",
)


@contextmanager
def repeating(place):
    """Yield the URL of a server that repeats every secret in one place of its answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"place": place}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    place = ""

    def log_message(self, *_):
        """Be silent."""

    def do_GET(self):
        """Answer with every secret."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        code, reason, headers, body = getattr(self, f"_{self.place.replace('-', '_')}")()
        self.send_response_only(code, reason)
        for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_DELETE = do_GET  # noqa: N815 - names that the library looks for

    def _reason(self):
        return 400, said()[:30_000], {}, ""

    def _message(self):
        return (
            400,
            "Bad Request",
            {},
            json.dumps({"error": {"message": said(), "param": KNOWN[0], "code": KNOWN[1]}}),
        )

    def _body(self):
        return 400, "Bad Request", {}, said()

    def _html(self):
        return 200, "OK", {"Content-Type": "text/html"}, f"<html><title>{said()}</title>{said()}</html>"

    def _type(self):
        return 200, "OK", {"Content-Type": said()[:20_000]}, said()

    def _request_id(self):
        return 400, "Bad Request", {"x-request-id": said()[:20_000]}, "{}"

    def _location(self):
        return 302, "Found", {"Location": f"http://127.0.0.1:9/?a={quote(said()[:9_000])}"}, ""

    def _fields(self):
        return self._listed(name=KNOWN[0], description=said()[:400], instructions=said(), model=KNOWN[2])

    def _metadata(self):
        return self._listed(metadata={"team": KNOWN[3], KNOWN[4][:60]: "x", "assistants_sync": MARK})

    def _ids(self):
        return self._listed(id=KNOWN[5], file_ids=[KNOWN[6]])

    def _account(self):
        code, reason, _, body = self._listed()
        return code, reason, {"openai-organization": KEY}, body

    def _listed(self, **changed):
        one = {
            "id": "asst_1",
            "object": "assistant",
            "created_at": 1,
            "name": "Support",
            "description": None,
            "model": "gpt-5.6",
            "instructions": "Be kind.",
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "f",
                        "description": KNOWN[7],
                        "parameters": {"type": "object", "enum": [KNOWN[8]]},
                    },
                }
            ],
            "file_ids": [],
            "metadata": {"assistants_sync": MARK},
        }
        files = {
            "id": "file-1",
            "object": "file",
            "bytes": 3,
            "created_at": 1,
            "filename": KNOWN[9],
            "purpose": "assistants",
        }
        data = [{**one, **changed}] if "/assistants" in self.path else [files]
        return 200, "OK", {}, json.dumps({"object": "list", "data": data, "has_more": False})


MARK = "v1 acme/-/support n=abcdefghijklmnop f=n d=0123456789abcdef"
