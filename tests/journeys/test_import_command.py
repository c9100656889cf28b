"""`import` writes one entry into the configuration, and leaves everything else as it is."""

import os
import shlex
import stat

import pytest
from journeys.conftest import Site

from reconciler import files
from reconciler.model.mark import Mark, files_digest
from reconciler.server import Database, create_app, running

CONFIGURED = """\
# Our assistants.
project: acme   # the owner

assistants:
  support: {model: m, files: [docs/a.md]}  # first
  sales:
      model: m

lint: {}
"""


@pytest.fixture
def site(workspace, monkeypatch, invoke):
    """A project that was never applied, beside a server."""
    monkeypatch.chdir(workspace.folder)
    workspace.configure(CONFIGURED)
    workspace.write("docs/a.md", "A handbook.\n")
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            yield Site(workspace, app, url, invoke)


def made(site, owner=None, name="support"):
    """Make an assistant on the server, unmarked or of an owner; its id."""
    project, _, environment = (owner or "").partition("/")
    mark = Mark(project, environment, name, "aaaaaaaaaaaaaaaa", "m", frozenset(), files_digest(()))
    metadata = {"assistants_sync": str(mark)} if owner else {}
    return site.send("POST", "/assistants", {"model": "m", "metadata": metadata})["id"]


def uploaded(site, content=b"A handbook.\n"):
    sent = {"file": ("a.md", content), "purpose": (None, "assistants")}
    return site.send("POST", "/files", files=sent)["id"]


def with_entry(found):
    """The configuration with an entry for an assistant."""
    entry = f"import:\n  - {{id: {found}, to: assistant.support}}\n"
    return CONFIGURED.replace("      model: m\n", f"      model: m\n{entry}")


def text(site, path="assistants.yaml"):
    return (site.workspace.folder / path).read_text()


def configure(site, **files):
    """Write other files of the configuration."""
    for path, content in files.items():
        site.workspace.write(path.replace("__", "/") + ".yaml", content)


def test_an_entry_is_written_where_the_assistant_is_declared(site):
    found = made(site)

    ended = site.run("import", "assistant.support", found)

    assert ended.code == 0, ended.err
    assert text(site) == with_entry(found)
    assert ended.out == f"assistants.yaml:9: - {{id: {found}, to: assistant.support}}\n"
    assert "Run: assistants-sync plan --server" in ended.err
    assert site.invoke("validate").code == 0


def test_a_server_is_only_read(site):
    found = made(site)
    site.app.state.ledger.clear()
    assert site.run("import", "assistant.support", found).code == 0
    assert site.writes() == []
    assert not (site.workspace.folder / "state").exists()


def test_an_entry_that_is_there_is_not_written_again(site):
    found = made(site)
    assert site.run("import", "assistant.support", found).code == 0
    before = text(site)

    ended = site.run("import", "assistant.support", found)

    assert (ended.code, ended.out) == (0, "")
    assert f"{found} is already imported as assistant.support, at assistants.yaml:9" in ended.err
    assert text(site) == before


def test_an_upload_is_imported_for_a_file(site):
    found = uploaded(site)
    ended = site.run("import", "file.docs/a.md", found)
    assert ended.code == 0, ended.err
    assert f"  - {{id: {found}, to: file.docs/a.md}}\n" in text(site)


@pytest.mark.parametrize("address", ["assistant.support", "file.docs/a.md"])
def test_an_object_that_does_not_exist_is_an_error(site, address):
    ended = site.run("import", address, "asst_nothing")
    assert ended.code == 1
    assert "asst_nothing: " in ended.err
    assert "nothing was written" in ended.err
    assert text(site) == CONFIGURED


@pytest.mark.parametrize("former", [[], ["--from", "other/-"]])
def test_another_owner_is_named_with_the_whole_command(site, former):
    found = made(site, "old/prod")

    refused = site.run("import", "assistant.support", found, *former)

    assert refused.code == 5
    assert "the ownership mark of old/prod, as assistant.support" in refused.err
    assert text(site) == CONFIGURED
    command = shlex.split(refused.err.partition("run: assistants-sync ")[2].splitlines()[0])
    assert site.invoke(*command).code == 0
    assert f"{{id: {found}, to: assistant.support, from: old/prod}}" in text(site)


def test_an_owner_may_be_named_for_an_assistant_without_a_mark(site):
    found = made(site)
    assert site.run("import", "assistant.support", found, "--from", "old/-").code == 0
    assert f"{{id: {found}, to: assistant.support, from: old/-}}" in text(site)


def test_an_assistant_of_this_project_is_moved_and_not_imported(site):
    found = made(site, "acme/-", "helpdesk")
    refused = site.run("import", "assistant.support", found)
    assert refused.code == 5
    assert "moved: [{from: assistant.helpdesk, to: assistant.support}]" in refused.err
    assert text(site) == CONFIGURED


def test_an_assistant_that_has_our_mark_needs_no_entry(site):
    found = made(site, "acme/-")
    ended = site.run("import", "assistant.support", found)
    assert ended.code == 0
    assert "no entry is needed" in ended.err
    assert text(site) == CONFIGURED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["assistant.suport", "asst_1"],
            "assistant.suport is not declared; did you mean `assistant.support`",
        ),
        (["assistant.unrelated", "asst_1"], "declare it, or write its declaration with `export asst_1`"),
        (["file.docs/b.md", "file-1"], "file.docs/b.md is not declared"),
        (["support", "asst_1"], "'support' is not an address"),
        (["assistant.support", "a b"], "'a b' is not an id"),
        (["assistant.support", "../x"], "'../x' is not an id"),
        (["assistant.support", "a\x1b[2J"], "is not an id"),
        (["assistant.support", "é"], "is not an id"),
        (["assistant.support", ""], "'' is not an id"),
        (["assistant.support", "asst_1", "--from", "old"], "'old' is not an owner"),
        (["assistant.support", "asst_1", "--from", "acme/-"], "acme/- is this project itself"),
        (["file.docs/a.md", "file-1", "--from", "old/-"], "an upload has no ownership mark"),
    ],
)
def test_a_wrong_operand_is_a_usage_error(site, arguments, message):
    ended = site.run("import", *arguments)
    assert ended.code == 64, ended.err
    assert message in ended.err
    assert "\x1b[2J" not in ended.err
    assert text(site) == CONFIGURED


def test_another_entry_of_the_address_or_of_the_id_is_named(site):
    first, second = made(site), made(site)
    assert site.run("import", "assistant.support", first).code == 0
    before = text(site)
    for arguments in (["assistant.support", second], ["assistant.sales", first]):
        ended = site.run("import", *arguments)
        assert ended.code == 1
        assert f"the entry at assistants.yaml:9:5 imports {first} as assistant.support" in ended.err
    assert text(site) == before


def test_of_two_files_the_one_that_declares_the_address_gets_the_entry(site):
    configure(site, other="assistants:\n  legal: {model: m}\n")
    found = made(site)
    named = ["-f", "assistants.yaml", "-f", "other.yaml"]

    ended = site.run("import", *named, "assistant.legal", found)

    assert ended.code == 0, ended.err
    assert ended.out.startswith("other.yaml:4: ")
    assert text(site) == CONFIGURED
    assert "plan --file assistants.yaml --file other.yaml" in ended.err


def test_the_entry_of_a_markdown_assistant_is_in_the_file_that_names_the_project(site):
    site.workspace.write("all/legal.md", "---\nmodel: m\n---\nBe exact.\n")
    configure(site, all__a="assistants: {one: {model: m}}\n", all__b="project: acme\n")
    found = made(site)

    ended = site.run("import", "-f", "all", "assistant.legal", found)

    assert ended.code == 0, ended.err
    assert text(site, "all/b.yaml") == f"project: acme\nimport:\n  - {{id: {found}, to: assistant.legal}}\n"
    assert "all/legal.md is Markdown, which has no entries; all/b.yaml has the entry" in ended.err


def test_markdown_alone_takes_no_entry(site):
    site.workspace.write("legal.md", "---\nproject: acme\nmodel: m\n---\nBe exact.\n")
    ended = site.run("import", "-f", "legal.md", "assistant.legal", made(site))
    assert ended.code == 1
    assert "no YAML file takes the entry: legal.md is Markdown" in ended.err


def test_an_environment_described_in_the_file_gets_the_entry(site):
    site.workspace.configure(CONFIGURED + "environments:\n  prod:\n    patches: {}\n  dev: {}\n")
    found = made(site)

    ended = site.run("import", "--env", "prod", "assistant.sales", found)

    assert ended.code == 0, ended.err
    added = f"    import:\n      - {{id: {found}, to: assistant.sales}}\n"
    assert text(site) == f"{CONFIGURED}environments:\n  prod:\n    patches: {{}}\n{added}  dev: {{}}\n"
    assert "plan --env prod" in ended.err


def test_an_environment_with_a_file_of_its_own_gets_the_entry(site):
    configure(site, environments__prod="vars: {}\n")
    found = made(site)

    ended = site.run("import", "--env", "prod", "assistant.sales", found)

    assert ended.code == 0, ended.err
    assert ended.out.startswith("environments/prod.yaml:3: ")
    assert text(site) == CONFIGURED


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: b"---\n" + text + b"...\n",
        lambda text: text + b"import: []\n",
    ],
    ids=["mark of the byte order", "CRLF", "no last line end", "markers", "an empty list"],
)
def test_the_file_keeps_its_form(site, changed):
    before = changed(CONFIGURED.encode())
    file = site.workspace.write("assistants.yaml", before)
    found = made(site)

    assert site.run("import", "assistant.support", found).code == 0

    after = file.read_bytes()
    entry = f"{{id: {found}, to: assistant.support}}".encode()
    assert entry in after
    kept = [line for line in after.splitlines() if b"import:" not in line and entry not in line]
    assert kept == [line for line in before.splitlines() if b"import:" not in line]
    assert after[:3] == before[:3]
    assert (b"\r\n" in after) == (b"\r\n" in before)
    assert after.count(b"\n") - after.count(b"\r\n") == 0 or b"\r\n" not in before
    assert site.invoke("validate").code == 0


def test_the_file_keeps_its_mode(site):
    file = site.workspace.folder / "assistants.yaml"
    file.chmod(0o640)
    assert site.run("import", "assistant.support", made(site)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_link_leads_to_the_file_that_is_edited(site):
    folder = site.workspace.folder
    (folder / "assistants.yaml").rename(folder / "real.yaml")
    (folder / "assistants.yaml").symlink_to("real.yaml")
    found = made(site)

    assert site.run("import", "assistant.support", found).code == 0

    assert (folder / "assistants.yaml").is_symlink()
    assert text(site, "real.yaml") == with_entry(found)


def test_a_link_out_of_the_root_is_not_followed(site, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text(CONFIGURED)
    (site.workspace.folder / "assistants.yaml").unlink()
    (site.workspace.folder / "assistants.yaml").symlink_to(outside)
    assert site.run("import", "assistant.support", made(site)).code == 1
    assert outside.read_text() == CONFIGURED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize(("path", "mode"), [("assistants.yaml", 0o400), (".", 0o500)])
def test_what_may_not_be_written_is_an_error(site, path, mode):
    found = made(site)
    locked = site.workspace.folder / path
    before = stat.S_IMODE(locked.stat().st_mode)
    locked.chmod(mode)
    try:
        ended = site.run("import", "assistant.support", found)
    finally:
        locked.chmod(before)
    assert ended.code == 1
    assert "cannot write assistants.yaml: permission denied" in ended.err
    assert text(site) == CONFIGURED


def test_a_file_that_cannot_be_edited_stays_and_the_error_has_the_entry(site):
    strange = CONFIGURED + "import: text\n"
    site.workspace.configure(strange)
    assert site.run("import", "assistant.support", made(site)).code == 1
    assert text(site) == strange


def test_a_file_whose_content_is_attached_too_is_left_and_the_entry_is_printed(site):
    attached = CONFIGURED.replace("docs/a.md", "assistants.yaml")
    site.workspace.configure(attached)
    found = made(site)

    ended = site.run("import", "assistant.support", found)

    assert ended.code == 1
    assert "would change another part of the configuration; nothing was written" in ended.err
    assert f"by hand: - {{id: {found}, to: assistant.support}}" in ended.err
    assert text(site) == attached


def test_a_file_that_changes_while_the_server_is_asked_is_left(site, monkeypatch):
    found = made(site)
    rewrite = files.rewrite

    def late(path, before, after):
        site.workspace.configure(CONFIGURED + "# another edit\n")
        rewrite(path, before, after)

    monkeypatch.setattr(files, "rewrite", late)
    ended = site.run("import", "assistant.support", found)

    assert ended.code == 1
    assert "cannot write assistants.yaml: it was changed meanwhile. Nothing was written" in ended.err
    assert text(site) == CONFIGURED + "# another edit\n"


def test_an_upload_is_no_assistant(site):
    found = uploaded(site)
    ended = site.run("import", "assistant.support", found)

    assert ended.code == 1
    assert f"cannot import {found} as assistant.support: {site.url} does not take it" in ended.err
    assert "Copy the id from `query`. The answer: " in ended.err
    assert text(site) == CONFIGURED


def test_a_wrong_configuration_is_reported_first(site):
    site.workspace.configure("project: acme\nasistants: {}\n")
    ended = site.run("import", "assistant.support", "asst_1")
    assert ended.code == 1
    assert "AS201" in ended.err


def test_in_ci_a_server_must_be_named(site, monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert site.invoke("import", "assistant.support", "asst_1").code == 64


def test_the_embedded_server_is_asked_too(site):
    ended = site.invoke("import", "assistant.support", "asst_1")
    assert ended.code == 1
    assert "the embedded server has no assistant of this id" in ended.err
    assert not (site.workspace.folder / "state").exists()
