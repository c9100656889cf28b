"""A state in a database or a bucket: the same commands, and nothing of it on the machine that ran them."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from urllib.parse import quote, unquote, urlsplit

import psycopg
import pytest

from reconciler.errors import LockedError
from reconciler.server import Database, Fault, Faults, create_app, running
from reconciler.store.bucket import Bucket
from reconciler.store.locations import opened
from reconciler.store.objects import ObjectStore


@pytest.fixture
def url():
    """A server of assistants."""
    with Database.memory() as database, running(create_app(database)) as address:
        yield address


def apply(project, state, url, *more):
    return project.run("apply", "--auto-approve", "--state", state, "--server", url, *more)


def test_what_one_machine_applied_another_one_knows(project, place, url):
    assert apply(project, place, url).code == 0
    assert not (project.folder / "state").exists()

    again = project.run("plan", "--detailed-exitcode", "--state", place, "--server", url)

    assert (again.code, "No changes." in again.out) == (0, True)
    assert project.run("output", "--state", place).out.startswith("assistant.support  asst_")


def test_the_configuration_is_read_once_for_the_place_and_for_the_plan(
    project, place, url, invoke, monkeypatch
):
    opened, real = [], os.open

    def counting(path, *rest, **named):
        opened.append(path)
        return real(path, *rest, **named)

    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(os, "open", counting)

    for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
        opened.clear()
        assert invoke(*command, "--state", place, "--server", url).code == 0
        assert opened.count(b"assistants.yaml") == 1


def test_a_variable_that_must_be_given_is_given_to_every_command_about_a_state(project, place, url):
    text = (project.folder / "assistants.yaml").read_text()
    prompt = 'instructions: {text: "For ${var.shop}.", template: true}'
    project.configure(text.replace("instructions: Be kind.", prompt) + "vars: {shop: null}\n")
    given = ("--state", place, "--var", "shop=tents")
    assert apply(project, place, url, "--var", "shop=tents").code == 0

    assert project.run("output", "--state", place).code == 1
    assert project.run("output", *given).out.startswith("assistant.support  asst_")
    assert project.run("state", "list", *given).out.startswith("assistant.support  asst_")
    assert (
        "is not locked" in (told := project.run("state", "unlock", "x", *given).err)
        or "is released when its holder ends" in told
    )
    assert project.run("state", "migrate", place, "here", *given[2:]).code == 0


def test_the_configuration_names_the_place_unless_somebody_else_does(project, place, url, monkeypatch):
    password = unquote(urlsplit(place).password or "")
    monkeypatch.setenv("PGPASSWORD", password)
    named = place.replace(f":{quote(password, safe='')}@", "@")
    monkeypatch.setenv("ASSISTANTS_SYNC_ALLOW_STATE", named)
    project.configure(f"state: {named}\n" + (project.folder / "assistants.yaml").read_text())
    server = ("--server", url)
    assert project.run("apply", "--auto-approve", *server).code == 0
    assert not (project.folder / "state").exists()

    assert "state serial 2" in project.run("plan", *server).out
    assert project.run("output").out == project.run("output", "--state", place).out != ""
    assert "state serial 0" in project.run("plan", *server, ASSISTANTS_SYNC_STATE="other").out
    last = project.run("plan", *server, "--state", place, ASSISTANTS_SYNC_STATE="other")
    assert "state serial 2" in last.out


def test_a_folder_that_the_configuration_names_has_the_embedded_database_too(project):
    project.configure("state: kept\n" + (project.folder / "assistants.yaml").read_text())

    assert project.run("apply", "--auto-approve").code == 0

    assert (project.folder / "kept/state.json").exists()
    assert (project.folder / "kept/embedded.sqlite3").exists()
    assert not (project.folder / "state").exists()


def test_a_password_in_the_configuration_is_refused_wherever_a_state_is_asked_for(project):
    project.configure("state: postgresql://u:hidden@127.0.0.1:1/x\nproject: acme\n")

    for command in (["plan"], ["output"], ["state", "list"], ["validate"]):
        ended = project.run(*command)
        assert (ended.code, "assistants.yaml:1:8" in ended.err) == (1, True)
        assert "hidden" not in ended.out + ended.err


def test_a_state_is_asked_where_there_is_no_configuration_or_a_wrong_one(project):
    assert project.run("apply", "--auto-approve").code == 0
    known = project.run("output").out

    project.configure("project: acme\nassistants: {support: {nmae: x}}\n")
    assert project.run("output").out == known
    (project.folder / "assistants.yaml").unlink()
    assert project.run("output").out == known != ""


def test_every_state_of_a_place_is_listed_without_any_configuration(project, place, url):
    project.write("environments/prod.yaml", "vars: {}\n")
    assert (
        project.run("state", "list", "--all", "--state", place).err
        == "There is no state there yet. apply makes one.\n"
    )
    assert apply(project, place, url).code == 0
    assert apply(project, place, url, "--env", "prod").code == 0
    (project.folder / "assistants.yaml").unlink()

    ended = project.run("state", "list", "--all", "--state", place)

    heading, without, prod = ended.out.splitlines()
    assert heading == "NAME       SERIAL  ADDRESSES  SAVED"
    assert re.fullmatch(r"acme/-          2          2  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", without)
    assert prod.startswith("acme/prod  ")
    assert ended.err == ""


def test_whoever_holds_a_lock_is_in_the_list_and_a_damaged_state_is_a_line_of_it(project, place, url):
    project.write("environments/prod.yaml", "vars: {}\n")
    assert apply(project, place, url).code == 0
    assert apply(project, place, url, "--env", "prod").code == 0
    damage(place)
    with opened(place, "acme/prod").lock("apply"):
        ended = project.run("state", "list", "--all", "--state", place)

    assert ended.code == 0
    _, damaged, _, held = ended.out.splitlines()
    assert damaged == "acme/-     cannot be read: the state is damaged or cut short"
    assert held.startswith("  locked by ")
    assert " to apply" in held


def damage(place):
    """Cut short the state without an environment."""
    if place.startswith("s3"):
        Bucket(place).put("acme/-/state.json", b"{")
    else:
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("UPDATE assistants_sync.state SET text = 'x' WHERE name = 'acme/-'")


def test_plan_makes_nothing_there(project, place, url):
    assert project.run("plan", "--state", place, "--server", url).code == 0
    assert project.run("plan", "--state", place, "--server", url).out.count("state serial 0") == 1


def test_projects_and_environments_of_one_place_do_not_meet(project, place, url):
    project.write("environments/prod.yaml", "vars: {}\n")
    assert apply(project, place, url).code == 0
    assert "state serial 0" in project.run("plan", "--env", "prod", "--state", place, "--server", url).out
    project.configure((project.folder / "assistants.yaml").read_text().replace("acme", "other"))

    assert "state serial 0" in project.run("plan", "--state", place, "--server", url).out
    assert apply(project, place, url).code == 0
    assert len(json.loads(project.run("output", "--format", "json", "--state", place).out)) == 1


def test_the_next_apply_goes_on_when_the_holder_of_the_lock_was_killed(project, database, monkeypatch):
    monkeypatch.setenv("ASSISTANTS_SYNC_STATE", database)
    hanging = Faults([Fault("hang", "POST /files", times=1, seconds=60)])
    with Database.memory() as content:
        app = create_app(content, faults=hanging)
        with running(app) as url:
            with project.begin("apply", "--auto-approve", "--server", url) as holder:
                while not app.state.ledger.about("POST /files"):
                    time.sleep(0.05)
                refused = project.run("apply", "--auto-approve", "--server", url)
                holder.send_signal(signal.SIGKILL)
            finished = project.run("apply", "--auto-approve", "--server", url, "--lock-timeout", "5")

    assert (refused.code, "to apply" in refused.err) == (5, True)
    assert finished.code == 0


def test_a_state_that_is_migrated_goes_on_in_its_new_place(project, place, url):
    assert apply(project, "state", url).code == 0

    moved = project.run("state", "migrate", "state", place)

    assert (moved.code, "Copied 2 addresses" in moved.err) == (0, True)
    assert project.run("plan", "--detailed-exitcode", "--state", place, "--server", url).code == 0
    before, after = (project.run("state", "list", "--state", one) for one in ("state", place))
    assert before == after
    assert after.out.startswith("assistant.support  asst_")


def test_a_state_is_never_migrated_over_another_one_nor_out_of_nothing(project, place, url):
    nothing = project.run("state", "migrate", "state", place)
    assert apply(project, "state", url).code == 0
    assert project.run("state", "migrate", "state", place).code == 0
    again = project.run("state", "migrate", "state", place)
    onto_itself = [project.run("state", "migrate", one, one) for one in ("state", place)]

    assert (nothing.code, "no state to migrate" in nothing.err) == (5, True)
    for ended in (again, *onto_itself):
        assert (ended.code, "has a state already" in ended.err) == (5, True), ended.err


def test_a_place_that_was_mistyped_is_not_made_by_asking_for_its_state(project, place, url):
    assert apply(project, "state", url).code == 0

    ended = project.run("state", "migrate", "statte", place)

    assert ended.code == 5
    assert "no state to migrate at statte/state.json" in ended.err
    assert not (project.folder / "statte").exists()


def test_a_lock_that_frees_itself_cannot_be_taken(project, database):
    for place in ("state", database):
        ended = project.run("state", "unlock", "abc", "--state", place)
        assert (ended.code, "is released when its holder ends" in ended.err) == (1, True)


def test_a_lease_is_taken_from_the_holder_of_its_id_and_from_no_other(project, bucket):
    holder = ObjectStore(f"{bucket}/acme/-")
    with holder.lock("apply"):
        with pytest.raises(LockedError) as locked, ObjectStore(f"{bucket}/acme/-").lock("apply"):
            pass
        other = project.run("state", "unlock", "another", "--state", bucket)
        taken = project.run("state", "unlock", locked.value.holder.split()[-1], "--state", bucket)

    assert (other.code, "has another id" in other.err) == (1, True)
    assert (taken.code, taken.err) == (0, "The lock is free.\n")


def test_a_ci_that_has_no_state_yet_hears_once_where_one_would_last(project, url):
    apply = "apply", "--auto-approve", "--allow-untracked", "--server", url
    first, second = (project.run(*apply, CI="true") for _ in range(2))

    assert first.code == 0
    assert all(remedy in first.err for remedy in ("postgresql://", "s3://", "keep the folder"))
    assert "Warning" not in second.err


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("mysql://host/x", 64, "has an unsupported scheme: mysql://"),
        ("hidden @x://host/x", 64, "has an unsupported scheme"),
        ("S3://bucket/x", 64, "is not in lower case"),
        ("postgresql:u:hidden@host/x", 64, "neither a directory nor an address"),
        ("postgresql://u:hidden@127.0.0.1:1/x", 1, "cannot reach postgresql://127.0.0.1:1/x"),
        ("postgresql://u:hidden@host..example/x", 1, "it is not the name of a host. Nothing was changed."),
        ("postgresql://u:hidden@\udc80/x", 1, "the address of the state cannot be read"),
        ("postgresql://u:hidden@host/" + "x" * 5000, 64, "has more than 4096 characters"),
    ],
    ids=[
        "of no kind",
        "with a secret",
        "in capitals",
        "of no form",
        "of nobody",
        "of no host",
        "of no text",
        "of no end",
    ],
)
def test_a_place_that_cannot_be_used_is_an_error_that_says_why(project, url, state, code, said):
    ended = apply(project, state, url)

    assert ended.code == code
    assert said in ended.err
    assert "hidden" not in ended.err


def test_ten_applies_at_once_on_one_database_come_one_after_another(project, database, tmp_path):
    with Database.memory() as content:
        app = create_app(content)
        with running(app) as url:
            runs = [
                apply_elsewhere(project, tmp_path / f"runner-{n}", f"By {n}.", database, url)
                for n in range(10)
            ]
            told = [(*run.communicate(timeout=100), run.returncode) for run in runs]
            found = app.state.ledger.about("POST /assistants")
            state = project.run("plan", "--state", database, "--server", url).out.splitlines()[0]

    assert {code for _, _, code in told} == {0}
    assert len(found) == 1
    assert sum(b"Waiting: the state is locked by" in err for _, err, _ in told) >= 5
    assert int(state.rpartition(" ")[2]) >= 10


def apply_elsewhere(project, folder, description, database, url):
    """Begin to apply another description of the same project, as another machine would."""
    shutil.copytree(project.folder, folder)
    text = (folder / "assistants.yaml").read_text()
    (folder / "assistants.yaml").write_text(f"{text}    description: {description}\n")
    wait = ("--lock-timeout", "100")
    command = project.forked_command("apply", "--auto-approve", "--server", url, "--state", database, *wait)
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
