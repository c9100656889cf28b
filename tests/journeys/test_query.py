"""`query`: every assistant of an account, whose it is, and where a state has it."""

import json
import time

import jsonschema_rs
import pytest
from journeys.conftest import Site
from journeys.test_terminal import at_a_terminal

from reconciler.render.columns import cells, cut, padded
from reconciler.render.inventory import age
from reconciler.server import Database, Fault, Faults, create_app, running

MARK = "v1 other/prod/helper n=" + "b" * 16 + " f=m d=" + "0" * 16


@pytest.fixture
def site(project, monkeypatch, invoke):
    """A project that is applied to a server, which has assistants of other users too."""
    monkeypatch.chdir(project.folder)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Site(project, app, url, invoke)
            assert site.run("apply", "--auto-approve").code == 0
            made(site, name="By hand", instructions="é" * 100)
            made(site, name="Of another", metadata={"assistants_sync": MARK, "team": "red"})
            yield site


def made(site, **fields):
    """Another user creates an assistant."""
    return site.send("POST", "/assistants", {"model": "m", **fields})["id"]


def listed(site, *arguments):
    """The assistants that the JSON lists, by name."""
    ended = site.run("query", "--format", "json", *arguments)
    assert ended.code == 0, ended.err
    return {one["name"]: one for one in json.loads(ended.out)["assistants"]}


def test_every_assistant_is_listed_with_owner_size_files_and_age(site):
    found = listed(site)

    assert len(found) == 3
    ours, hand, other = (found[name] for name in ("Support", "By hand", "Of another"))
    assert ours["id"] == site.id("support")
    assert (ours["owner"], ours["address"], ours["bound"]) == ("acme/-", *["assistant.support"] * 2)
    assert (ours["files"], hand["files"]) == (1, 0)
    assert (hand["owner"], hand["address"], hand["bound"], hand["problem"]) == (None, None, None, "")
    assert (other["owner"], other["address"], other["bound"]) == ("other/prod", "assistant.helper", None)
    assert abs(time.time() - hand["created_at"]) < 60


def test_the_size_counts_the_bytes_of_the_values_without_the_ownership_mark(site):
    found = listed(site)

    values = {"instructions": "é" * 100, "model": "m", "name": "By hand"}
    assert found["By hand"]["size"] == len(
        json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    )
    values = {"metadata": {"team": "red"}, "model": "m", "name": "Of another"}
    assert found["Of another"]["size"] == len(json.dumps(values, separators=(",", ":")))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--name", "*o*"], ["Of another", "Support"]),
        (["--name", "support"], []),
        (["--name", "[BO]*"], ["By hand", "Of another"]),
        (["--owner", "acme/-"], ["Support"]),
        (["--owner", "other/prod"], ["Of another"]),
        (["--owner", "other/-"], []),
        (["--unowned"], ["By hand"]),
        (["--unowned", "--name", "S*"], []),
    ],
    ids=" ".join,
)
def test_filters_choose_by_name_and_owner(site, options, names):
    assert sorted(listed(site, *options)) == names


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--owner", "acme"], "write PROJECT/ENVIRONMENT, or PROJECT/-"),
        (["--owner", "../x"], "write PROJECT/ENVIRONMENT, or PROJECT/-"),
        (["--owner", "acme/-", "--unowned"], "do not go together"),
    ],
)
def test_invalid_filters_are_refused_before_a_request(site, options, problem):
    site.app.state.ledger.clear()

    ended = site.run("query", *options)

    assert (ended.code, problem in ended.err, ended.out) == (64, True, "")
    assert not [*site.app.state.ledger]


def test_the_oldest_comes_first(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    young, old = wire("asst_a", created_at=9), wire("asst_b", created_at=2)
    with running(playing(young, old, wire("asst_c", created_at=2))) as url:
        ended = invoke("query", "--server", url)

    assert [row.split()[0] for row in ended.out.splitlines()[1:]] == ["asst_b", "asst_c", "asst_a"]


def test_the_counts_are_on_stderr_and_cover_the_account(site):
    assert site.run("query").err == "3 assistants: 2 with an ownership mark, 1 without one.\n"
    assert site.run("query", "--unowned").err.startswith("1 of 3 assistants: ")


@pytest.mark.parametrize("mark", ["hello", "v2 acme/-/a"])
def test_what_is_no_ownership_mark_is_neither_owned_nor_unowned(site, mark):
    fields = {"model": "m", "name": "Strange", "metadata": {"assistants_sync": mark}}
    site.send("POST", "/assistants", fields)

    ended = site.run("query")

    assert ended.err == "4 assistants: 2 with an ownership mark, 1 without one, 1 with an unknown one.\n"
    (row,) = [row for row in ended.out.splitlines() if "Strange" in row]
    assert row.endswith("  (unknown ownership mark)")
    assert "Strange" not in listed(site, "--unowned")
    assert [name for name, one in listed(site).items() if one["unknown_mark"]] == ["Strange"]


def test_the_document_fits_its_schema(site):
    schema = jsonschema_rs.validator_for(json.loads(site.invoke("schema", "assistants").out))

    schema.validate(json.loads(site.run("query", "--format", "json").out))


def test_no_configuration_is_needed_and_nothing_is_written(site):
    (site.workspace.folder / "assistants.yaml").unlink()
    site.app.state.ledger.clear()
    before = site.workspace.snapshot()

    assert listed(site)["Support"]["bound"] == "assistant.support"  # by the state of the directory
    assert site.run("query", "--state", "elsewhere").code == 0

    assert site.workspace.snapshot() == before
    assert {one.method for one in site.app.state.ledger} == {"GET"}


def test_a_state_at_an_address_that_no_configuration_names_a_project_for_is_not_read(site):
    (site.workspace.folder / "assistants.yaml").unlink()

    assert listed(site, "--state", "postgresql://127.0.0.1:1/none")["Support"]["bound"] is None


def test_the_state_of_another_server_names_nothing(site):
    with Database.memory() as database, running(create_app(database)) as url:
        ended = site.invoke("query", "--server", url, "--format", "json")

    assert (ended.code, json.loads(ended.out)["total"]) == (0, 0)
    assert ended.err == "0 assistants: 0 with an ownership mark, 0 without one.\n"


def test_a_table_fits_a_terminal_of_80_columns_whatever_the_names_are(site):
    made(site, name="支援" * 60)
    made(site, name="long " * 50)
    made(site, name="e\u0301" * 100)

    code, shown = at_a_terminal(site.workspace, "query", "--server", site.url, COLUMNS="80", NO_COLOR="1")

    lines = shown[shown.index("ID   ") :].replace("\r", "").splitlines()
    assert code == 0
    assert max(map(cells, lines[:-1])) <= 80
    heading, *rows = lines
    rows = [row for row in rows if row.startswith("asst_")]
    assert len(rows) == 6
    column = cells(heading[: heading.index(" SIZE")])
    assert all(cells(row) == cells(rows[0]) for row in rows)
    assert column > 0
    assert "  acme/- assistant.support" in lines


def test_a_pipe_gets_one_line_for_each_assistant(site):
    made(site, name="y" * 256)

    heading, *rows = site.run("query").out.splitlines()

    assert heading.split() == ["ID", "NAME", "SIZE", "FILES", "AGE", "OWNER"]
    assert len(rows) == 4
    assert sum(f" {'y' * 59}… " in row for row in rows) == 1
    assert sum(row.endswith("acme/- assistant.support") for row in rows) == 1
    assert all(cells(row[: row.index("  ")]) == 29 for row in rows)


def test_a_hostile_name_neither_acts_nor_hides(site):
    made(site, name="\x1b[31mred\u202e\n::set-output name=x::y", metadata={"x": "y"})
    made(site, name="sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD")

    text = site.run("query").out

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31mred<U+202E>\\n::set-output" in text
    assert "sk-proj-abcdefghijklmnopqrstuvwxyz" not in text


def playing(*assistants):
    """A server that lists these assistants, whatever they are."""
    page = {"object": "list", "data": [*assistants], "has_more": False}

    async def answer(scope, receive, send):
        past = b"after" in scope["query_string"]
        body = json.dumps({**page, "data": page["data"][-1:] if past else page["data"]}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def wire(id_, **fields):
    """An assistant as a server returns it."""
    given = {"id": id_, "object": "assistant", "created_at": 1, "model": "m", "tools": [], "file_ids": []}
    return {**given, "metadata": {}, **fields}


def test_an_assistant_that_cannot_be_read_is_listed_with_the_reason(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    odd = wire("asst_odd", name="Odd", tools="none", metadata={"assistants_sync": MARK})
    with running(playing(wire("asst_good", name="Good"), odd)) as url:
        text, found = invoke("query", "--server", url), invoke("query", "--server", url, "--format", "json")
        chosen = [invoke("query", "--server", url, *one) for one in (("--name", "*"), ("--unowned",))]
        owned = invoke("query", "--server", url, "--owner", "other/prod")

    good, strange = json.loads(found.out)["assistants"]
    assert (good["problem"], strange["id"], strange["size"]) == ("", "asst_odd", None)
    assert strange["problem"] in text.out
    assert "asst_odd   cannot be read: " in text.out
    assert "(other/prod assistant.helper)" in text.out
    assert "1 unreadable." in text.err
    assert all("asst_odd" not in one.out for one in chosen)
    assert "asst_odd" in owned.out


def test_a_list_whose_end_cannot_be_proved_is_named(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    deaf = Faults([Fault("deviate", as_="after_ignored"), Fault("deviate", as_="has_more_false")])
    with Database.memory() as database, running(create_app(database, faults=deaf)) as url:
        site = Site(workspace, None, url, invoke)
        made(site, name="A")
        made(site, name="B")
        ended = invoke("query", "--server", url, "--format", "json")

    assert (ended.code, json.loads(ended.out)["is_whole"]) == (0, False)
    assert "Warning: the end of the list is not proved" in ended.err


def test_a_thousand_assistants_cost_few_requests(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Site(workspace, app, url, invoke)
            for number in range(1_001):
                made(site, name=f"Assistant {number}")
            app.state.ledger.clear()
            ended = invoke("query", "--server", url, "--name", "*7", "--format", "json")

    found = json.loads(ended.out)
    assert (found["total"], found["is_whole"], len(found["assistants"])) == (1_001, True, 100)
    asked = [one.path for one in app.state.ledger]
    assert len(asked) <= 2 * 11 + 1  # every page, and a look past each
    assert set(asked) == {"/v1/assistants"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (86_400 * 3, "3 d"),
        (86_400 * 364, "364 d"),
        (86_400 * 800, "2 y"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds, text):
    assert age(seconds) == text


def test_a_text_is_cut_and_padded_by_the_columns_that_it_takes():
    assert cut("支援支援", 5) == "支援…"
    assert cut("支援支援", 8) == "支援支援"
    assert cells(padded("支援", 6)) == 6
    assert cut("abc", 2) == "a…"
