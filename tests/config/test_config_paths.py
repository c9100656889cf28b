"""Paths that a configuration names: wherever they point, nothing outside the root is opened."""

import builtins
import io
import json
import os
import resource
import socket
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.content import Root
from reconciler.config.errors import ConfigError, ContentError
from reconciler.config.resolve import configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1

CANARY = "the canary sings"
LIMIT = 1_000_000
ROUNDS = 1000

CONFIGURATION = "project: acme\nassistants:\n  support:\n    model: gpt-5.6\n    {}\n"
FIELDS = {
    "instructions": "instructions: {{file: {}}}",
    "include": "instructions: {{include: [{}]}}",
    "function": "tools: [{{type: function, function: {{file: {}}}}}]",
    "tool": "tools: [{{file: {}}}]",
    "files": "files: [{}]",
}

# Written in team/assistants.yaml: `../..` is the folder around the project, where secret.md lies.
ATTACKS = [
    # absolute
    "/etc/passwd",
    "//etc/passwd",
    "///etc/passwd",
    "/./etc/passwd",
    "/",
    "/proc/self/environ",
    "/dev/stdin",
    "OUTSIDE/secret.md",
    "OUTSIDE/project/docs/handbook.md",
    # a person's home, and what only a shell would expand
    "~",
    "~/secret.md",
    "~root/.ssh/id_rsa",
    "$HOME/secret.md",
    "${HOME}/secret.md",
    "%HOME%/secret.md",
    "$(cat ../../secret.md)",
    "`cat ../../secret.md`",
    "|cat ../../secret.md",
    "@../../secret.md",
    "*",
    "../../*.md",
    "../../secret.{md}",
    # climbing out
    "..",
    "../",
    "../..",
    "../../secret.md",
    "../../../../../../../../etc/passwd",
    "./../../secret.md",
    ".././.././secret.md",
    "..//..//secret.md",
    "../docs/../../secret.md",
    "missing/../../../secret.md",
    "a/b/c/../../../../../secret.md",
    "../../project/docs/handbook.md",
    "../../project-secret/secret.md",
    "../docs/handbook.md/../../../secret.md",
    "-/../../../secret.md",
    # nearly climbing out
    "...",
    ".../secret.md",
    "....//....//secret.md",
    ".. /.. /secret.md",
    " ../../../secret.md",
    "..;/..;/secret.md",
    ". ./. ./secret.md",
    # encoded
    "%2e%2e/%2e%2e/secret.md",
    "..%2f..%2fsecret.md",
    "%252e%252e%252f%252e%252e%252fsecret.md",
    "..%c0%af..%c0%afsecret.md",
    "..%00/..%00/secret.md",
    "&#46;&#46;/&#46;&#46;/secret.md",
    "\u2025/\u2025/secret.md",
    "\uff0e\uff0e/\uff0e\uff0e/secret.md",
    "..\u2215..\u2215secret.md",
    "..\uff0f..\uff0fsecret.md",
    "\u200b../\u200b../secret.md",
    # control characters
    "\0",
    "../../secret.md\0",
    "../../secret.md\0.md",
    "/etc/passwd\0.md",
    "\n../../../secret.md",
    "..\n/..\n/secret.md",
    "../../secret.md\r",
    "\t/etc/passwd",
    " /etc/passwd",
    # addresses
    "file:///etc/passwd",
    "file:/etc/passwd",
    "file://localhost/etc/passwd",
    "file:../../secret.md",
    "http://127.0.0.1/secret.md",
    "smb://host/share/secret.md",
    "data:text/plain,secret",
    # another system's
    "\\\\host\\share\\secret.md",
    "//host/share/secret.md",
    "\\\\?\\C:\\secret.md",
    "C:\\secret.md",
    "C:/secret.md",
    "C:secret.md",
    "\\etc\\passwd",
    "..\\..\\secret.md",
    "..\\/..\\/secret.md",
    "../../secret.md::$DATA",
    # nothing, and what belongs to git
    "",
    ".",
    "./",
    "../.git/config",
    "../.GIT/config",
    "../docs/.git/HEAD",
]


@pytest.fixture
def audit(monkeypatch):
    """Tell of every path that is about to be opened.

    Not by a hook of the interpreter: none can be taken away again, and one in Python lets another thread in
    while a thread that has just begun is being traced, which CPython 3.11 answers by ending that thread.
    """
    listeners = []

    def telling(plain):
        def told(path, *rest, **more):
            if listeners and not isinstance(path, int):
                listeners[-1](str(path))
            return plain(path, *rest, **more)

        return told

    for home in (os, io, builtins):
        monkeypatch.setattr(home, "open", telling(home.open))

    @contextmanager
    def audit(listener):
        listeners.append(listener)
        try:
            yield
        finally:
            listeners.pop()

    return audit


@pytest.fixture
def descriptors(monkeypatch):
    """Where every descriptor leads, as the system tells it."""
    plain, found = os.open, []

    def told(path, flags, **rest):
        number = plain(path, flags, **rest)
        if (leads := Path(f"/proc/self/fd/{number}")).is_symlink():
            found.append(leads.readlink())
        return number

    monkeypatch.setattr(os, "open", told)
    return found


@pytest.fixture
def attacked(workspace, tmp_path):
    """A project with a secret beside it."""
    (tmp_path / "secret.md").write_text(CANARY)
    (tmp_path / "project-secret").mkdir()
    (tmp_path / "project-secret" / "secret.md").write_text(CANARY)
    workspace.write("docs/handbook.md", "Be kind.")
    workspace.write(".git/config", CANARY)
    workspace.write("docs/.git/HEAD", CANARY)
    return workspace


@pytest.fixture
def refusal(attacked, audit, descriptors):
    """Why a path is refused in a field of a configuration; nothing outside the root was opened for it."""

    def attempt():
        with pytest.raises(ConfigError) as refused:
            configuration(Root(attacked.folder), [Path("team/assistants.yaml")], ASSISTANTS_V1)
        (problem,) = (one for one in refused.value.diagnostics if one.code != "AS501")  # told besides
        return problem

    def refusal(field, path):
        named = json.dumps(path)
        attacked.write("team/assistants.yaml", CONFIGURATION.format(FIELDS[field].format(named)))
        attempt()  # whatever is imported on the way is imported now
        opened = []
        with audit(opened.append):
            problem = attempt()
        for one in opened:
            # the root itself, or a single name, which is opened from a folder's descriptor
            assert one == str(attacked.folder) or ("/" not in one and one != ".."), one
        assert all(one.is_relative_to(attacked.folder) for one in descriptors)
        assert CANARY not in repr(problem)
        return problem

    return refusal


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("path", ATTACKS, ids=repr)
def test_no_path_leads_out_of_the_root(field, path, refusal, tmp_path):
    found = refusal(field, path.replace("OUTSIDE", str(tmp_path)))
    assert found.code in {"AS301", "AS302", "AS303", "AS306", "AS307"}


LINKS = {
    "absolute.md": "OUTSIDE/secret.md",
    "relative.md": "../secret.md",
    "far.md": "docs/../../secret.md",
    "chain.md": "absolute.md",
    "inside.md": "docs/handbook.md",
    "dangling.md": "nowhere.md",
    "itself.md": "itself.md",
    "environment.md": "/proc/self/environ",
    "standard.md": "/dev/stdin",
    "up": "..",
    "etc": "/etc",
    "docs/here": ".",
    "docs/fd": "/dev/fd",
    "docs/chain": "../up",
}
THROUGH = {"up": "/secret.md", "etc": "/hostname", "docs/fd": "/0", "docs/chain": "/secret.md"}


@pytest.fixture
def links(attacked, tmp_path):
    """Links of every kind, each a way to a secret outside or around inside."""
    for name, target in LINKS.items():
        (attacked.folder / name).symlink_to(target.replace("OUTSIDE", str(tmp_path)))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("link", LINKS)
def test_no_link_is_followed_wherever_it_leads(field, link, links, refusal):
    for rest in {"", THROUGH.get(link, "/handbook.md")}:
        found = refusal(field, f"../{link}{rest}")
        assert found.message.endswith(f": {link} is a link")
        assert (found.code, found.help) == ("AS303", "name the file it leads to")


def test_a_missing_name_beside_links_gets_a_hint_without_following_one(links, refusal):
    assert refusal("files", "../docs/her").help == "did you mean `here`?"
    assert refusal("files", "../docs/here/handbok.md").code == "AS303"


def test_a_hard_link_cannot_be_told_from_a_file_of_its_own(attacked, tmp_path):
    (attacked.folder / "hard.md").hardlink_to(tmp_path / "secret.md")
    assert Root(attacked.folder).source("hard.md").text == CANARY


@pytest.fixture
def special(attacked):
    """What is no regular file, in its many kinds, and a file that is too large."""
    folder = attacked.folder
    os.mkfifo(folder / "pipe.md")
    (folder / "folder.md").mkdir()
    os.truncate(attacked.write("huge.md", b""), 1 << 40)
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as door:
        os.chdir(folder)  # the name of a socket must be short
        door.bind("door.md")
        os.chdir(here)
        yield folder


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("name", "code"), [("pipe", "AS303"), ("folder", "AS303"), ("door", "AS303"), ("huge", "AS305")]
)
def test_what_is_no_file_or_too_large_is_refused_without_waiting(field, name, code, special, refusal):
    assert refusal(field, f"../{name}.md").code == code


def test_a_pipe_that_somebody_writes_to_is_not_read(special):
    reader = os.open(special / "pipe.md", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(special / "pipe.md", os.O_WRONLY)
    try:
        os.write(writer, CANARY.encode())
        with pytest.raises(ContentError, match=r"^pipe\.md is not a regular file"):
            Root(special).source("pipe.md")
        assert os.read(reader, LIMIT) == CANARY.encode()
    finally:
        os.close(writer)
        os.close(reader)


@pytest.mark.parametrize("name", ["zero", "null", "tty", "stdin"])
def test_a_device_is_not_read(name):
    with pytest.raises(ContentError) as refused:
        Root(Path("/dev")).fingerprint(name, LIMIT)
    assert refused.value.code == "AS303"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no such file here")
def test_a_file_system_of_the_kernel_beneath_the_root_is_not_entered():
    for path in ("proc/self/environ", "proc/1/environ", "proc/version"):
        with pytest.raises(ContentError, match=r"^proc is a file system of the kernel \(proc\)$") as refused:
            Root(Path("/")).source(path)
        assert (refused.value.code, refused.value.help) == ("AS303", "name a file of the project")


MOUNTED = CONFIGURATION.format("instructions: {file: ../prompts/kind.md}")


@pytest.fixture
def mounted(workspace):
    """A project whose prompts and configuration are mounted into it, as in a container."""
    workspace.write("conf/assistants.yaml", MOUNTED)
    workspace.write("prompts/kind.md", "Be kind.\n")
    workspace.write("prompts/link/outside", "")
    (workspace.folder / "prompts/door.md").symlink_to("/etc/hostname")
    return workspace


def on_other_devices(monkeypatch, *folders):
    """Let every one of some folders, and what is in it, be on a device of its own."""
    fstat = os.fstat

    def elsewhere(number):
        status = fstat(number)
        fields = [*status]
        path = Path(f"/dev/fd/{number}").readlink()
        devices = (1000 + at for at, each in enumerate(folders) if path.is_relative_to(each))
        fields[2] += next(devices, 0)
        return os.stat_result(fields)

    monkeypatch.setattr("reconciler.config.walk.os.fstat", elsewhere)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="a descriptor does not say where it leads")
def test_what_is_mounted_below_the_root_is_read_by_folder_and_by_file(mounted, monkeypatch):
    conf, prompts = mounted.folder / "conf", mounted.folder / "prompts"
    on_other_devices(monkeypatch, conf, prompts)
    root = Root(mounted.folder)
    for named in (conf, conf / "assistants.yaml"):
        (assistant,) = configuration(root, [named], ASSISTANTS_V1).desired.assistants
        assert assistant.fields["instructions"] == "Be kind.\n"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="a descriptor does not say where it leads")
def test_a_link_in_what_is_mounted_stays_refused(mounted, monkeypatch):
    on_other_devices(monkeypatch, mounted.folder / "prompts")
    for path, code in {"prompts/door.md": "AS303", "prompts/../../secret.md": "AS302"}.items():
        with pytest.raises(ContentError) as refused:
            Root(mounted.folder).source(path)
        assert refused.value.code == code


UNSHARED = """\
mount -t tmpfs none project && cd project && mkdir conf prompts
mount --bind ../elsewhere/conf conf && mount --bind ../elsewhere/prompts prompts
for named in conf conf/assistants.yaml; do "$@" validate -f $named; done
"""


def test_a_real_mount_below_the_root_is_read(workspace):
    elsewhere = workspace.folder.parent / "elsewhere"
    for path, text in {"conf/assistants.yaml": MOUNTED, "prompts/kind.md": "Be kind.\n"}.items():
        (elsewhere / path).parent.mkdir(parents=True)
        (elsewhere / path).write_text(text)
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", UNSHARED, "sh"]
    try:
        ended = subprocess.run(
            [*command, *workspace.command()],
            cwd=workspace.folder.parent,
            capture_output=True,
            check=False,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if "unshare" in ended.stderr or "mount" in ended.stderr:
        pytest.skip("nothing may be mounted here")
    assert ended.stdout.count("The configuration of acme is valid: 1 assistant, 0 files.") == 2, ended


@pytest.mark.parametrize(
    "path", ["../secret.md", "docs/../../secret.md", "/etc/passwd", "//etc/passwd", "docs/..", ".."]
)
def test_a_path_that_was_not_located_leads_out_no_more_than_one_that_was(path, attacked):
    with pytest.raises(ContentError, match="leads out of the root") as refused:
        Root(attacked.folder).source(path)
    assert refused.value.code == "AS302"


@pytest.mark.parametrize("closed", ["docs", "docs/handbook.md"])
def test_what_this_user_may_not_read_is_said_to_be_that(closed, attacked):
    (attacked.folder / closed).chmod(0)
    if os.access(attacked.folder / closed, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ContentError, match=r"^docs/handbook\.md: permission denied$") as refused:
        Root(attacked.folder).source("docs/handbook.md")
    (attacked.folder / closed).chmod(0o700)
    assert (refused.value.code, refused.value.help) == ("AS301", "")


def test_a_root_that_is_gone_is_said_to_be(tmp_path):
    with pytest.raises(ContentError, match=r"^handbook\.md: no such file or directory"):
        Root(tmp_path / "gone").source("handbook.md")


def test_a_root_may_be_named_through_a_link(attacked, tmp_path):
    (tmp_path / "link").symlink_to(attacked.folder)
    assert Root(tmp_path / "link").source("docs/handbook.md").text == "Be kind."


def test_a_way_of_many_folders_needs_few_descriptors(attacked):
    path = "a/" * 100 + "handbook.md"
    attacked.write(path, "Be kind.")
    root = Root(attacked.folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = [os.open(attacked.folder, os.O_RDONLY) for _ in range(8)]  # not always in a row
    for one in free:
        os.close(one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(free) + 1, hard))
    try:
        assert root.source(path).text == "Be kind."
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def outside(workspace, tmp_path):
    """A folder like the project's docs, with a secret in the place of the handbook."""
    workspace.write("docs/handbook.md", "Be kind.")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "handbook.md").write_text(CANARY)
    return outside


@pytest.mark.parametrize("moment", [1, 2, 3])
@pytest.mark.parametrize("step", ["docs", "docs/handbook.md"])
def test_a_step_swapped_for_a_link_in_the_worst_moment_gains_nothing(step, moment, root, outside, audit):
    place = root.folder / step
    opened = []

    def swap(path):
        opened.append(path)
        if len(opened) == moment:
            place.rename(root.folder / "away")
            place.symlink_to(outside if step == "docs" else outside / "handbook.md")

    with audit(swap):
        try:
            found = root.source("docs/handbook.md").text
        except ContentError as refused:
            found = refused.code
    assert place.is_symlink()
    assert found == ("Be kind." if step == "docs" and moment == 3 else "AS303")


def swapping_the_file(docs, outside):
    """Put a link to the secret in the file's place, and a file in the link's."""
    link, file = docs / "link", docs / "file"
    link.symlink_to(outside / "handbook.md")
    link.replace(docs / "handbook.md")
    file.write_text("Be kind.")
    file.replace(docs / "handbook.md")


def swapping_the_folder(docs, outside):
    """Put a link to the secret's folder in the place of the file's, and take it away again."""
    away = docs.with_name("away")
    docs.rename(away)
    docs.symlink_to(outside)
    docs.unlink()
    away.rename(docs)


@pytest.mark.parametrize("swap", [swapping_the_file, swapping_the_folder])
def test_who_swaps_a_step_for_a_link_over_and_over_gains_nothing(swap, workspace, root, outside):
    ended = threading.Event()

    def repeat():
        while not ended.is_set():
            swap(workspace.folder / "docs", outside)

    thread = threading.Thread(target=repeat)
    thread.start()
    found = Counter()
    try:
        while found.total() < ROUNDS or not (found["Be kind."] and found["AS303"]):
            try:
                found[root.source("docs/handbook.md").text] += 1
            except ContentError as refused:
                found[refused.code] += 1
    finally:
        ended.set()
        thread.join()
    assert found.keys() <= {"Be kind.", "AS301", "AS303"}


@pytest.mark.parametrize(
    ("named", "beside", "meant"),
    [
        ("docs/handbook.md", "assistants.yaml", "docs/handbook.md"),
        ("./docs//handbook.md", "assistants.yaml", "docs/handbook.md"),
        ("handbook.md", "team/a/assistants.yaml", "team/a/handbook.md"),
        ("../../handbook.md", "team/a/assistants.yaml", "handbook.md"),
        ("docs/../handbook.md", "assistants.yaml", "handbook.md"),
        ("...", "assistants.yaml", "..."),
        ("two words.md", "assistants.yaml", "two words.md"),
        ("file:", "assistants.yaml", "file:"),
    ],
)
def test_a_path_is_found_from_the_file_that_names_it(named, beside, meant, root):
    assert root.locate(named, beside) == meant


@pytest.mark.parametrize(
    "named", ["", "/etc/passwd", "//host/share", "~", "~root/.ssh/id", "a\0b", "C:\\secret"]
)
def test_only_a_relative_path_with_forward_slashes_is_one(named, root):
    with pytest.raises(ContentError, match="is not a path relative to this file") as refused:
        root.locate(named, "assistants.yaml")
    assert refused.value.help == (
        "use forward slashes" if "\\" in named else "name it from this file's folder, like docs/handbook.md"
    )


STEPS = st.lists(st.sampled_from(["..", ".", "", "a", "b", "~", "...", "a..", "%2e%2e"]), max_size=8).map(
    "/".join
)


@given(STEPS, st.sampled_from(["x.yaml", "a/x.yaml", "a/b/x.yaml"]))
def test_a_path_that_is_accepted_never_leads_out(named, beside):
    root = Root(Path("/project"))
    try:
        path = root.locate(named, beside)
    except ContentError:
        return
    inside = os.path.normpath(os.path.join("/project", os.path.dirname(beside), named))  # noqa: PTH118, PTH120 - an oracle of another kind
    assert os.path.normpath(f"/project/{path}") == inside
    assert inside == "/project" or inside.startswith("/project/")


def test_the_first_step_that_does_not_exist_is_the_one_that_gets_a_hint(workspace, root):
    workspace.write("docs/guides/handbook.md", "Be kind.")
    for path, hint in (
        ("doc/guides/handbook.md", "did you mean `docs`?"),
        ("docs/guide/handbook.md", "did you mean `guides`?"),
        ("docs/guides/handbok.md", "did you mean `handbook.md`?"),
        ("docs/guides/prices.csv", ""),
        ("docs/guides/handbook.md/page", ""),
    ):
        with pytest.raises(ContentError) as refused:
            root.source(path, limit=10)
        assert (refused.value.code, refused.value.help) == ("AS301", hint)
