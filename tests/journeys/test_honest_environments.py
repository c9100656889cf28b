"""No environment of an honest user stops a command or hides a word; a secret that stops one is named."""

import json

import pytest

from reconciler.cli.known_secrets import KnownSecrets, in_process
from reconciler.model.credentials import in_headers, in_url

RUNNERS = {
    "GitHub": {
        "CI": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_REPOSITORY": "acme/support-assistants",
        "GITHUB_WORKFLOW_REF": "acme/support-assistants/.github/workflows/plan.yml@refs/heads/main",
        "RUNNER_TRACKING_ID": "github_a1b2c3d4-0000-4000-8000-0123456789ab",
        "SONAR_PROJECT_KEY": "acme-support-assistants",
        "CACHE_KEY": "node-modules-cache-v1",
        "HOMEPAGE": "https://support.acme.example/@help",
    },
    "GitLab": {
        "CI": "true",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_REPOSITORY_URL": "https://gitlab-ci-token:glcbt-64_x1Yz9Qw3rT5u7I2o4Pa@gitlab.example/acme/support.git",
        "CI_PROJECT_URL": "https://gitlab.example/acme/support-assistants",
        "CI_REGISTRY_USER": "gitlab-ci-token",
        "CI_DEPLOY_USER_SESSION": "acme-support-assistants",
    },
    "desktop": {
        "DESKTOP_SESSION": "gnome-classic",
        "GDMSESSION": "gnome-classic",
        "XDG_SESSION_TYPE": "wayland-session",
        "SSH_AUTH_SOCK": "/run/user/1000/keyring/ssh",
        "MAINTAINER_SIG": "acme-support-team",
        "DOCS_URL": "https://acme.example/docs?topic=support-assistants&author=me@acme.example",
        "HTTPS_PROXY": "http://acme-support-bot:pw@proxy.acme.example:3128",
    },
    "Docker image of Python": {
        "GPG_KEY": "A035C8C19219BA821ECEA86B64E628F8D684696D",
        "PYTHON_VERSION": "3.12.4",
        "PYTHON_GET_PIP_SHA256": "ee09098395e42eb1f82ef4acb231a767a6ae85504a9cf9983223df0a7cbd35d7",
        "AWS_SSO_SESSION": "acme-support-sso",
        "AWS_PROFILE": "acme-support-team",
    },
}
ARGUMENTS = [
    ["plan", "--var", "docs=https://acme.example/@support/assistants"],
    ["ci", "comment", "p.json", "--report-url", "https://ci.example/job?artifact=plan-report-html@1"],
    ["plan", "--server", "https://acme.example:8443/@support/v1", "--proxy-from-environment"],
    [
        "plan",
        "--header",
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/1/eu-central-1/execute-api/aws4_request",
    ],
]
WORDS = (
    "acme-support-assistants node-modules-cache-v1 gnome-classic acme-support-bot gitlab-ci-token "
    "AWS4-HMAC-SHA256 https://support.acme.example/ acme-support-team acme-support-sso "
    "A035C8C19219BA821ECEA86B64E628F8D684696D https://acme.example/ plan-report-html support-assistants"
)


def known_in(arguments, environment):
    known = KnownSecrets()
    known.learn(in_process(arguments, environment))
    return known


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_no_word_of_an_honest_environment_is_a_secret(runner, arguments):
    known = known_in(arguments, RUNNERS[runner])

    assert known.redactor.redacted(WORDS) == WORDS
    assert known.redactor.hidden(WORDS.split()) == WORDS.split()
    assert not known.sources.leaks(WORDS)


@pytest.mark.parametrize("runner", RUNNERS)
def test_no_honest_environment_stops_a_command(workspace, runner):
    declared = {"model": "m", "name": "Bot", "instructions": WORDS}
    workspace.configure(json.dumps({"project": "acme", "assistants": {"acme-support-bot": declared}}))
    given = {**RUNNERS[runner], "CI": "", "NO_PROXY": "127.0.0.1"}
    ended = workspace.run("plan", "--out", "p.json", **given)
    assert ended.code == 0, ended.err
    assert "***" not in ended.out + (workspace.folder / "p.json").read_text()
    assert workspace.run("apply", "p.json", **given).code == 0


def test_what_is_not_read_is_hidden_only_where_it_looks_random_and_stops_nothing():
    token = "glcbt-64_x1Yz9Qw3rT5u7I2o4Pa"
    known = known_in([], {"NPM_TOKEN": "npm_q9e3779b97f4a7c15Zx", **RUNNERS["GitLab"]})

    assert known.redactor.redacted(f"{token} and npm_q9e3779b97f4a7c15Zx") == "*** and ***"
    assert not known.sources.known.keys() & {token, "npm_q9e3779b97f4a7c15Zx"}


@pytest.mark.parametrize("is_used", [True, False])
def test_a_proxy_counts_only_where_it_is_used(is_used):
    environment = {"HTTPS_PROXY": "http://me:proxy-password@proxy:3128"}
    known = known_in(["plan", *["--proxy-from-environment"] * is_used], environment)

    assert known.sources.leaks("the proxy-password is") is is_used


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://acme.example/@help", set()),
        ("https://acme.example?at=@help", set()),
        ("https://acme-support-bot:hunter2hunter2@acme.example", {"hunter2hunter2"}),
        ("https://a-token-that-is-long:@acme.example", {"a-token-that-is-long"}),
        (
            "https://a-token-that-is-long:x-oauth-basic@acme.example",
            {"a-token-that-is-long", "x-oauth-basic"},
        ),
        ("https://a-token-that-is-long@acme.example", {"a-token-that-is-long"}),
        ("https://me:not/escaped@acme.example", {"not/escaped"}),
        ("postgresql://support@db/d?sslkey=/etc/ssl/support-client.key", set()),
    ],
)
def test_the_secrets_of_a_url_are_in_its_authority(url, secrets):
    assert {one for one in in_url(url) if one} == secrets


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("Authorization", "Bearer abc.def.ghi", {"abc.def.ghi"}),
        ("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date, Signature=fe5f80", {"fe5f80"}),
        ("Authorization", "Basic bWU6aHVudGVyMg==", {"bWU6aHVudGVyMg==", "hunter2"}),
        ("Cookie", "session=abc123; preferences=large-type-please", {"abc123", "large-type-please"}),
        ("X-Api-Key", "one-two-three", {"one-two-three"}),
        ("X-Tenant", "acme-support-team", set()),
    ],
)
def test_the_secrets_of_a_header_are_its_values(name, value, secrets):
    parts = {"host", "x-amz-date"}  # short ones, which stop nothing
    assert {one for one in in_headers({name: value}) if one} - parts == secrets


SOURCES = {
    "OPENAI_API_KEY": ({"OPENAI_API_KEY": "0123456789abcdef"}, []),
    "the value of X-Api-Key in ASSISTANTS_SYNC_HEADER": (
        {"ASSISTANTS_SYNC_HEADER": "X-Tenant: a\nX-Api-Key: 0123456789abcdef"},
        [],
    ),
    "the value of X-Api-Key in --header": ({}, ["--header", "X-Api-Key: 0123456789abcdef"]),
    "PGPASSWORD": ({"PGPASSWORD": "0123456789abcdef"}, []),
    "the password of HTTPS_PROXY": (
        {"HTTPS_PROXY": "http://me:0123456789abcdef@proxy:1"},
        ["--proxy-from-environment"],
    ),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("field", ["name", "instructions", "metadata.team"])
def test_a_refusal_names_address_field_and_source_but_no_secret(workspace, source, field):
    environment, arguments = SOURCES[source]
    value = "0123456789abcdef" if field != "metadata.team" else {"team": "0123456789abcdef"}
    declared = {"project": "acme", "assistants": {"a": {"model": "m", field.partition(".")[0]: value}}}
    workspace.configure(json.dumps(declared))

    ended = workspace.run("plan", "--server", "embedded", "--out", "p.json", *arguments, **environment)

    assert ended.code == 5, ended.err
    said = " ".join(ended.err.split())
    assert (
        f"{source} is repeated in the {field} of assistant.a. Nothing was written. Take it out of there"
        in said
    )
    assert "0123456789abcdef" not in ended.out + ended.err
    assert not (workspace.folder / "p.json").exists()


def test_a_secret_in_no_field_is_named_too(workspace):
    secret = "0123456789abcdef"
    workspace.configure(f"project: acme\nassistants:\n  b{secret}: {{model: m}}\n")

    ended = workspace.run("plan", "--out", "p.json", "--server", "embedded", OPENAI_API_KEY=secret)

    assert ended.code == 5
    assert "OPENAI_API_KEY is repeated in an address." in " ".join(ended.err.split())
