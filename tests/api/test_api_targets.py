"""Which server is asked and who gets the key."""

import httpx
import pytest
from api.replies import LOCAL, Script, assistant, said

from reconciler.api import APIStatusError, AuthenticationError, UnknownOutcomeError
from reconciler.api.settings import SettingError, Settings
from reconciler.api.transport import is_loopback
from reconciler.errors import TargetError
from reconciler.server import Database, create_app, running

KEY = "sk-0123456789abcdef"
DEAD = "http://127.0.0.1:9"


@pytest.fixture
def asks(connect):
    """The request that a client of these options sends."""

    def ask(**options):
        script = Script(said(assistant()))
        with connect(transport=httpx.MockTransport(script), **options) as client:
            client.beta.assistants.retrieve("asst_1")
        return script.asked[0]

    return ask


@pytest.fixture
def refuses(connect):
    """The sentence with which a client of these options refuses to be."""

    def ask(**options):
        with pytest.raises(TargetError) as refused, connect(**options):
            raise AssertionError("the client was opened")
        assert refused.value.exit_code == 64
        return str(refused.value)

    return ask


def test_without_a_server_the_error_says_what_to_set(refuses):
    assert refuses() == "no server: pass base_url=, or set OPENAI_BASE_URL; there is no default"


def test_the_server_and_the_key_come_from_the_environment(asks, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://wanted.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    request = asks()
    assert str(request.url) == "https://wanted.example/v1/assistants/asst_1"
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_what_is_passed_wins_over_the_environment(asks, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://other.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    request = asks(base_url=LOCAL, api_key=KEY)
    assert str(request.url) == f"{LOCAL}/assistants/asst_1"
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_an_empty_key_means_none_whatever_the_environment_says(asks, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "authorization" not in asks(base_url=LOCAL, api_key="").headers


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_key_none_is_sent(asks, monkeypatch, value):
    if value is not None:
        monkeypatch.setenv("OPENAI_API_KEY", value)
    assert "authorization" not in asks(base_url=LOCAL).headers


def test_a_slash_at_the_end_of_the_url_makes_no_difference(asks):
    assert str(asks(base_url=f"{LOCAL}/").url) == f"{LOCAL}/assistants/asst_1"


def test_the_right_key_opens_the_server_and_a_wrong_one_does_not(connect):
    with Database.memory() as database, running(create_app(database, api_key=KEY)) as url:
        with connect(base_url=url, api_key=KEY) as client:
            assert client.files.list().data == []
        for wrong in ("sk-wrong-but-quite-long", ""):
            with connect(base_url=url, api_key=wrong) as client, pytest.raises(AuthenticationError):
                client.files.list()


def test_a_key_travels_over_https_and_to_this_machine(asks):
    for url in ("https://far.example/v1", "http://localhost:1/v1", "http://[::1]:1/v1", LOCAL):
        assert asks(base_url=url, api_key=KEY).headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("host", ["far.example", "192.168.1.2", "localhost.far.example", "127.0.0.1.nip.io"])
def test_a_key_does_not_travel_unencrypted_to_another_machine(refuses, host):
    said = refuses(base_url=f"http://{host}/v1", api_key=KEY)
    assert said == (f"the key would travel unencrypted to {host}; use https, or pass allow_http=True")


def test_a_key_travels_unencrypted_where_that_is_allowed(asks):
    request = asks(base_url="http://far.example/v1", api_key=KEY, allow_http=True)
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_without_a_key_any_machine_may_be_asked_over_http(asks):
    assert asks(base_url="http://far.example/v1").url.host == "far.example"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1/v1", True),
        ("http://127.8.8.8:80/v1", True),
        ("http://LOCALHOST/v1", True),
        ("http://[::1]/v1", True),
        ("http://0.0.0.0/v1", False),
        ("http://127.1/v1", False),
        ("http://localhost.example/v1", False),
        ("http://[2001:db8::1]/v1", False),
    ],
)
def test_this_machine_is_recognised_by_its_loopback_names_only(url, expected):
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    "url", ["http://me:hunter2@127.0.0.1/v1", "https://me:hunter2@far.example/v1", "ftp://me:hunter2@far/v1"]
)
def test_a_url_with_a_password_is_refused_without_repeating_it(refuses, url):
    assert refuses(base_url=url) == (
        "a server's URL must not carry a password; give the key by api_key= or OPENAI_API_KEY"
    )


def test_settings_state_facts_and_name_nothing_that_a_caller_may_not_have():
    for wrong in (
        {"base_url": "http://far.example", "secret": KEY},
        {"base_url": "https://me:hunter2@far.example"},
        {"base_url": "far.example"},
        {"base_url": LOCAL, "secret": "sk-é"},
        {"base_url": LOCAL, "identity": {"Account": "é"}},
        {"base_url": LOCAL, "headers": {"X": "é"}},
    ):
        with pytest.raises(SettingError) as refused:
            Settings(**wrong)
        assert str(refused.value) == refused.value.fact
        assert "key" not in str(refused.value)
        assert ";" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "far.example/v1",
        "ftp://far.example/v1",
        "http:///v1",
        "file:///etc/hosts",
        "http://far.example/v1?version=2",
        "http://far.example/v1?",
        "http://far.example/v1#part",
        "http://far.example/v1 ",
    ],
)
def test_a_url_that_names_no_server_is_refused(refuses, url):
    assert refuses(base_url=url).endswith(" is not a server; write http(s)://HOST[:PORT]/v1")


@pytest.mark.parametrize(
    "url",
    [
        "http://far.example:port/v1",
        "http://far.example/v1\n",
        "http://far..example/v1",
        "http://[::1/v1",
        "http://::1:8000/v1",
        "http://[/v1",
        "http://[::ffff:1.2.3.4.5]/v1",
        "http://xn--a/v1",
        "http://\u202efar.example/v1",
        "http://\udc80/v1",
        "http://far.example/" + "x" * 5000,
        "http://far.example/" + "x" * 70_000,
    ],
)
def test_what_is_no_url_is_refused(refuses, url):
    assert refuses(base_url=url).endswith(" is not a URL; write http(s)://HOST[:PORT]/v1")


@pytest.mark.parametrize("port", ["-1", "0", "65536", "99999"])
def test_a_port_that_no_machine_has_is_refused(refuses, port):
    assert refuses(base_url=f"http://far.example:{port}/v1").startswith(
        "the port of 'http://far.example…' is not between 1 and 65535"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{KEY}@[::1/v1",
        f"https://[{KEY}]/v1",
        f"https://far.example:{KEY}/v1",
        f"https://far.example/v1?api-key={KEY}",
        f"https://far.example/v1#{KEY}",
        f"http://user:pa#{KEY}@far.example/v1",
        f"user:{KEY}@far.example/v1",
        KEY,
    ],
)
def test_of_a_url_that_is_refused_nothing_but_scheme_and_host_is_repeated(refuses, url):
    said = refuses(base_url=url)

    assert KEY not in said
    assert ("'https://far.example…'" in said) == url.startswith("https://far.example")


@pytest.mark.parametrize("key", [f"{KEY}\r", f"{KEY}\n", f" {KEY}", f"{KEY} ", "sk-\x00", "sk-\ud800", " "])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(refuses, monkeypatch, key):
    said = refuses(base_url=LOCAL, api_key=key)
    assert "the key has a line break in it" in said
    assert said.endswith("; look at api_key= or OPENAI_API_KEY")
    assert KEY not in said


@pytest.mark.parametrize("name", ["organization", "project"])
def test_an_account_that_no_header_can_carry_names_its_variables(refuses, name):
    said = refuses(base_url=LOCAL, **{name: "acmé"})
    assert said.endswith("; look at OPENAI_ORG_ID and OPENAI_PROJECT_ID")


def test_a_copy_is_refused_in_the_same_words(connect):
    with (
        connect(base_url=LOCAL) as client,
        pytest.raises(TargetError, match=r"; look at api_key= or OPENAI_API_KEY$"),
    ):
        client.copy(api_key="sk-é")


@pytest.mark.parametrize("key", ["sk-é", "sk-☃", "sk\N{NO-BREAK SPACE}0"])
def test_a_key_of_letters_that_no_header_can_carry_is_refused_too(refuses, key):
    assert key not in refuses(base_url=LOCAL, api_key=key)


def test_the_settings_do_not_show_the_key_or_the_headers():
    shown = repr(Settings(LOCAL, KEY, headers={"Authorization": f"Bearer {KEY}"}))
    assert LOCAL in shown
    assert KEY not in shown


def test_proxies_of_the_machine_are_not_used(connect, embedded, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, DEAD)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with connect(base_url=embedded.url, max_retries=0) as client:
        assert client.beta.assistants.create(model="m").model == "m"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, UnknownOutcomeError),  # done, many servers mean, and the answer lies elsewhere
        (302, UnknownOutcomeError),
        (303, UnknownOutcomeError),
        (307, APIStatusError),
        (308, APIStatusError),
    ],
)
def test_a_redirect_is_an_error_and_the_other_server_is_not_asked(connect, embedded, status, kind):
    before = len(embedded.ledger)
    script = Script(said(status=status, location=f"{embedded.url}/assistants"))
    with (
        connect(base_url=LOCAL, api_key=KEY, transport=httpx.MockTransport(script)) as client,
        pytest.raises(kind, match=r"redirect to .* refused; name that server yourself") as refused,
    ):
        client.beta.assistants.create(model="m")
    assert refused.value.status_code == status
    assert embedded.url in str(refused.value)
    assert len(script.asked) == 1
    assert len(embedded.ledger) == before
