"""A plan without a server: the configuration at hand beside that of a commit."""

import hashlib
import json

import pytest

STALE = 4


@pytest.fixture
def commit(git):
    """Commit everything of a project that is in git."""
    git("init", "-q", "-b", "main")

    def commit(message="one"):
        git("add", "-A")
        git("commit", "-q", "-m", message)

    commit()
    return commit


def against(project, *more, revision="HEAD", **environment):
    return project.run("plan", "--against", f"git:{revision}", *more, **environment)


def edit(project, old, new, path="assistants.yaml"):
    text = (project.folder / path).read_text()
    assert old in text
    project.write(path, text.replace(old, new))


def test_what_a_pull_request_changes_is_shown_without_server_key_or_state(project, commit):
    edit(project, "Be kind.", "Be kind and brief.")
    edit(project, "Be kind.", "Be very kind.", "handbook.md")
    before = project.snapshot()

    ended = against(project, CI="true", ASSISTANTS_SYNC_ALLOW_UNTRACKED="1")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Target: the configuration of HEAD (commit ")
    assert "  ~ file.handbook.md will be replaced\n" in ended.out
    assert "+ │ Be kind{+ and brief+}." in ended.out
    assert ended.out.endswith("\nPlan: 0 to add, 2 to change, 0 to destroy.\n")
    assert project.snapshot() == before


def test_nothing_changed_is_told_as_such(project, commit):
    ended = against(project, "--detailed-exitcode")

    assert (ended.code, ended.out.splitlines()[-1][:11]) == (0, "No changes.")


def test_what_is_added_and_dropped_is_counted(project, commit):
    project.configure("project: acme\nassistants:\n  sales: {model: m}\n")

    ended = against(project, "--detailed-exitcode")

    assert (ended.code, ended.out.splitlines()[-1]) == (2, "Plan: 1 to add, 0 to change, 2 to destroy.")


def test_names_of_remote_objects_are_not_made_up(project, commit):
    edit(project, "handbook.md", "other.md")
    project.write("other.md", "Other.\n")
    document = json.loads(against(project, "--format", "json").out)

    assert {one["id"] for change in document["changes"] for one in (change, *change["steps"])} == {""}


def test_before_the_first_configuration_everything_is_new(project, commit):
    edit(project, "acme", "acme")
    (project.folder / "assistants.yaml").rename(project.folder / "kept.yaml")
    commit("none")
    (project.folder / "kept.yaml").rename(project.folder / "assistants.yaml")

    assert against(project).out.endswith("Plan: 2 to add, 0 to change, 0 to destroy.\n")


def test_a_commit_that_is_not_here_is_told_with_a_remedy(project, commit):
    ended = against(project, revision="nowhere")

    assert (ended.code, ended.out) == (1, "")
    assert "there is no commit nowhere here; in CI, fetch it first" in ended.err


@pytest.mark.parametrize("named", ["HEAD", "git:", "file:HEAD"])
def test_what_names_no_commit_is_a_usage_error(project, commit, named):
    ended = project.run("plan", "--against", named)

    assert (ended.code, "is not git:REVISION" in ended.err) == (64, True)


def test_a_revision_is_never_an_option_of_git(project, commit):
    assert against(project, revision="--output=stolen").code == 1
    assert not (project.folder / "stolen").exists()


def test_a_commit_whose_configuration_is_broken_says_whose_it_is(project, commit):
    text = (project.folder / "assistants.yaml").read_text()
    project.configure(text + "    nonsense: 1\n")
    commit("broken")
    project.configure(text)

    ended = against(project)

    assert ended.code == 1
    assert "the configuration of HEAD cannot be read" in ended.err
    assert "nonsense" in ended.err


def test_a_link_in_a_commit_is_not_followed(project, commit):
    (project.folder / "handbook.md").unlink()
    (project.folder / "handbook.md").symlink_to("/etc/hostname")
    commit("link")
    (project.folder / "handbook.md").unlink()
    project.write("handbook.md", "# Handbook\n")

    ended = against(project)

    assert (ended.code, "handbook.md" in ended.err) == (1, True)


def test_such_a_plan_is_never_applied(project, commit):
    edit(project, "Be kind.", "Be brief.")
    assert against(project, "--out", "plan.json").code == 0

    ended = project.run("apply", "plan.json")

    assert (ended.code, "Nothing was" in ended.err) == (STALE, True)


def test_a_commit_is_seen_from_the_folder_that_is_the_root(project, commit):
    project.write("sub/assistants.yaml", "project: acme\nassistants:\n  sales: {model: m}\n")
    commit("sub")
    edit(project, "model: m}", "model: n}", "sub/assistants.yaml")

    ended = project.run("-C", "sub", "plan", "--against", "git:HEAD")

    assert '~ model         "m" → "n"' in ended.out


def test_what_differs_inside_a_file_is_shown_from_git_alone(project, commit):
    edit(project, "Be kind.", "Be very kind.", "handbook.md")

    assert "+ │ Be {+very +}kind." in against(project, "--file-diffs").out


LOCKED = b"\0GITCRYPT\0abcdefghijkl"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


def test_a_file_that_the_commit_has_encrypted_is_compared_by_what_stands_there(project, commit):
    text = (project.folder / "handbook.md").read_bytes()
    (project.folder / "handbook.md").write_bytes(LOCKED)
    commit("locked")
    project.write("handbook.md", text.decode())

    ended = against(project, "--file-diffs")

    assert (ended.code, "  ~ file.handbook.md will be replaced\n" in ended.out) == (0, True), ended.err
    assert "Warning: AS310 handbook.md is a file that git-crypt has locked in the commit " in ended.err
    assert "so what changed in it is unknown" in ended.err


def test_a_file_that_a_filter_decrypts_is_no_change(project, commit, git):
    text = (project.folder / "handbook.md").read_bytes()
    (project.folder / "handbook.md").write_bytes(LOCKED)
    commit("locked")
    project.write(".gitattributes", "handbook.md filter=git-crypt\n")
    project.write("handbook.md", text.decode())

    ended = against(project)

    assert (ended.code, "No changes." in ended.out, ended.err) == (0, True, "")


def test_a_prompt_that_the_commit_has_encrypted_names_the_commit(project, commit, git):
    project.configure("project: acme\nassistants: {a: {model: m, instructions: {file: secret.md}}}\n")
    (project.folder / "secret.md").write_bytes(LOCKED)
    commit("locked")
    project.write("secret.md", "Be kind.\n")

    ended = against(project)

    problem = f"secret.md is a file that git-crypt has locked in the commit {git('rev-parse', 'HEAD')[:12]}"
    assert ended.code == 1
    assert f"{problem}, which --against cannot read" in ended.err
    assert "unlock" not in ended.err


@pytest.mark.parametrize(("text", "is_read"), [("Be kind.\n", True), ("Be brief.\n", False)])
def test_a_prompt_of_lfs_is_read_here_if_it_is_the_one_of_the_commit(text, is_read, project, commit):
    project.configure("project: acme\nassistants: {a: {model: m, instructions: {file: lfs.md}}}\n")
    project.write("lfs.md", LFS.format(hashlib.sha256(b"Be kind.\n").hexdigest(), 9))
    commit("pointer")
    project.write("lfs.md", text)

    ended = against(project)

    assert (ended.code, "No changes." in ended.out) == ((0, True) if is_read else (1, False)), ended.err
    assert ("lfs.md is a Git LFS pointer in the commit " in ended.err) != is_read


def test_a_generated_file_is_explained(project, commit):
    text = (project.folder / "handbook.md").read_text()
    project.write(".gitignore", "handbook.md\n")
    (project.folder / "handbook.md").unlink()
    commit("generated")
    project.write("handbook.md", text)

    ended = against(project, "--allow-untracked")

    assert (ended.code, "no such file in the commit" in ended.err) == (1, True)
    assert "plan without it to compare generated files too" in ended.err
