"""Hostile commits, as `plan --against` and `validate` in CI read them; little to push, much to read."""

import os
import subprocess
from functools import partial

from budgets.bar import Case

CONFIGURATION = "project: p\nassistants:\n  a: {model: m}\n"
AGAINST = ("plan", "--against", "git:HEAD")
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(folder, *arguments, sent=b""):
    """Return what git answers in a folder."""
    ended = subprocess.run(
        ["git", *arguments],  # noqa: S607 - whichever git is there
        cwd=folder,
        input=sent,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    return ended.stdout.decode(errors="replace").strip()


def blob(folder, content):
    """Return the name of a blob."""
    return git(folder, "hash-object", "-w", "--stdin", sent=content)


def tree(folder, entries):
    """Return the name of a tree of (mode, kind, object, name)."""
    lines = b"".join(f"{mode} {kind} {name}\t".encode() + path + b"\0" for mode, kind, name, path in entries)
    return git(folder, "mktree", "-z", sent=lines)


def committed(make, folder):
    """Commit a tree that holds the configuration and what is made beside it."""
    git(folder, "init", "-q", "-b", "main")
    config = blob(folder, CONFIGURATION.encode())
    entries = [("100644", "blob", config, b"assistants.yaml"), *make(folder)]
    commit = git(folder, "commit-tree", tree(folder, entries), sent=b"a")
    git(folder, "update-ref", "HEAD", commit)
    git(folder, "read-tree", "--empty")
    git(folder, "add", "assistants.yaml")


def many_blobs(folder):
    """Add 8,000 files of different small contents."""
    lines = b"".join(b"blob\nmark :%d\ndata %d\n%d\n" % (n + 1, len(str(n)), n) for n in range(8_000))
    marks = folder / ".git/marks"
    git(folder, "fast-import", "--quiet", f"--export-marks={marks}", sent=lines)
    names = [line.split()[1] for line in marks.read_text().splitlines()]
    inner = tree(folder, [("100644", "blob", name, b"f%d" % n) for n, name in enumerate(names)])
    return [("040000", "tree", inner, b"d")]


def one_large_blob(folder, size=900_000_000):
    """Add one file of zeros, which git keeps in a thousandth of its size."""
    zeros = folder / "zeros"
    with zeros.open("wb") as stream:
        stream.truncate(size)
    name = git(
        folder, "-c", "core.bigFileThreshold=2g", "-c", "core.compression=1", "hash-object", "-w", "zeros"
    )
    zeros.unlink()
    return [("100644", "blob", name, b"zeros")]


def some_large_blob(folder):
    """Add one file of zeros that is not refused for its size."""
    return one_large_blob(folder, 200_000_000)


def large_configuration(folder):
    """Add a configuration of zeros beside the first one."""
    return [(mode, kind, name, b"b.yaml") for mode, kind, name, _ in one_large_blob(folder, 200_000_000)]


def one_blob_of_many_names(folder):
    """Add one file of 50 kB under 19,000 names."""
    name = blob(folder, b"word " * 10_000)
    inner = tree(folder, [("100644", "blob", name, b"f%d" % n) for n in range(19_000)])
    return [("040000", "tree", inner, b"d")]


def one_empty_blob_of_many_names(folder):
    """Add an empty file under 25,000 names."""
    name = blob(folder, b"")
    inner = tree(folder, [("100644", "blob", name, b"f%d" % n) for n in range(25_000)])
    return [("040000", "tree", inner, b"d")]


def multiplied_trees(folder, levels=6, width=10):
    """Add a tree of ten trees of ten trees; nothing is larger than a kilobyte."""
    inner = blob(folder, b"a")
    entry = ("100644", "blob", inner)
    for _ in range(levels):
        name = tree(folder, [(*entry, b"%d" % n) for n in range(width)])
        entry = ("040000", "tree", name)
    return [(*entry, b"d")]


def endless_trees(folder):
    """Add what would be 10,000,000,000 files."""
    return multiplied_trees(folder, levels=10)


def deep_trees(folder):
    """Add a file 1,500 folders deep."""
    entry = ("100644", "blob", blob(folder, b"a"))
    for _ in range(1_500):
        entry = ("040000", "tree", tree(folder, [(*entry, b"a")]))
    return [(*entry, b"a")]


def long_names(folder):
    """Add files whose names no disk takes."""
    name = blob(folder, b"a")
    return [("100644", "blob", name, b"a" * 5_000), ("100644", "blob", name, b"b" * 200_000)]


def many_links(folder):
    """Add 20,000 links, which are not laid out."""
    name = blob(folder, b"assistants.yaml")
    inner = tree(folder, [("120000", "blob", name, b"f%d" % n) for n in range(20_000)])
    return [("040000", "tree", inner, b"d")]


def many_modules(folder):
    """Add 20,000 submodules."""
    inner = tree(folder, [("160000", "commit", "1" * 40, b"f%d" % n) for n in range(20_000)])
    return [("040000", "tree", inner, b"d")]


def names_that_are_no_text(folder):
    """Add files whose names are no UTF-8."""
    name = blob(folder, b"a")
    inner = tree(folder, [("100644", "blob", name, b"\xff%d\xfe" % n) for n in range(5_000)])
    return [("040000", "tree", inner, b"d")]


def file_and_folder(folder):
    """Add a file and a folder that one disk may take for the same."""
    name = blob(folder, b"a")
    inner = tree(folder, [("100644", "blob", name, b"f")])
    return [("100644", "blob", name, b"D"), ("040000", "tree", inner, b"d")]


def attributes(folder):
    """Add a file of attributes with many patterns."""
    lines = b"".join(b"*a*b*%d filter=x\n" % n for n in range(40_000))
    (folder / ".gitattributes").write_bytes(lines)
    return [("100644", "blob", blob(folder, lines), b".gitattributes")]


def ignored(folder):
    """Add a file of patterns to ignore."""
    lines = b"".join(b"*a*b*c*d*%d\n" % n for n in range(50_000))
    (folder / ".gitignore").write_bytes(lines)
    return [("100644", "blob", blob(folder, lines), b".gitignore")]


COMMITS = (
    many_blobs,
    one_large_blob,
    some_large_blob,
    large_configuration,
    one_blob_of_many_names,
    one_empty_blob_of_many_names,
    multiplied_trees,
    endless_trees,
    deep_trees,
    long_names,
    many_links,
    many_modules,
    names_that_are_no_text,
    file_and_folder,
    attributes,
    ignored,
)


def revisions():
    """Yield every commit, compared with and read in CI."""
    for make in COMMITS:
        name = make.__name__.replace("_", " ")
        prepare = partial(committed, make)
        yield Case(f"git: {name} (plan --against)", _folder, AGAINST, prepare=prepare)
        in_ci = {"CI": "1", "ASSISTANTS_SYNC_SERVER": "http://127.0.0.1:9/v1"}
        yield Case(f"git: {name} (validate in CI)", _folder, environment=in_ci, prepare=prepare)
    large = partial(committed, large_configuration)
    yield Case("git: large configuration read", _folder, (*AGAINST, "-f", "."), prepare=large)
    yield Case("git: large index (validate in CI)", _folder, environment={"CI": "1"}, prepare=_large_index)
    yield Case("git: long revision", _folder, ("plan", "--against", "git:" + "a" * 100_000), prepare=_small)
    yield Case(
        "git: deep revision", _folder, ("plan", "--against", "git:HEAD" + "^" * 100_000), prepare=_small
    )
    yield Case("git: long message", _folder, AGAINST, prepare=_long_message)
    yield Case("git: many references", _folder, AGAINST, prepare=_many_references)
    yield Case("git: large settings", _folder, AGAINST, prepare=_large_settings)


def _folder():
    return {"assistants.yaml": CONFIGURATION}


_small = partial(committed, lambda _: [])


def _large_index(folder):
    committed(one_empty_blob_of_many_names, folder)
    git(folder, "read-tree", "HEAD")


def _long_message(folder):
    _small(folder)
    commit = git(folder, "commit-tree", "HEAD^{tree}", sent=b"word " * 190_000)
    git(folder, "update-ref", "HEAD", commit)


def _many_references(folder):
    _small(folder)
    name = git(folder, "rev-parse", "HEAD")
    lines = "".join(f"{name} refs/heads/b{n}\n" for n in range(15_000))
    (folder / ".git/packed-refs").write_text(lines)


def _large_settings(folder):
    _small(folder)
    with (folder / ".git/config").open("a") as stream:
        stream.writelines(f"[a{n}]\nb = c\n" for n in range(60_000))
