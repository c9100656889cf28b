"""What git has: the rule that only files a reviewer saw are sent."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError, ContentError
from reconciler.config.resolve import configuration
from reconciler.config.tracked import NO_CHECKOUT, Index, Silence, TrackedRule, rule_for, tracked
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import address
from reconciler.model.resource import DesiredFile

CANARY = "the canary sings"
LIMIT = 1_000_000
COMMIT = "commit it, or say --allow-untracked"


@pytest.fixture(autouse=True)
def no_git_of_this_machine(monkeypatch, tmp_path):
    """No setting of the person running the tests reaches git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text(
        "[user]\nname = A\nemail = a@example.org\n[init]\ndefaultBranch = main\n[commit]\ngpgSign = false\n"
    )


@pytest.fixture
def git(workspace):
    """Git, in the project's folder or another."""

    def git(*arguments, folder=workspace.folder):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S607 - whichever is installed

    return git


@pytest.fixture
def checkout(workspace, git):
    """A checkout with a handbook in it."""
    workspace.write("docs/handbook.md", "Be kind.")
    git("init")
    git("add", ".")
    git("commit", "-m", "Begin")
    return workspace


@pytest.fixture
def in_ci(checkout):
    """The checkout as a root in CI."""
    return Root(checkout.folder, rule=TrackedRule.REFUSE)


@pytest.fixture
def offsets(monkeypatch):
    """How far every file was read that was opened: a copy of a descriptor shares its offset."""
    plain, copies = os.open, []

    def copied(path, flags, **rest):
        number = plain(path, flags, **rest)
        if not flags & os.O_DIRECTORY:
            copies.append(os.dup(number))
        return number

    monkeypatch.setattr(os, "open", copied)
    yield lambda: [os.lseek(one, 0, os.SEEK_CUR) for one in copies]
    for one in copies:
        os.close(one)


@pytest.fixture
def refused(in_ci, offsets):
    """Why a file is refused in CI; unless its bytes decide, not one of them is read."""

    def refused(path, root=in_ci, *, unread=True):
        problems, before = set(), len(offsets())
        for read in (root.source, lambda path: root.fingerprint(path, LIMIT)):
            with pytest.raises(ContentError) as refusal:
                read(path)
            assert CANARY not in str(refusal.value)
            problems.add((refusal.value.code, str(refusal.value), refusal.value.help))
        assert not (unread and any(offsets()[before:]))
        (problem,) = problems
        return problem

    return refused


@pytest.mark.parametrize(
    ("in_ci", "embedded", "rule"),
    [
        (True, False, TrackedRule.REFUSE),
        (True, True, TrackedRule.WARN),
        (False, False, TrackedRule.WARN),
        (False, True, TrackedRule.WARN),
    ],
)
def test_the_surroundings_the_server_and_the_person_choose_the_rule(in_ci, embedded, rule):
    assert rule_for(in_ci=in_ci, allow=False, embedded=embedded) is rule
    assert rule_for(in_ci=in_ci, allow=True, embedded=embedded) is TrackedRule.ALLOW


def test_a_file_that_git_has_is_sent_from_ci(in_ci):
    assert in_ci.source("docs/handbook.md").text == "Be kind."
    assert in_ci.fingerprint("docs/handbook.md", LIMIT)[1] == len("Be kind.")
    assert in_ci.evidence.untracked == {}


NAMES = [
    "two words.md",
    " leading and trailing .md ",
    "Grüße 日本語 😀.md",
    "new\nline.md",
    "tab\t.md",
    'quote".md',
    "it's.md",
    ":(glob)*.md",
    "-v.md",
    "H 100644 0.md",
    "#.md",
    "!.md",
    "*.md",
    "\x7f.md",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_of_an_unusual_name_is_recognised(name, checkout, git, in_ci):
    checkout.write(f"docs/{name}", "Be kind.")
    git("add", ".")
    assert in_ci.source(f"docs/{name}").text == "Be kind."


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_an_untracked_file_of_an_unusual_name_is_refused(name, checkout, refused):
    checkout.write(f"docs/{name}", CANARY)
    assert refused(f"docs/{name}")[1] == f"docs/{name} is not in git's index"


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_a_name_that_is_not_utf_8_is_recognised(checkout, git, in_ci):
    checkout.write(os.fsdecode(b"caf\xe9.md"), "Be kind.")
    git("add", ".")
    assert in_ci.source(os.fsdecode(b"caf\xe9.md")).text == "Be kind."


def untracked(workspace, git):
    workspace.write("secret.md", CANARY)


def ignored(workspace, git):
    workspace.write(".gitignore", "*.md\n")
    workspace.write("secret.md", CANARY)
    git("add", ".gitignore")
    git("commit", "-m", "Ignore")


def forgotten(workspace, git):
    workspace.write("secret.md", CANARY)
    git("add", ".")
    git("commit", "-m", "Add")
    git("rm", "--cached", "secret.md")


def in_conflict(workspace, git):
    workspace.write("secret.md", "first")
    git("add", ".")
    git("commit", "-m", "First")
    git("checkout", "-b", "other")
    workspace.write("secret.md", "other")
    git("commit", "-am", "Other")
    git("checkout", "main")
    workspace.write("secret.md", "main")
    git("commit", "-am", "Main")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "other")
    workspace.write("secret.md", CANARY)


STATES = {
    untracked: ("is not in git's index", COMMIT),
    ignored: ("is not in git's index", COMMIT),
    forgotten: ("is not in git's index", COMMIT),
    in_conflict: ("is in conflict", "resolve the conflict and commit it"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_file_that_is_not_in_the_index_is_refused_in_ci(state, checkout, git, refused):
    state(checkout, git)
    reason, remedy = STATES[state]
    assert refused("secret.md") == ("AS306", f"secret.md {reason}", remedy)


def modified(workspace, git):
    workspace.write("docs/handbook.md", CANARY)


def modified_at_the_same_size_and_time(workspace, git):
    path = workspace.folder / "docs/handbook.md"
    before = path.stat()
    path.write_text("Be mean.")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def changed_after_it_was_staged(workspace, git):
    workspace.write("docs/handbook.md", "Be mean.")
    git("add", ".")
    workspace.write("docs/handbook.md", CANARY)


def only_announced(workspace, git):
    git("rm", "--cached", "docs/handbook.md")
    git("add", "-N", "docs/handbook.md")


def assumed_unchanged(workspace, git):
    git("update-index", "--assume-unchanged", "docs/handbook.md")
    workspace.write("docs/handbook.md", CANARY)


def skipped(workspace, git):
    git("update-index", "--skip-worktree", "docs/handbook.md")
    workspace.write("docs/handbook.md", CANARY)


@pytest.mark.parametrize(
    "state",
    [
        modified,
        modified_at_the_same_size_and_time,
        changed_after_it_was_staged,
        assumed_unchanged,
        skipped,
    ],
)
def test_a_file_that_differs_from_the_index_is_refused_in_ci(state, checkout, git, refused):
    state(checkout, git)
    found = refused("docs/handbook.md", unread=False)
    assert found == ("AS306", "docs/handbook.md differs from what git has", COMMIT)


def test_a_file_that_was_only_announced_to_git_is_refused_in_ci(checkout, git, refused):
    only_announced(checkout, git)
    found = refused("docs/handbook.md", unread=False)
    assert found == ("AS306", "docs/handbook.md is empty in git's index", COMMIT)
    checkout.write("docs/handbook.md", "")
    assert Root(checkout.folder, rule=TrackedRule.REFUSE).fingerprint("docs/handbook.md", LIMIT)[1] == 0


def staged(workspace, git):
    workspace.write("docs/handbook.md", "Be kinder.")
    git("add", ".")


def touched(workspace, git):
    os.utime(workspace.folder / "docs/handbook.md", (1, 1))


def made_executable(workspace, git):
    (workspace.folder / "docs/handbook.md").chmod(0o755)


@pytest.mark.parametrize("state", [staged, touched, made_executable])
def test_a_file_that_equals_the_index_is_sent_from_ci(state, checkout, git, in_ci):
    state(checkout, git)
    assert in_ci.source("docs/handbook.md").text.startswith("Be")


def test_a_link_in_the_index_is_still_a_link(checkout, git, refused, tmp_path):
    (tmp_path / "secret.md").write_text(CANARY)
    (checkout.folder / "link.md").symlink_to(tmp_path / "secret.md")
    git("add", ".")
    assert refused("link.md") == ("AS303", "link.md is a link", "name the file it leads to")


def test_a_file_in_the_place_of_a_link_or_of_a_tracked_file_is_refused(checkout, git, refused):
    (checkout.folder / "link.md").symlink_to("docs/handbook.md")
    git("add", ".")
    (checkout.folder / "link.md").unlink()
    checkout.write("link.md", CANARY)
    (checkout.folder / "docs/handbook.md").unlink()
    checkout.write("docs/handbook.md/page.md", CANARY)
    assert refused("link.md", unread=False)[1] == "link.md is a link in git's index, and here a file"
    assert refused("docs/handbook.md/page.md")[1] == "docs/handbook.md/page.md is not in git's index"


def test_a_file_of_a_submodule_is_refused_with_the_way_to_it(checkout, git, refused, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "secret.md").write_text(CANARY)
    git("init", folder=other)
    git("add", ".", folder=other)
    git("commit", "-m", "Begin", folder=other)
    git("-c", "protocol.file.allow=always", "submodule", "add", str(other), "module")
    git("commit", "-m", "Add")
    problem = "module/secret.md belongs to the submodule module"
    assert refused("module/secret.md") == ("AS306", problem, "run it there, with -C module")
    assert refused("module")[0] == "AS303"


def test_a_file_of_a_repository_within_is_not_in_the_index(checkout, git, refused):
    checkout.write("within/secret.md", CANARY)
    git("init", folder=checkout.folder / "within")
    git("add", ".", folder=checkout.folder / "within")
    assert refused("within/secret.md")[1] == "within/secret.md is not in git's index"


@pytest.mark.parametrize("rule", TrackedRule)
@pytest.mark.parametrize("path", [".git/config", ".git/HEAD", ".GIT/config", "docs/.git/config", ".git"])
def test_what_belongs_to_git_is_never_sent(path, rule, checkout, refused):
    checkout.write(".GIT/config", CANARY)
    checkout.write("docs/.git/config", CANARY)
    found = refused(path, Root(checkout.folder, rule=rule))
    assert found == ("AS306", f"{path} belongs to git itself", "name a file of the project")


def test_what_is_no_file_or_missing_is_said_to_be_that(checkout, refused):
    assert refused("docs") == ("AS303", "docs is a folder", "name a file")
    (checkout.folder / "docs/other.md").write_text("")
    (checkout.folder / "docs/handbook.md").unlink()
    assert refused("docs/handbok.md")[:2] == ("AS301", "docs/handbok.md: no such file or directory")


def test_the_configuration_itself_must_be_in_the_index(checkout, git, in_ci):
    checkout.write("assistants.yaml", "project: acme\n")
    with pytest.raises(ContentError, match=r"assistants\.yaml is not in git's index"):
        in_ci.source("assistants.yaml", by_hand=True)
    git("add", ".")
    root = Root(checkout.folder, rule=TrackedRule.REFUSE)
    assert root.source("assistants.yaml", by_hand=True).text == "project: acme\n"


@pytest.mark.parametrize("rule", TrackedRule)
def test_what_was_hashed_is_reopened_by_any_rule(rule, checkout):
    checkout.write("secret.md", CANARY)
    sha256, size = Root(checkout.folder).fingerprint("secret.md", LIMIT)
    file = DesiredFile(address.file("secret.md"), "secret.md", sha256, size)
    with Root(checkout.folder, rule=rule).reopen(file) as stream:
        assert stream.read() == CANARY.encode()


FIELDS = {
    "instructions": "instructions: {file: secret.md}",
    "function": "tools: [{type: function, function: {file: secret.md}}]",
    "files": "files: [secret.md]",
}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("state", STATES)
def test_no_field_of_a_configuration_sends_from_ci_what_git_does_not_have(
    field, state, checkout, git, offsets
):
    configured = f"project: acme\nassistants:\n  support:\n    model: gpt-5.6\n    {FIELDS[field]}\n"
    checkout.configure(configured)
    git("add", ".")
    git("commit", "-m", "Configure")
    state(checkout, git)
    with pytest.raises(ConfigError) as refusal:
        configuration(
            Root(checkout.folder, rule=TrackedRule.REFUSE), [Path("assistants.yaml")], ASSISTANTS_V1
        )
    (problem,) = refusal.value.diagnostics
    reason, remedy = STATES[state]
    assert problem.message.endswith(f": secret.md {reason}")
    assert (problem.code, problem.help) == ("AS306", remedy)
    assert sum(offsets()) == len(configured)


def test_a_person_is_told_once_what_git_does_not_have(checkout, git):
    root = Root(checkout.folder, rule=TrackedRule.WARN)
    for name in ("b.md", "a.md", "c.md"):
        checkout.write(name, "New.")
    checkout.write("docs/handbook.md", "Changed.")
    assert [root.source(name).text for name in ("b.md", "a.md", "b.md")] == ["New."] * 3
    assert root.source("docs/handbook.md").text == "Changed."
    assert root.source("c.md", by_hand=True).text == "New."
    root.fingerprint("a.md", LIMIT)
    assert list(root.evidence.untracked) == ["b.md", "a.md"]
    assert {objection.reason for objection in root.evidence.untracked.values()} == {"is not in git's index"}


def test_the_configuration_itself_is_no_warning(checkout):
    root = Root(checkout.folder, rule=TrackedRule.WARN)
    checkout.configure("project: acme\n")
    root.source("assistants.yaml", by_hand=True)
    assert root.evidence.untracked == {}


def test_where_everything_is_allowed_everything_is_sent(checkout, git):
    ignored(checkout, git)
    root = Root(checkout.folder, rule=TrackedRule.ALLOW)
    assert root.source("secret.md").text == CANARY
    assert root.evidence.untracked == {}


def test_without_a_checkout_ci_has_no_evidence(workspace):
    workspace.write("handbook.md", CANARY)
    with pytest.raises(ContentError, match=r"handbook\.md: there is no \.git here or above$") as refusal:
        Root(workspace.folder, rule=TrackedRule.REFUSE).source("handbook.md")
    assert refusal.value.code == "AS306"
    assert refusal.value.help == "run it in a checkout, or say --allow-untracked"


@pytest.mark.parametrize("rule", [TrackedRule.WARN, TrackedRule.ALLOW])
def test_the_rule_is_not_for_a_person_whose_tree_is_not_in_git(rule, workspace):
    workspace.write("handbook.md", "Be kind.")
    root = Root(workspace.folder, rule=rule)
    assert root.source("handbook.md").text == "Be kind."
    assert root.evidence.untracked == {}


def test_a_root_within_a_checkout_is_held_to_its_part_of_the_index(checkout, refused):
    root = Root(checkout.folder / "docs", rule=TrackedRule.REFUSE)
    assert root.source("handbook.md").text == "Be kind."
    checkout.write("docs/secret.md", CANARY)
    assert refused("secret.md", root)[1] == "secret.md is not in git's index"


def test_a_second_worktree_has_an_index_of_its_own(checkout, git, tmp_path, refused):
    git("worktree", "add", str(tmp_path / "second"))
    root = Root(tmp_path / "second", rule=TrackedRule.REFUSE)
    assert root.source("docs/handbook.md").text == "Be kind."
    (tmp_path / "second" / "secret.md").write_text(CANARY)
    assert refused("secret.md", root)[1] == "secret.md is not in git's index"


def test_another_repository_of_the_environment_does_not_speak_for_this_one(
    checkout, git, tmp_path, monkeypatch, refused
):
    other = tmp_path / "other"
    other.mkdir()
    git("init", folder=other)
    (other / "secret.md").write_text(CANARY)
    git("add", ".", folder=other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    checkout.write("secret.md", CANARY)
    assert refused("secret.md")[1] == "secret.md is not in git's index"


@pytest.fixture
def silent(refused):
    """Why git could not say whether it has the handbook, and what is to be done."""

    def silent():
        code, message, remedy = refused("docs/handbook.md")
        assert code == "AS306"
        return message.removeprefix("git cannot say whether it has docs/handbook.md: "), remedy

    return silent


def test_a_git_that_distrusts_the_checkout_is_quoted(checkout, silent, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    reason, remedy = silent()
    assert reason == f"detected dubious ownership in repository at '{checkout.folder}'"
    trust = f"git config --global --add safe.directory {checkout.folder}"
    assert remedy == f"let git read it ({trust})"


def test_a_damaged_checkout_is_not_taken_for_none(checkout, silent):
    shutil.rmtree(checkout.folder / ".git")
    checkout.write(".git", "nonsense")
    assert silent()[0].startswith("invalid gitfile format")


def test_without_a_git_command_ci_says_so(silent, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    reason, remedy = silent()
    assert reason == "it cannot be run: no such file or directory"
    assert remedy == "install git"


def test_without_a_git_command_a_person_is_not_bothered(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    checkout.write("new.md", "New.")
    root = Root(checkout.folder, rule=TrackedRule.WARN)
    assert root.source("new.md").text == "New."
    assert root.evidence.untracked == {}


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """A program in git's place."""

    def stand_in(script):
        program = tmp_path / "bin" / "git"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return stand_in


def test_a_git_that_does_not_answer_is_not_waited_for(checkout, silent, stand_in, monkeypatch):
    monkeypatch.setattr("reconciler.config.git.PATIENCE", 0.2)
    stand_in("exec sleep 60")
    remedy = "see whether a file in .git is a pipe"
    assert silent() == ("no answer within 0.2 seconds", remedy)


@pytest.mark.parametrize(
    ("complaint", "remedy"),
    [
        (
            "Stopping at filesystem boundary (GIT_DISCOVERY_ACROSS_FILESYSTEM not set).",
            "set GIT_DISCOVERY_ACROSS_FILESYSTEM=1: .git is on another file system",
        ),
        ("index file corrupt", "remove .git/index, and run `git reset`"),
        ("bad config line 6 in file .git/config", "correct .git/config"),
        (
            "Expected git repo version <= 1, found 7",
            "use a newer git: this one does not know the format of .git",
        ),
        ("unable to access .git/config: Permission denied", "let this user read .git"),
    ],
)
def test_the_remedy_follows_from_what_git_complains_about(complaint, remedy, checkout, silent, stand_in):
    stand_in(f"cat >&2 <<'E'\nfatal: {complaint}\nE\nexit 128")
    assert silent()[1] == remedy


def test_one_cause_is_reported_once_for_all_files(checkout, monkeypatch):
    for number in range(150):
        checkout.write(f"conf/a{number}.yaml", "assistants: {}\n")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    root = Root(checkout.folder, rule=TrackedRule.REFUSE, in_ci=True)
    with pytest.raises(ConfigError) as caught:
        configuration(root, [checkout.folder / "conf"], ASSISTANTS_V1)
    (problem,) = caught.value.diagnostics
    assert "conf/a0.yaml and 149 more files: detected dubious ownership" in problem.message


def test_a_git_that_fails_without_a_word_is_reported_by_its_status(checkout, silent, stand_in):
    stand_in("exit 3")
    assert silent()[0] == "it ended with status 3"


def test_git_is_asked_once_and_for_its_index_alone(checkout, git, stand_in, tmp_path):
    asking = tmp_path / "asking.txt"
    stand_in(f'echo "$GIT_OPTIONAL_LOCKS $*" >> {asking}\nexec {shutil.which("git")} "$@"')
    for rule in TrackedRule:
        root = Root(checkout.folder, rule=rule)
        for _ in range(5):
            root.source("docs/handbook.md")
            root.fingerprint("docs/handbook.md", LIMIT)
    lines = asking.read_text().splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("0 --no-pager --literal-pathspecs -c core.fsmonitor=false -c ")
        assert line.endswith(" ls-files -z -v --stage --sparse")


def test_a_folder_that_poses_as_a_repository_is_not_asked(checkout, refused, tmp_path):
    folder = checkout.folder / "posing"
    subprocess.run(["git", "init", "--bare", str(folder)], check=True, capture_output=True)  # noqa: S607 - whichever is installed
    (folder / "config").write_text("[core]\nbare = false\nworktree = .\n")
    (folder / "secret.md").write_text(CANARY)
    subprocess.run(  # the index that the folder brings has the secret
        ["git", "--git-dir=.", "--work-tree=.", "add", "secret.md"],  # noqa: S607 - the same
        cwd=folder,
        check=True,
        capture_output=True,
    )
    code, message, _ = refused("secret.md", Root(folder, rule=TrackedRule.REFUSE))
    assert code == "AS306"
    assert "bare repository" in message


def test_what_git_says_is_a_value(checkout, tmp_path, monkeypatch):
    index = tracked(checkout.folder)
    assert isinstance(index, Index)
    assert [*index.entries] == [b"docs/handbook.md"]
    assert tracked(tmp_path) is NO_CHECKOUT
    monkeypatch.setenv("PATH", "/nowhere")
    assert isinstance(tracked(checkout.folder), Silence)


def test_a_name_that_git_has_in_another_normal_form_is_explained():
    index = Index({"docs/M\u00fcller.md".encode(): b"H 100644 0123 0"})

    objection = index.objection("docs/Mu\u0308ller.md")

    assert objection.reason == "is in git's index under a name that looks the same"
    assert 'it is in NFC, and what is written here in NFD; write "docs/M\\u00fcller.md"' in objection.help
    assert index.objection("docs/M\u00fcler.md").reason == "is not in git's index"
