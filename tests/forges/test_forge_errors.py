"""Errors about a forge name the forge's own variables, options and permissions."""

import ast
import asyncio
import inspect
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from reconciler.api import call as calls
from reconciler.api import deadline as deadlines
from reconciler.api import errors as wire
from reconciler.api import http_sender, json_body, sentences, transport
from reconciler.api import retry as retries
from reconciler.api import settings as api_settings
from reconciler.api.http_sender import async_sender
from reconciler.api.retry import Retry
from reconciler.errors import ReconcilerError, TargetError
from reconciler.forges import DeniedError, comments, github, gitlab, rest, sticky_comment
from reconciler.forges.comments import LostError, MissingError

TOKEN = "tok-0123456789"
KINDS = {"github": github, "gitlab": gitlab}
URLS = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}
VARIABLES = {
    "github": ("GITHUB_API_URL", "GITHUB_TOKEN"),
    "gitlab": ("CI_API_V4_URL", "ASSISTANTS_SYNC_GITLAB_TOKEN"),
}
FOREIGN = ("OPENAI", "allow-http", "allow_http", "api-key", "api_key", "base_url", "/v1")


@pytest.fixture
def refusal(kind):
    """The sentence with which settings are refused."""

    def ask(url=None, token=TOKEN):
        with pytest.raises(TargetError) as refused:
            rest.settings(KINDS[kind].FORGE, url or URLS[kind], token)
        assert refused.value.exit_code == 64
        return str(refused.value)

    return ask


@asynccontextmanager
async def scripted(kind, answer):
    settings = replace(rest.settings(KINDS[kind].FORGE, URLS[kind], TOKEN), retry=Retry(0))
    async with async_sender(settings, httpx.MockTransport(answer)) as sender:
        yield sender


def board_of(kind, sender, *, is_issues):
    if kind == "github":
        place, number = "acme/support", 7
        requests = github.PullRequest
    else:
        place, number = 5, 7
        requests = gitlab.MergeRequest
    return KINDS[kind].Issues.of(sender, place, "Drift") if is_issues else requests.of(sender, place, number)


async def listing(board):
    return [one async for one in board.notes()]


ACTS = {
    "author": lambda board: board.author(),
    "notes": listing,
    "add": lambda board: board.add("text"),
    "rewrite": lambda board: board.rewrite(comments.Note(1, "ada", "old"), "text"),
    "remove": lambda board: board.remove(comments.Note(1, "ada", "old")),
}


@pytest.fixture
def fails(kind):
    """The error that an answer of the forge means for one act on one board."""

    async def failing(answer, act, *, is_issues):
        async with scripted(kind, answer) as sender:
            await ACTS[act](board_of(kind, sender, is_issues=is_issues))

    def ask(answer, act="notes", *, is_issues=False):
        respond = answer if callable(answer) else lambda _: answer
        with pytest.raises(ReconcilerError) as failed:
            asyncio.run(failing(respond, act, is_issues=is_issues))
        return failed.value

    return ask


def said(status, message="No.", **headers):
    return httpx.Response(status, json={"message": message}, headers=headers)


@pytest.mark.parametrize("token", ["tök", "tok\n", " tok-1", "tok\x00"])
def test_a_token_that_no_header_can_carry_names_its_variable_and_its_option(kind, refusal, token):
    sentence = refusal(token=token)

    assert sentence.startswith("the token has a line break in it")
    assert sentence.endswith(f"; check {VARIABLES[kind][1]}, or the file that --token-file names")
    assert token not in sentence


def test_a_token_is_not_sent_over_plain_http(kind, refusal):
    assert refusal("http://forge.example/api") == (
        f"the token would travel unencrypted to forge.example; {VARIABLES[kind][0]} must begin with https://"
    )


def test_a_url_with_a_password_is_refused_without_repeating_it(kind, refusal):
    sentence = refusal("https://me:hunter2@forge.example/api")

    assert sentence.endswith(f"; remove it from {VARIABLES[kind][0]}")
    assert "hunter2" not in sentence


@pytest.mark.parametrize("url", ["forge.example", "ftp://forge.example", "https://forge.example:port"])
def test_a_url_that_names_no_server_names_its_variable(kind, refusal, url):
    assert refusal(url).endswith(f"; check {VARIABLES[kind][0]}")


@pytest.mark.parametrize("act", ["notes", "rewrite"])
def test_a_redirect_names_what_may_have_moved(kind, fails, act):
    error = fails(said(301, location="https://forge.example/elsewhere"), act)

    assert "redirect to 'https://forge.example/elsewhere' refused" in str(error)
    scope = {"github": "repository", "gitlab": "project"}[kind]
    assert str(error).endswith(f"; check {VARIABLES[kind][0]}, and whether the {scope} was renamed")


def test_a_redirected_comment_may_have_been_written(fails):
    assert isinstance(fails(said(302, location="https://forge.example/x"), "add"), LostError)


def test_an_invalid_token_names_its_variable_and_its_option(kind, fails):
    error = fails(said(401, "Bad credentials"))

    assert isinstance(error, DeniedError)
    assert str(error).startswith(
        f"the token is not valid; check {VARIABLES[kind][1]}, or the file that --token-file names. "
    )
    assert str(error).endswith("answered 401: Bad credentials")


def test_a_forbidden_act_names_what_the_token_needs(kind, fails):
    needed = {"github": "`pull-requests: write`", "gitlab": "the scope `api`"}[kind]

    assert str(fails(said(403))).startswith(f"the token may not do this; it needs {needed}")
    assert isinstance(fails(said(404)), MissingError)


def refusing(error):
    def answer(request):
        raise error("down", request=request)

    return answer


BROKEN = [
    refusing(httpx.ConnectError),
    refusing(httpx.ConnectTimeout),
    refusing(httpx.ProxyError),
    refusing(httpx.ReadError),
    refusing(httpx.ReadTimeout),
    httpx.Response(200, text="hello"),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json={"id": "x"}),
    httpx.Response(200, content=b"x", headers={"content-encoding": "br, gzip"}),
    said(429, **{"retry-after": "9999"}),
    said(403, "rate limit"),
    said(400, "Note is too long"),
]
STATUSES = [
    said(status, location="https://forge.example/x")
    for status in (*range(300, 309), *range(400, 432), 451, *range(500, 506), 599)
]


@pytest.mark.parametrize("act", sorted(ACTS))
def test_no_answer_of_a_forge_leads_to_a_word_of_another_api(fails, act):
    for answer in BROKEN + STATUSES:
        for is_issues in (False, True):
            if act == "author" and getattr(answer, "status_code", 0) in {401, 403, 404, 410}:
                continue  # that is an answer: a workflow's token may not ask
            if act == "remove" and not is_issues and getattr(answer, "status_code", 0) == 200:
                continue  # nothing of a deletion is read
            sentence = str(fails(answer, act, is_issues=is_issues))
            assert [word for word in FOREIGN if word in sentence] == []


NEUTRAL = [
    calls,
    comments,
    http_sender,
    api_settings,
    deadlines,
    github,
    gitlab,
    json_body,
    rest,
    retries,
    sentences,
    sticky_comment,
    transport,
    wire,
]


@pytest.mark.parametrize("module", NEUTRAL, ids=lambda module: module.__name__)
def test_no_string_of_these_modules_names_a_setting_of_another_api(module):
    texts = [
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert [text for text in texts for word in ("OPENAI", "allow-http", "/v1") if word in text] == []
