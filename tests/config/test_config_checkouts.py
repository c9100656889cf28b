"""Every kind of checkout, in CI and at a desk: what is read, what is sent and what is printed."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError
from reconciler.config.resolve import configuration
from reconciler.config.tracked import TrackedRule
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

CONFIGURATION = """\
project: acme
assistants:
  support: {model: m, instructions: {file: prompt.md}, files: [handbook.md]}
"""
PROMPT, HANDBOOK, EDITED = "Be kind.\nBe brief.\n", "One.\nTwo.\n", "Two.\nOne.\n"
GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


@pytest.fixture(autouse=True)
def no_git_of_this_machine(monkeypatch):
    """No setting of the person running the tests reaches git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)


@dataclass(frozen=True)
class Tree:
    """A checkout on its way into a state."""

    folder: Path

    def git(self, *arguments, folder=None):
        """Run git in it, or elsewhere."""
        command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments]
        subprocess.run(
            command,
            cwd=folder or self.folder,
            check=True,
            capture_output=True,
            timeout=60,
            env=os.environ | GIT,
        )

    def write(self, path, content):
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self):
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-qm", "more")

    def clone(self, *options, source=None):
        """Return a clone beside it."""
        there = self.folder.parent / f"clone-of-{self.folder.name}"
        self.git("clone", "-q", *options, source or str(self.folder), str(there))
        return Tree(there)


@pytest.fixture(scope="session")
def origin(tmp_path_factory):
    """A repository of one commit, to be copied."""
    tree = Tree(tmp_path_factory.mktemp("origin") / "project")
    tree.folder.mkdir()
    for path, text in {
        "assistants.yaml": CONFIGURATION,
        "prompt.md": PROMPT,
        "handbook.md": HANDBOOK,
    }.items():
        tree.write(path, text)
    tree.git("init", "-q")
    tree.commit()
    return tree


def pointer(content):
    content = content.encode()
    name = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n"


def lf(tree):
    pass


def crlf(tree):
    return tree.clone("-c", "core.autocrlf=true")


def eol(tree):
    tree.write(".gitattributes", "* text eol=crlf\n")
    tree.commit()
    return tree.clone()


def mixed(tree):
    tree.write("handbook.md", "One.\r\nTwo.\n")
    tree.commit()
    tree.write(".gitattributes", "handbook.md text eol=crlf\n")
    tree.git("add", ".gitattributes")
    tree.git("commit", "-qm", "attributes")
    return tree.clone()


def lfs(tree):
    tree.write("handbook.md", pointer(HANDBOOK))
    tree.commit()
    tree.write("handbook.md", HANDBOOK)


def lfs_pointer(tree):
    tree.write("handbook.md", pointer(HANDBOOK))
    tree.commit()


def lfs_changed(tree):
    lfs(tree)
    tree.write("handbook.md", EDITED)


def locked(tree):
    tree.write("handbook.md", b"\0GITCRYPT\0abcdefghijkl")
    tree.commit()


def filtered(tree):
    tree.git("config", "filter.git-crypt.clean", "cksum")
    tree.git("config", "filter.git-crypt.smudge", "cat")
    tree.write(".gitattributes", "handbook.md filter=git-crypt\n")
    tree.commit()
    tree.write("handbook.md", HANDBOOK)


def ident(tree):
    tree.write(".gitattributes", "*.md ident\n")
    tree.write("handbook.md", "$Id$\n")
    tree.commit()
    return tree.clone()


def encoded(tree):
    tree.write(".gitattributes", "handbook.md text working-tree-encoding=UTF-16LE\n")
    tree.write("handbook.md", HANDBOOK.encode("utf-16-le"))
    tree.commit()
    return tree.clone()


def shallow(tree):
    tree.write("more.md", "More.")
    tree.commit()
    return tree.clone("--depth", "1", source=f"file://{tree.folder}")


def worktree(tree):
    tree.git("worktree", "add", "-q", "../second")
    return Tree(tree.folder.parent / "second")


def broken_worktree(tree):
    second = worktree(tree)
    shutil.rmtree(tree.folder)
    return second


def with_submodule(tree):
    outer = Tree(tree.folder.parent / "outer")
    outer.folder.mkdir()
    outer.git("init", "-q")
    outer.git("submodule", "--quiet", "add", str(tree.folder), "docs")
    outer.write("assistants.yaml", CONFIGURATION.replace("handbook.md", "docs/handbook.md"))
    outer.write("prompt.md", PROMPT)
    outer.commit()
    return outer


def in_submodule(tree):
    return Tree(with_submodule(tree).folder / "docs")


def sparse(tree):
    tree.write("more/more.md", "More.")
    tree.commit()
    tree.git("sparse-checkout", "set", "--cone")


def sparse_missing(tree):
    tree.git("update-index", "--refresh")  # it is a copy
    tree.git("sparse-checkout", "set", "--no-cone", "/*", "!/handbook.md")


def no_git(tree):
    shutil.rmtree(tree.folder / ".git")


def untracked(tree):
    tree.git("rm", "-q", "--cached", "handbook.md")


def conflict(tree):
    tree.git("branch", "other")
    for branch in ("main", "other"):
        tree.git("checkout", "-q", branch)
        tree.write("handbook.md", f"{branch}\n")
        tree.git("commit", "-qam", branch)
    with pytest.raises(subprocess.CalledProcessError):
        tree.git("merge", "-q", "main")
    tree.write("handbook.md", HANDBOOK)


def announced(tree):
    untracked(tree)
    tree.git("add", "-N", "handbook.md")


def edited(tree):
    tree.write("handbook.md", EDITED)


def assumed(tree):
    tree.git("update-index", "--assume-unchanged", "handbook.md")
    edited(tree)


def unseen(tree):
    before = (tree.folder / "handbook.md").stat()
    tree.git("config", "core.trustctime", "false")
    tree.git("config", "core.checkStat", "minimal")
    edited(tree)
    os.utime(tree.folder / "handbook.md", ns=(before.st_atime_ns, before.st_mtime_ns))


def linked_configuration(tree):
    tree.git("mv", "assistants.yaml", "kept.yaml")
    (tree.folder / "assistants.yaml").symlink_to("kept.yaml")
    tree.commit()


def linked_file(tree):
    tree.git("mv", "handbook.md", "kept.md")
    (tree.folder / "handbook.md").symlink_to("kept.md")
    tree.commit()


def link_as_text(tree):
    linked_file(tree)
    return tree.clone("-c", "core.symlinks=false")


@dataclass(frozen=True)
class Sent:
    """What is uploaded as the handbook, and the warnings."""

    content: str | bytes = HANDBOOK
    warnings: tuple[str, ...] = ()


AS_IS, EDIT = Sent(), Sent(EDITED)
LINE_ENDS = "AS311: assistants.yaml and {} more files have CR LF here and LF in git; what git has is used"
POINTER = "AS310: handbook.md is a Git LFS pointer, not its content"
DIFFERS = "AS306: handbook.md differs from what git has"
ENTRY = hashlib.sha1(b"blob 5\0$Id$\n", usedforsecurity=False).hexdigest()
LINK = "AS303: handbook.md is a link"
TEXT = "AS310: handbook.md is the text of a link: git has a link there, and this checkout has no links"
LEFT_OUT = "AS301: handbook.md: no such file or directory"
BROKEN = "AS306: git cannot say whether it has assistants.yaml: not a git repository: {gitdir}"

# In CI, at a desk, and with --allow-untracked in either.
TABLE = {
    lf: (AS_IS, AS_IS, AS_IS),
    crlf: (Sent(warnings=(LINE_ENDS.format(2),)), Sent(warnings=(LINE_ENDS.format(2),)), AS_IS),
    eol: (AS_IS, AS_IS, AS_IS),
    mixed: (
        f"{DIFFERS}: git has CR LF and LF in it, and the attribute eol=crlf changes them",
        Sent("One.\r\nTwo.\r\n"),
        Sent("One.\r\nTwo.\r\n"),
    ),
    lfs: (AS_IS, AS_IS, AS_IS),
    lfs_pointer: (POINTER, POINTER, POINTER),
    lfs_changed: ("AS306: handbook.md is not what its Git LFS pointer stands for", EDIT, EDIT),
    locked: ("AS310: handbook.md is a file that git-crypt has locked, not its content",) * 3,
    filtered: (f"{DIFFERS}: the filter git-crypt changes it on checkout", AS_IS, AS_IS),
    ident: (
        f"{DIFFERS}: the attribute ident changes it on checkout",
        Sent(f"$Id: {ENTRY} $\n"),
        Sent(f"$Id: {ENTRY} $\n"),
    ),
    encoded: (
        f"{DIFFERS}: it is written as UTF-16LE on checkout",
        Sent(HANDBOOK.encode("utf-16-le")),
        Sent(HANDBOOK.encode("utf-16-le")),
    ),
    shallow: (AS_IS, AS_IS, AS_IS),
    worktree: (AS_IS, AS_IS, AS_IS),
    broken_worktree: (BROKEN, AS_IS, AS_IS),
    in_submodule: (AS_IS, AS_IS, AS_IS),
    with_submodule: (
        "AS306: docs/handbook.md belongs to the submodule docs",
        Sent(warnings=("AS306: docs/handbook.md belongs to the submodule docs",)),
        AS_IS,
    ),
    sparse: (AS_IS, AS_IS, AS_IS),
    sparse_missing: (LEFT_OUT, LEFT_OUT, LEFT_OUT),
    no_git: (
        "AS306: git cannot say whether it has assistants.yaml: there is no .git here or above",
        AS_IS,
        AS_IS,
    ),
    untracked: (
        "AS306: handbook.md is not in git's index",
        Sent(warnings=("AS306: handbook.md is not in git's index",)),
        AS_IS,
    ),
    conflict: (
        "AS306: handbook.md is in conflict",
        Sent(warnings=("AS306: handbook.md is in conflict",)),
        AS_IS,
    ),
    announced: ("AS306: handbook.md is empty in git's index", AS_IS, AS_IS),
    edited: (DIFFERS, EDIT, EDIT),
    assumed: (DIFFERS, EDIT, EDIT),
    unseen: (DIFFERS, EDIT, EDIT),
    linked_configuration: ("AS303: assistants.yaml is a link", AS_IS, AS_IS),
    linked_file: (LINK, LINK, LINK),
    link_as_text: (TEXT, TEXT, TEXT),
}
COLUMNS = {
    "in CI": (0, TrackedRule.REFUSE, True),
    "at a desk": (1, TrackedRule.WARN, False),
    "in CI with the embedded server": (1, TrackedRule.WARN, True),
    "in CI, allowed": (2, TrackedRule.ALLOW, True),
    "at a desk, allowed": (2, TrackedRule.ALLOW, False),
}


def outcome(root):
    """What is sent and warned of, or what is refused."""
    try:
        found = configuration(root, [Path("assistants.yaml")], ASSISTANTS_V1)
    except ConfigError as refusal:
        (problem,) = refusal.diagnostics
        return f"{problem.code}: {problem.message.partition(': ')[2]}"
    (assistant,), (file,) = found.desired.assistants, found.desired.files
    assert assistant.fields["instructions"] == PROMPT
    warnings = (*found.warnings, *root.evidence.warnings())
    with root.reopen(file) as stream:
        content = stream.read()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size)
    return content, tuple(f"{warning.code}: {warning.message}" for warning in warnings)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("state", TABLE, ids=lambda state: state.__name__)
def test_what_is_sent_and_printed(state, column, origin, tmp_path):
    number, rule, in_ci = COLUMNS[column]
    tree = Tree(Path(shutil.copytree(origin.folder, tmp_path / "project", symlinks=True)))
    tree = state(tree) or tree
    expected = TABLE[state][number]
    if state is linked_configuration and rule is TrackedRule.WARN and in_ci:
        expected = TABLE[state][0]  # in CI no link is followed unless that is said

    found = outcome(Root(tree.folder, rule, in_ci=in_ci))

    if isinstance(expected, str):
        assert found == expected.format(gitdir=tmp_path / "project/.git/worktrees/second")
    else:
        content = expected.content.encode() if isinstance(expected.content, str) else expected.content
        assert found == (content, expected.warnings)


REMEDIES = {
    sparse_missing: "this sparse checkout leaves it out: git sparse-checkout add handbook.md",
    broken_worktree: "mount or clone the repository that this worktree or submodule belongs to",
    with_submodule: "run it there, with -C docs",
    conflict: "resolve the conflict and commit it",
    filtered: "say --allow-untracked",
    linked_configuration: "name the file it leads to, which git must have too, "
    "or say --allow-untracked: CI follows no link",
    lfs_pointer: "run `git lfs pull`; in CI, let the checkout fetch LFS files",
    mixed: "git add --renormalize handbook.md, and commit it, or say --allow-untracked",
    no_git: "run it in a checkout, or say --allow-untracked",
}


@pytest.mark.parametrize("state", REMEDIES, ids=lambda state: state.__name__)
def test_the_remedy_follows_from_the_state(state, origin, tmp_path):
    tree = Tree(Path(shutil.copytree(origin.folder, tmp_path / "project", symlinks=True)))
    tree = state(tree) or tree
    with pytest.raises(ConfigError) as refusal:
        configuration(Root(tree.folder, TrackedRule.REFUSE), [Path("assistants.yaml")], ASSISTANTS_V1)
    assert refusal.value.diagnostics[0].help == REMEDIES[state]


@pytest.mark.parametrize("hashing", ["sha1", "sha256"])
def test_both_kinds_of_object_names_are_known(hashing, tmp_path):
    tree = Tree(tmp_path)
    for path, text in {
        "assistants.yaml": CONFIGURATION,
        "prompt.md": PROMPT,
        "handbook.md": HANDBOOK,
    }.items():
        tree.write(path, text)
    tree.git("init", "-q", f"--object-format={hashing}")
    tree.commit()

    assert outcome(Root(tree.folder, TrackedRule.REFUSE)) == (HANDBOOK.encode(), ())
    edited(tree)
    assert outcome(Root(tree.folder, TrackedRule.REFUSE)) == DIFFERS


def test_a_large_file_is_compared_piece_by_piece(tmp_path):
    """CR and LF fall into two pieces."""
    tree, size = Tree(tmp_path), 1024 * 1024
    text = b"x" * (size - 1) + b"\n" + b"y\n" * size
    tree.write("large.txt", text)
    tree.git("init", "-q")
    tree.commit()
    (tree.folder / "large.txt").write_bytes(text.replace(b"\n", b"\r\n"))

    root = Root(tree.folder, TrackedRule.REFUSE)

    assert root.fingerprint("large.txt", 1 << 30) == (hashlib.sha256(text).hexdigest(), len(text))


def test_a_configuration_that_a_folder_lacks_is_missed(tmp_path):
    """Its assistants would be deleted."""
    tree = Tree(tmp_path)
    for name in ("a", "b"):
        tree.write(f"conf/{name}.yaml", f"project: p\nassistants: {{{name}: {{model: m}}}}\n")
        tree.write(f"conf/agents/{name}2.md", "---\nmodel: m\n---\nBe kind.\n")
    tree.write("conf/README.md", "Nothing to see.")
    tree.git("init", "-q")
    tree.commit()
    for path in ("conf/b.yaml", "conf/agents/b2.md", "conf/README.md"):
        (tree.folder / path).unlink()

    def problems(rule):
        try:
            configuration(Root(tree.folder, rule), [Path("conf")], ASSISTANTS_V1)
        except ConfigError as refusal:
            return [f"{problem.origin.path}: {problem.help}" for problem in refusal.diagnostics]
        return []

    assert problems(TrackedRule.REFUSE) == [
        "conf/agents/b2.md: git has them: run git restore what git ls-files --deleted conf lists",
    ]
    assert problems(TrackedRule.WARN) == []
    tree.git("update-index", "--skip-worktree", "conf/b.yaml")
    assert problems(TrackedRule.WARN) == [
        "conf/b.yaml: this sparse checkout leaves it out: git sparse-checkout add conf"
    ]


def test_links_within_a_folder_that_was_named_are_followed_at_a_desk(tmp_path):
    """A ConfigMap is laid out so."""
    tree = Tree(tmp_path)
    tree.write("cm/..2026/assistants.yaml", "project: cm\nassistants: {a: {model: m}}\n")
    (tree.folder / "cm/..data").symlink_to("..2026")
    (tree.folder / "cm/assistants.yaml").symlink_to("..data/assistants.yaml")

    for rule, in_ci in ((TrackedRule.WARN, False), (TrackedRule.ALLOW, True)):
        for named in ("cm", "cm/assistants.yaml"):
            found = configuration(Root(tree.folder, rule, in_ci=in_ci), [Path(named)], ASSISTANTS_V1)
            assert [each.address.name for each in found.desired.assistants] == ["a"]

    tree.git("init", "-q")
    tree.commit()
    for named in ("cm", "cm/assistants.yaml"):
        with pytest.raises(ConfigError, match=r"cm/assistants\.yaml is a link"):
            configuration(Root(tree.folder, TrackedRule.REFUSE), [Path(named)], ASSISTANTS_V1)


def test_a_link_out_of_a_folder_is_refused_everywhere(tmp_path):
    tree = Tree(tmp_path)
    tree.write("secret.yaml", "canary: x\n")
    (tree.folder / "conf").mkdir()
    (tree.folder / "conf/a.yaml").symlink_to("../secret.yaml")
    for rule in (TrackedRule.WARN, TrackedRule.ALLOW):
        with pytest.raises(ConfigError, match=r"conf/a\.yaml is a link"):
            configuration(Root(tree.folder, rule), [Path("conf")], ASSISTANTS_V1)
