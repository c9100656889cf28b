"""What a client is made of: its options, copies with other ones, and connections of the caller's own."""

from contextlib import contextmanager

import httpx
import pytest
from api.replies import LOCAL, Script, assistant, page, refused, said

from reconciler.api import NOT_GIVEN, APIStatusError, InternalServerError, UnknownOutcomeError
from reconciler.errors import ReconcilerError, TargetError

KEY = "sk-0123456789abcdef"
USUAL = {"connect": 5, "read": 600, "write": 600, "pool": 600}


@pytest.fixture
def answered(connect):
    """Open a client whose every request is answered, and show what it asked."""

    @contextmanager
    def opened(**options):
        script = Script(*(said(assistant()) for _ in range(9)))
        chosen = {"base_url": LOCAL, "transport": httpx.MockTransport(script)} | options
        with connect(**chosen) as client:
            yield client, Asking(script)

    return opened


class Asking:
    """The request that a client sends now."""

    def __init__(self, script):
        self._script = script

    def __call__(self, client):
        client.beta.assistants.retrieve("asst_1")
        return self._script.asked[-1]


def timeout(seconds):
    return dict.fromkeys(["connect", "read", "write", "pool"], seconds)


# Copies

CHANGES = {
    "base_url": ({"base_url": "http://127.0.0.1:9/other"}, lambda r: r.url.path, "/other/assistants/asst_1"),
    "api_key": ({"api_key": "sk-new"}, lambda r: r.headers["authorization"], "Bearer sk-new"),
    "no api_key": ({"api_key": ""}, lambda r: r.headers.get("authorization"), None),
    "organization": ({"organization": "org-2"}, lambda r: r.headers["openai-organization"], "org-2"),
    "no organization": ({"organization": ""}, lambda r: r.headers.get("openai-organization"), None),
    "project": ({"project": "proj-2"}, lambda r: r.headers["openai-project"], "proj-2"),
    "no project": ({"project": ""}, lambda r: r.headers.get("openai-project"), None),
    "timeout": ({"timeout": 7}, lambda r: r.extensions["timeout"], timeout(7)),
    "no timeout": ({"timeout": None}, lambda r: r.extensions["timeout"], timeout(None)),
    "timeouts": (
        {"timeout": httpx.Timeout(1, read=9)},
        lambda r: r.extensions["timeout"],
        timeout(1) | {"read": 9},
    ),
    "one more header": (
        {"default_headers": {"X-More": "1"}},
        lambda r: (r.headers["x-team"], r.headers["x-more"]),
        ("red", "1"),
    ),
    "another header": ({"default_headers": {"X-Team": "blue"}}, lambda r: r.headers["x-team"], "blue"),
    "other headers": (
        {"set_default_headers": {"X-More": "1"}},
        lambda r: (r.headers.get("x-team"), r.headers["x-more"]),
        (None, "1"),
    ),
    "no headers": ({"set_default_headers": {}}, lambda r: r.headers.get("x-team"), None),
    "one more parameter": (
        {"default_query": {"more": 1}},
        lambda r: dict(r.url.params),
        {"trace": "t", "more": "1"},
    ),
    "another parameter": ({"default_query": {"trace": "u"}}, lambda r: dict(r.url.params), {"trace": "u"}),
    "other parameters": ({"set_default_query": {"more": 1}}, lambda r: dict(r.url.params), {"more": "1"}),
    "no parameters": ({"set_default_query": {}}, lambda r: dict(r.url.params), {}),
}
MADE_OF = {
    "api_key": KEY,
    "organization": "org-1",
    "project": "proj-1",
    "default_headers": {"X-Team": "red"},
    "default_query": {"trace": "t"},
}


def seen(request):
    """Everything of a request that an option could change."""
    return str(request.url), sorted(request.headers.multi_items()), request.extensions["timeout"]


@pytest.mark.parametrize("make", ["copy", "with_options"])
@pytest.mark.parametrize(("change", "look", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_copy_differs_in_what_is_given_and_the_original_does_not(answered, make, change, look, expected):
    with answered(**MADE_OF) as (client, ask):
        before = seen(ask(client))
        copy = getattr(client, make)(**change)
        assert look(ask(copy)) == expected
        assert seen(ask(client)) == before


def test_a_copy_of_nothing_new_asks_the_same(answered):
    with answered(**MADE_OF) as (client, ask):
        assert seen(ask(client.copy())) == seen(ask(client)) == seen(ask(client.copy().copy()))


def test_changes_of_copies_add_up(answered):
    with answered(**MADE_OF) as (client, ask):
        first = client.copy(default_headers={"X-More": "1"}, timeout=7)
        second = first.copy(default_headers={"X-Most": "2"}, default_query={"more": "1"})
        request = ask(second)
    assert [request.headers[name] for name in ("x-team", "x-more", "x-most")] == ["red", "1", "2"]
    assert dict(request.url.params) == {"trace": "t", "more": "1"}
    assert request.extensions["timeout"] == timeout(7)


def test_headers_of_a_copy_win_in_whatever_case_they_are_spelt(answered):
    with answered(**MADE_OF) as (client, ask):
        request = ask(client.copy(default_headers={"x-TEAM": "blue", "authorization": "Bearer other"}))
    assert request.headers.get_list("x-team") == ["blue"]
    assert request.headers.get_list("authorization") == ["Bearer other"]


def test_options_for_one_call_read_as_one_line(answered):
    with answered() as (client, ask):
        client.with_options(timeout=3).beta.assistants.with_raw_response.retrieve("asst_1")
        assert client.with_options(timeout=3).files.with_raw_response.content("file-1").status_code == 200
        assert ask(client).extensions["timeout"] == USUAL


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_copy_may_try_more_or_less_often(scripted, times):
    with scripted(*(refused(500) for _ in range(times + 1 + 3))) as (client, asked):
        for one, expected in ((client.copy(max_retries=times), times + 1), (client, times + 4)):
            with pytest.raises(InternalServerError):
                one.files.list()
            assert len(asked) == expected


def test_a_copy_may_repeat_what_may_have_happened(scripted):
    replies = [refused(500), said(assistant()), refused(500), refused(500)]
    with scripted(*replies) as (client, asked):
        bold = client.copy(repeat_unknown=True)
        assert bold.beta.assistants.create(model="m").id == "asst_1"
        for careful in (client, bold.copy(repeat_unknown=False)):
            with pytest.raises(UnknownOutcomeError):
                careful.beta.assistants.create(model="m")
        assert len(asked) == 4


@pytest.mark.parametrize("name", ["headers", "query"])
def test_what_is_added_and_what_replaces_it_cannot_both_be_given(answered, name):
    both = {f"default_{name}": {"a": "1"}, f"set_default_{name}": {"b": "2"}}
    with answered() as (client, _):
        with pytest.raises(ValueError, match=f"default_{name} adds and set_default_{name} replaces"):
            client.copy(**both)
        with pytest.raises(ValueError, match="pass one of them"):
            client.copy(**{option: {} for option in both})


OTHER_ORIGINS = [
    "http://127.0.0.1:10/v1",
    "https://127.0.0.1:9/v1",
    "http://localhost:9/v1",
    "http://127.0.0.1/v1",
    "http://far.example:9/v1",
]


@pytest.mark.parametrize("url", OTHER_ORIGINS)
def test_a_copy_stays_with_its_origin(answered, url):
    with answered(api_key=KEY) as (client, ask):
        with pytest.raises(TargetError, match=r"for .* make a client of its own") as refused:
            client.copy(base_url=url)
        assert refused.value.exit_code == 64
        assert KEY not in str(refused.value)
        assert str(ask(client).url).startswith(LOCAL)


@pytest.mark.parametrize("url", ["far.example", "http://127.0.0.1:9/v1?a=b", "http://me:pw@127.0.0.1:9/v1"])
def test_a_copy_is_as_strict_about_its_url_as_the_original(answered, url):
    with answered() as (client, _), pytest.raises(TargetError) as refused:
        client.copy(base_url=url)
    assert "pw" not in str(refused.value)


def test_the_usual_port_is_no_other_origin(answered):
    with answered(base_url="https://far.example/v1", api_key=KEY) as (client, ask):
        request = ask(client.copy(base_url="https://FAR.example:443/v2/"))
    assert str(request.url) == "https://far.example/v2/assistants/asst_1"


@pytest.mark.parametrize("wrong", [{"max_retries": -1}, {"max_retries": -100}])
def test_a_number_of_retries_that_makes_no_sense_is_refused(connect, answered, wrong):
    with pytest.raises(ValueError, match="0 or more"), connect(base_url=LOCAL, **wrong):
        raise AssertionError("the client was opened")
    with answered() as (client, _), pytest.raises(ValueError, match="0 or more"):
        client.copy(**wrong)


def test_a_key_that_no_header_can_carry_is_refused_by_a_copy_too(answered):
    with answered() as (client, _), pytest.raises(TargetError, match="line break"):
        client.copy(api_key=f"{KEY}\n")


# Connections


class Closing(httpx.MockTransport):
    """Counts how often it is closed."""

    def __init__(self, *replies):
        super().__init__(Script(*replies))
        self.closes = 0

    def close(self):
        self.closes += 1

    async def aclose(self):
        self.closes += 1


def test_copies_share_their_connections_and_close_them_together(connect):
    transport = Closing(said(assistant()), said(assistant()))
    with connect(base_url=LOCAL, transport=transport) as client:
        copy = client.copy(timeout=3)
        client.files.content("file-1")
        copy.files.content("file-1")
        assert transport.closes == 0
        copy.close()
        assert transport.closes == 1
        with pytest.raises(RuntimeError, match="closed"):
            client.files.content("file-1")


def test_copies_of_a_server_use_one_connection(over, embedded):
    patience = httpx.Timeout(5, pool=0.1)
    with over(embedded.url, {"limits": httpx.Limits(max_connections=1), "timeout": patience}) as (client, _):
        for one in (client, client.copy(), client.copy(timeout=5)):
            assert one.files.list().object == "list"


def test_a_copy_may_have_connections_of_its_own(over):
    ours, its = Closing(said(assistant(name="ours"))), Closing(said(assistant(name="its")))
    with over(LOCAL, {"transport": ours}) as (client, http):
        copy = client.copy(http_client=type(http)(transport=its))
        assert copy.beta.assistants.retrieve("asst_1").name == "its"
        copy.close()
        assert (ours.closes, its.closes) == (0, 1)
        assert client.beta.assistants.retrieve("asst_1").name == "ours"
    assert ours.closes == 1


# An httpx client of the caller's


@pytest.fixture
def through(over):
    """The request that leaves through an httpx client of these options, and that client."""

    def ask(**options):
        script = Script(said(assistant()))
        with over(LOCAL, {"transport": httpx.MockTransport(script)} | options) as (client, http):
            client.beta.assistants.retrieve("asst_1")
            assert not http.is_closed
        assert http.is_closed
        return script.asked[0]

    return ask


def test_requests_leave_through_the_httpx_client_that_is_given_and_close_it(through):
    assert str(through().url) == f"{LOCAL}/assistants/asst_1"


def test_what_that_client_would_add_to_a_request_is_not_used(through):
    request = through(
        headers={"X-Theirs": "1", "User-Agent": "theirs", "Authorization": "Bearer theirs"},
        cookies={"session": "1"},
        params={"theirs": "1"},
        base_url="http://127.0.0.1:8/elsewhere",
    )
    assert str(request.url) == f"{LOCAL}/assistants/asst_1"
    assert request.headers["user-agent"].startswith("assistants-sync/")
    assert not {"x-theirs", "cookie", "authorization"} & {*request.headers}


@pytest.mark.parametrize(
    ("key", "expected"), [(KEY, f"Bearer {KEY}"), ("", "Basic dXM6dGhlbQ=="), (None, "Basic dXM6dGhlbQ==")]
)
def test_the_key_wins_over_the_auth_of_that_client(over, key, expected):
    script = Script(said(assistant()))
    beneath = {"transport": httpx.MockTransport(script), "auth": ("us", "them")}
    with over(LOCAL, beneath, api_key=key) as (client, _):
        client.beta.assistants.retrieve("asst_1")
    assert script.asked[0].headers.get_list("authorization") == [expected]


def test_cookies_that_a_server_sets_are_not_sent_back(over):
    script = Script(said(assistant(), set_cookie="session=1; Path=/"), said(assistant()))
    with over(LOCAL, {"transport": httpx.MockTransport(script)}) as (client, _):
        for _ in range(2):
            client.beta.assistants.retrieve("asst_1")
    assert "cookie" not in script.asked[1].headers


@pytest.mark.parametrize("status", [301, 307])
def test_even_a_client_that_follows_redirects_does_not_follow_ours(over, status):
    script = Script(said(status=status, location=f"{LOCAL}/elsewhere"))
    transport = httpx.MockTransport(script)
    with (
        over(LOCAL, {"transport": transport, "follow_redirects": True}) as (client, _),
        pytest.raises(APIStatusError, match="refused; name that server yourself"),
    ):
        client.beta.assistants.retrieve("asst_1")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, USUAL),  # httpx's own choice is nobody's
        ({"timeout": 3}, timeout(3)),
        ({"timeout": None}, timeout(None)),
        ({"timeout": httpx.Timeout(1, read=9)}, timeout(1) | {"read": 9}),
    ],
)
def test_its_patience_is_ours(through, options, expected):
    assert through(**options).extensions["timeout"] == expected


@pytest.mark.parametrize(("given", "expected"), [(7, timeout(7)), (None, timeout(None))])
def test_patience_that_is_given_wins_over_its_own(over, given, expected):
    script = Script(said(assistant()), said(assistant()))
    transport = httpx.MockTransport(script)
    with over(LOCAL, {"transport": transport, "timeout": 3}, timeout=given) as (client, _):
        client.beta.assistants.retrieve("asst_1")
        client.copy(timeout=2).beta.assistants.retrieve("asst_1")
    assert [one.extensions["timeout"] for one in script.asked] == [expected, timeout(2)]


def test_two_ways_to_connect_are_one_too_many(over):
    transport = httpx.MockTransport(Script())
    with (
        pytest.raises(TypeError, match="pass one of them"),
        over(LOCAL, {"transport": transport}, transport=transport),
    ):
        raise AssertionError("the client was opened")


# Who pays

NAMED = {
    "organization": ("OPENAI_ORG_ID", "openai-organization"),
    "project": ("OPENAI_PROJECT_ID", "openai-project"),
}


@pytest.mark.parametrize(("option", "variable", "header"), [(k, *v) for k, v in NAMED.items()], ids=NAMED)
@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, None, None),
        (None, "", None),
        (None, "theirs", "theirs"),
        ("", "theirs", None),
        ("ours", "theirs", "ours"),
        ("ours", None, "ours"),
    ],
)
def test_an_account_is_named_by_option_or_environment(  # noqa: PLR0913, PLR0917 - a table of six columns
    answered, monkeypatch, option, variable, header, given, environment, expected
):
    if environment is not None:
        monkeypatch.setenv(variable, environment)
    with answered(**{option: given}) as (client, ask):
        assert ask(client).headers.get(header) == expected
        assert ask(client.copy(timeout=3)).headers.get(header) == expected


UNSENDABLE = {
    "account": {"organization": "org-1\n"},
    "project": {"project": "proj-1\r"},
    "header": {"default_headers": {"X-Team": "red\n"}},
    "name of a header": {"default_headers": {"X Team": "red"}},
}


@pytest.mark.parametrize("options", UNSENDABLE.values(), ids=UNSENDABLE)
def test_what_no_header_can_carry_never_leaves_and_is_never_in_doubt(connect, embedded, waits, options):
    before = len(embedded.ledger)
    with (
        pytest.raises((ReconcilerError, ValueError)) as refused,
        connect(base_url=embedded.url, **options) as client,
    ):
        client.beta.assistants.create(model="m")
    assert not isinstance(refused.value, UnknownOutcomeError)
    assert waits == []
    assert len(embedded.ledger) == before


def test_the_environment_is_asked_once(answered, monkeypatch):
    with answered() as (client, ask):
        for variable in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.setenv(variable, "http://127.0.0.1:8/later")
        assert seen(ask(client.copy())) == seen(ask(client))
        assert not {"openai-organization", "openai-project", "authorization"} & {*ask(client).headers}


def test_an_account_goes_to_every_endpoint_and_can_be_changed_for_one_call(scripted):
    with scripted(said(page()), said(assistant()), organization="org-1", project="proj-1") as (client, asked):
        client.beta.assistants.list()
        client.beta.assistants.retrieve("asst_1", extra_headers={"openai-organization": "org-2"})
    assert [one.headers["openai-organization"] for one in asked] == ["org-1", "org-2"]
    assert [one.headers["openai-project"] for one in asked] == ["proj-1", "proj-1"]


# What goes with every request


def test_a_usual_query_goes_with_every_request_and_gives_way(scripted):
    usual = {"trace": "t", "limit": 50, "flag": True, "ids": ["a", 2], "none": None}
    replies = said(page("a", has_more=True)), said(page("b", has_more=False)), said(assistant())
    with scripted(*replies, default_query=usual) as (client, asked):
        list(client.beta.assistants.list(limit=1))
        client.beta.assistants.create(model="m", extra_query={"trace": "u"})
    sent = {"trace": "t", "limit": "1", "flag": "true", "ids": "a,2"}
    assert [dict(one.url.params) for one in asked] == [
        sent,
        sent | {"after": "a"},
        sent | {"limit": "50", "trace": "u"},
    ]


def test_a_usual_query_can_be_taken_back_for_one_call(scripted):
    with scripted(said(assistant()), default_query={"trace": "t"}) as (client, asked):
        client.beta.assistants.retrieve("asst_1", extra_query={"trace": NOT_GIVEN})
    assert asked[0].url.query == b"trace=t"


@pytest.mark.parametrize(("given", "expected"), [(7, timeout(7)), (None, timeout(None))])
def test_a_client_may_be_patient_or_not(answered, given, expected):
    with answered(timeout=given) as (client, ask):
        assert ask(client).extensions["timeout"] == expected
        assert ask(client.copy()).extensions["timeout"] == expected
