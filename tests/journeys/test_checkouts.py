"""What a checkout did to a commit changes no plan, and what git does not have is not sent."""

import hashlib
import json
import os
import subprocess

import pytest
from conftest import Workspace

from reconciler.server import Database, create_app, running

CONFIGURATION = """\
project: acme
assistants:
  support: {model: m, instructions: {file: prompts/support.md}, files: [docs/handbook.md]}
"""
LF = {
    "assistants.yaml": CONFIGURATION,
    "prompts/support.md": "Be kind.\nBe brief.\n",
    "docs/handbook.md": "One.\nTwo.\n",
}


@pytest.fixture
def url():
    """A server of assistants."""
    with Database.memory() as database, running(create_app(database)) as address:
        yield address


@pytest.fixture
def lf(workspace, git):
    """A checkout with the line ends of the commit."""
    for path, text in LF.items():
        workspace.write(path, text)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    return workspace


@pytest.fixture
def crlf(lf, git):
    """A checkout of the same commit on a machine that writes CR LF."""
    folder = lf.folder.parent / "crlf"
    git("clone", "-q", "-c", "core.autocrlf=true", str(lf.folder), str(folder))
    assert b"\r\n" in (folder / "prompts/support.md").read_bytes()
    return Workspace(folder)


WARNING = (
    "Warning: AS311 assistants.yaml and 2 more files have CR LF here and LF in git; what git has is used "
    "(assistants.yaml)"
)


@pytest.mark.parametrize("ci", ["", "true"])
def test_the_same_commit_gives_the_same_plan(lf, crlf, url, ci, tmp_path):
    state = "--server", url, "--state", str(tmp_path / "state")
    lf.write("docs/handbook.md", "Zero.\n")
    assert lf.run("apply", "--auto-approve", *state).code == 0
    lf.write("docs/handbook.md", LF["docs/handbook.md"])
    plans, problems = [], []
    for checkout in (lf, crlf):
        out = tmp_path / f"{checkout.folder.name}.json"
        ended = checkout.run("plan", *state, "--out", str(out), CI=ci)
        assert ended.code == 0, ended.err
        plans.append(json.loads(out.read_text()))
        problems.append(ended.err)

    assert [len(plan.pop("warnings")) for plan in plans] == [0, 1]
    assert len({plan.pop("checksum") for plan in plans}) == 2  # it covers the warning
    assert "replace" in {change["action"] for change in plans[0]["changes"]}
    assert plans[0] == plans[1]
    assert ("AS311" in problems[0], problems[1].splitlines()[0]) == (False, WARNING)


@pytest.mark.parametrize("ci", ["", "true"])
def test_what_one_checkout_applied_is_no_change_in_the_other(lf, crlf, url, ci, tmp_path):
    state = "--server", url, "--state", str(tmp_path / "state")

    assert lf.run("apply", "--auto-approve", *state, CI=ci).code == 0
    assert "No changes." in crlf.run("plan", *state, CI=ci).out

    crlf.write("docs/handbook.md", "One.\r\nThree.\r\n")
    subprocess.run(["git", "add", "."], cwd=crlf.folder, check=True)  # noqa: S607 - whichever is installed
    applied = crlf.run("apply", "--auto-approve", *state, CI=ci)
    lf.write("docs/handbook.md", "One.\nThree.\n")
    subprocess.run(["git", "add", "."], cwd=lf.folder, check=True)  # noqa: S607 - the same

    assert applied.code == 0, applied.err
    assert "No changes." in lf.run("plan", *state, CI=ci).out


def test_line_ends_are_no_edit_since_a_commit(crlf):
    ended = crlf.run("plan", "--against", "git:HEAD")
    assert (ended.code, "No changes." in ended.out) == (0, True)


def pointer(text):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(text)}\n"


def test_a_pointer_in_a_commit_stands_for_the_file(lf, git):
    lf.write("docs/handbook.md", pointer("One.\nTwo.\n"))
    git("commit", "-aqm", "two")
    lf.write("docs/handbook.md", "One.\nTwo.\n")

    for ci in ("", "true"):
        ended = lf.run("plan", "--against", "git:HEAD", CI=ci)
        assert (ended.code, "No changes." in ended.out) == (0, True), ended.err


CANARY = "hunter2"


@pytest.mark.parametrize("variables", [{}, {"ASSISTANTS_SYNC_SERVER": "embedded"}])
@pytest.mark.parametrize("options", [(), ("--allow-untracked",)])
@pytest.mark.parametrize(
    "command", [("validate",), ("show", "assistant.a"), ("plan", "--against", "git:HEAD")]
)
def test_a_link_as_the_configuration_prints_no_line_of_an_ignored_file(
    workspace, git, command, options, variables
):
    workspace.write(".gitignore", ".env\n")
    workspace.write(".env", f"DB_PASSWORD={CANARY}\nOTHER=canary\n")
    (workspace.folder / "assistants.yaml").unlink()
    (workspace.folder / "assistants.yaml").symlink_to(".env")
    git("init", "-q")
    git("add", ".gitignore", "assistants.yaml")
    git("commit", "-qm", "x")

    ended = workspace.run(*command, *options, CI="1", **variables)

    assert ended.code == 1
    assert CANARY not in ended.out + ended.err
    assert "canary" not in ended.out + ended.err


def test_a_line_of_a_file_that_was_not_proved_is_not_quoted_in_ci(lf, git):
    lf.configure(f"{CONFIGURATION}topic: {CANARY}\n")  # no password, which is never quoted

    for variables in ({}, {"ASSISTANTS_SYNC_SERVER": "embedded"}, {"ASSISTANTS_SYNC_ALLOW_UNTRACKED": "1"}):
        assert CANARY not in lf.run("validate", CI="1", **variables).err
    assert CANARY in lf.run("validate").err
    git("add", "-A")
    assert CANARY in lf.run("validate", CI="1").err


def test_what_was_swapped_after_git_was_asked_is_not_sent(lf, url, tmp_path, monkeypatch):
    """A git that is shown the committed text, and puts the other one back."""
    lf.write("docs/handbook.md", "SECRETX")
    real = subprocess.run(["which", "git"], check=True, capture_output=True).stdout.decode().strip()  # noqa: S607 - whichever is installed
    script = f"""#!/bin/sh
cp docs/handbook.md {tmp_path}/evil; printf 'One.\\nTwo.\\n' > docs/handbook.md
{real} "$@"; code=$?; mv {tmp_path}/evil docs/handbook.md; exit $code
"""
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(script)
    program.chmod(0o755)

    ended = lf.run(
        *("apply", "--auto-approve", "--server", url, "--state", str(tmp_path / "state")),
        CI="1",
        PATH=f"{program.parent}:/usr/bin:/bin",
    )

    assert (ended.code, "docs/handbook.md differs from what git has" in ended.err) == (1, True)


def test_the_page_names_edits_that_were_read_and_no_other(lf, git):
    def page():
        ended = lf.run("plan", "--against", "git:HEAD", "--format", "html")
        assert ended.code == 0, ended.err
        return ended.out

    edited = "and edits that are not committed"
    lf.write("elsewhere.md", "New.")
    git("add", "elsewhere.md")
    assert edited not in page()
    lf.write("docs/handbook.md", "Edited.\n")
    assert edited in page()
    git("add", "-A")
    assert edited in page()
    git("commit", "-qm", "two")
    assert edited not in page()


def test_what_lfs_or_a_filter_put_there_is_no_edit(lf, git):
    text = "One.\nTwo.\n"
    lf.write("docs/handbook.md", pointer(text))
    lf.write(".gitattributes", "prompts/*.md filter=secret\n")
    git("add", "-A")
    git("commit", "-qm", "two")
    lf.write("docs/handbook.md", text)
    lf.write("prompts/support.md", "Be secret.\n")

    ended = lf.run("plan", "--against", "git:HEAD", "--format", "html")

    assert (ended.code, "and edits that are not committed" in ended.out) == (0, False)


def test_an_edited_file_of_lfs_is_an_edit(lf, git):
    lf.write("docs/handbook.md", pointer("One.\nTwo.\n"))
    lf.write(".gitattributes", "docs/*.md filter=lfs\n")
    git("add", "-A")
    git("commit", "-qm", "two")
    lf.write("docs/handbook.md", "Two.\nOne.\n")

    ended = lf.run("plan", "--against", "git:HEAD", "--format", "html")

    assert (ended.code, "and edits that are not committed" in ended.out) == (0, True), ended.err


@pytest.mark.parametrize("delete", [("rm", "-q"), ("rm", "-q", "--cached")])
def test_a_deleted_configuration_is_an_edit(delete, lf, git):
    for name in ("a", "b"):
        lf.write(f"conf/{name}.yaml", f"project: acme\nassistants: {{{name}: {{model: m}}}}\n")
    git("add", "-A")
    git("commit", "-qm", "two")

    def is_edited():
        return (
            "and edits that are not"
            in lf.run("plan", "-f", "conf", "--against", "git:HEAD", "--format", "html").out
        )

    assert not is_edited()
    (lf.folder / "conf/b.yaml").unlink()
    assert is_edited()
    git(*delete, "conf/b.yaml")
    assert is_edited()


def test_the_page_of_a_saved_plan_names_no_commit(lf, tmp_path):
    out = str(tmp_path / "plan.json")
    assert lf.run("plan", "--against", "git:HEAD", "--out", out).code == 0

    for variables in ({}, {"GITHUB_SHA": "0" * 40}):
        ended = lf.run("show", out, "--format", "html", **variables)
        assert (ended.code, "Checked out" in ended.out) == (0, False), ended.err


@pytest.mark.parametrize(
    ("locale", "ci", "named"), [("C", "true", "設定"), ("en_US.ISO-8859-1", "", "設定/日本.yaml")]
)
def test_names_are_utf_8_whatever_the_locale(lf, git, locale, ci, named):
    lf.write("docs/日本.md", "Guide.\n")
    lf.write("prompts/日本.md", "Be kind.\n")
    text = CONFIGURATION.replace("prompts/support", "../prompts/日本")
    lf.write("設定/日本.yaml", text.replace("docs/handbook", "../docs/日本"))
    git("add", "-A")
    git("commit", "-qm", "two")

    ended = lf.run_anew(
        "validate", "-f", named, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", LC_ALL=locale, CI=ci
    )

    assert (ended.code, ended.err) == (0, "")


REPOSITORY = "project: p\nassistants: {a: {model: m, instructions: {file: p.txt}}}\n"
SAME_SIZE_AND_TIME = """
git init -q . && touch -d 2020-01-01 p.txt && git add -A && git commit -qm x
git config core.trustctime false && git config core.checkStat minimal
printf 'ho\\n' > p.txt && touch -d 2020-01-01 p.txt
"""
CONVERTED_AWAY = r"""
git init -q . && echo '*.txt ident' > .gitattributes && echo 'x $Id$' > p.txt
git add -A && git commit -qm x && rm p.txt && git checkout -q p.txt
sed -i 's/\$Id: .* \$/$Id: SECRET-OF-AN-EARLIER-STEP............... $/' p.txt
test -z "$(git status --porcelain)"
"""
ATTACKS = {
    "true": "there is no .git here or above",
    SAME_SIZE_AND_TIME: "p.txt differs from what git has",
    CONVERTED_AWAY: "p.txt differs from what git has: the attribute ident changes it on checkout",
}


@pytest.mark.parametrize("command", [("validate",), ("show", "assistant.a")])
@pytest.mark.parametrize("attack", ATTACKS, ids=["no checkout", "same size and time", "converted away"])
def test_bytes_that_no_commit_has_are_refused_in_ci(workspace, attack, command):
    workspace.configure(REPOSITORY)
    workspace.write("p.txt", "hi\n")
    variables = (f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL"))
    names = dict.fromkeys(variables, "a@example.org")
    script = ["bash", "-ec", attack]
    subprocess.run(script, cwd=workspace.folder, check=True, env={**os.environ, **names})

    ended = workspace.run(*command, CI="1")

    assert (ended.code, ended.out, ATTACKS[attack] in ended.err) == (1, "", True), ended.err
    assert "SECRET" not in ended.err
