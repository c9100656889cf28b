"""Live assistants are written as a project that means them, whatever they are called and contain."""

import re
from dataclasses import replace

import pytest
from config import hostile_account as hostile
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.content import Root
from reconciler.config.exporting import downloads, naming
from reconciler.config.exporting.account import Account
from reconciler.config.exporting.decisions import Decisions
from reconciler.config.exporting.project import CONFIGURATION, json_text, rendered
from reconciler.config.exporting.settling import settled
from reconciler.config.resolve import configuration
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import address
from reconciler.model.address import Kind
from reconciler.model.mark import Mark
from reconciler.model.resource import LiveAssistant, LiveFile, Owner, Unread

KEY = "sk-proj-" + "q8ZrT2vLk9XwB4nYp7GfHs3JdM6cVaEu1Ro5Ti0QxKzWbN"
MARK = str(Mark("acme", "prod", "support", "aaaaaaaaaaaaaaaa", "m", frozenset(), "0" * 16))
FUNCTION = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def live(number=1, /, *, files=(), metadata=(), **fields):
    """An assistant of the server."""
    absent = dict.fromkeys(row.name for row in ASSISTANTS_V1.fields.plain)
    values = {**absent, "model": "gpt-5.6", "tools": [], **fields}
    return LiveAssistant(f"asst_{number}", number, values, dict(metadata), tuple(files))


class Exported:
    """A project on disk, and what was decided for it."""

    def __init__(self, folder, *assistants, contents=None, project="team", known=()):
        self.folder, self.assistants = folder, assistants
        self.contents = dict(contents or {})
        files = [LiveFile(one, name, len(content)) for one, (name, content) in self.contents.items()]
        notes = {one.id: reason for one in files if (reason := self._obstacle(one))}
        digests = {one.id: downloads.digest(self.contents[one.id][1]) for one in files if one.id not in notes}
        uploads = downloads.placed("files", files, digests, notes)
        account = Account(
            project,
            ASSISTANTS_V1,
            assistants,
            uploads,
            is_known=lambda text: any(one in text for one in known),
        )
        self.keys = account.keys
        self.project, self.decisions = settled(account, self.keep)

    def _obstacle(self, file):
        _, content = self.contents[file.id]
        is_secret = re.compile("sk-proj").search
        return downloads.obstacle(file, is_secret) or downloads.refusal(
            content, is_secret=is_secret, is_known=lambda _: False
        )

    def keep(self, project):
        """Write the files."""
        for path, text in project.texts.items():
            self._write(path, text.encode())
        for path, upload in project.uploads.items():
            self._write(path, self.contents[upload][1])
        return Root(self.folder)

    def _write(self, path, content):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        assert file.resolve().is_relative_to(self.folder.resolve())
        file.write_bytes(content)

    @property
    def text(self):
        """The configuration."""
        return self.project.texts[CONFIGURATION]

    def read(self):
        """What it means, and the warnings."""
        return configuration(Root(self.folder), [self.folder / CONFIGURATION], ASSISTANTS_V1)

    def declared(self, number=1):
        """One declared assistant."""
        return self.read().desired.by_address[address.assistant(self.keys[f"asst_{number}"])]


@pytest.fixture
def export(tmp_path):
    """Export assistants to a directory of its own."""

    def export(*assistants, **rest):
        return Exported(tmp_path, *assistants, **rest)

    return export


def means_the_same(exported):
    """Whether everything that is written is what is live, letter for letter."""
    found = exported.read()
    assert found.warnings == ()
    fields = ASSISTANTS_V1.fields
    for one in exported.assistants:
        if one.id in exported.decisions.skipped:
            continue
        wanted = found.desired.by_address[address.assistant(exported.keys[one.id])]
        assert found.desired.imports[wanted.address].id == one.id
        for row in fields.plain:
            if (one.id, row.name) not in exported.decisions.left:
                value = wanted.fields.get(row.name)
                assert row.normal(value) == row.normal(row.found(one)), row.name
        ids = {
            file if isinstance(file, str) else found.desired.imports[file].id for file in wanted.files or ()
        }
        assert ids == {*one.file_ids}
        pairs = wanted.fields.get("metadata", {})
        left = {path.removeprefix("metadata.") for who, path in exported.decisions.left if who == one.id}
        assert {**pairs} == {key: value for key, value in fields.pairs.found(one).items() if key not in left}
    return True


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Support Triage", "support-triage"),
        ("Größe & Maß", "grosse-mass"),
        ("Élan vital (2)", "elan-vital-2"),
        ("日本語", "assistant"),
        ("", "assistant"),
        ("../../etc", "etc"),
        ("x" * 256, "x" * 80),
        ("a\u202eb", "ab"),
        (KEY, "assistant"),
    ],
)
def test_a_key_is_made_of_the_name(export, name, key):
    assert export(live(name=name)).keys == {"asst_1": key}


def test_names_that_would_have_the_same_key_are_numbered_in_order_of_age(export):
    exported = export(live(1, name="A"), live(2, name="a"), live(3, name="a 2"), live(4, name="a!"))

    assert [*exported.keys.values()] == ["a", "a-2", "a-2-2", "a-3"]


def test_an_assistant_of_the_project_itself_keeps_its_key(export):
    mark = str(Mark("team", "-", "desk", "aaaaaaaaaaaaaaaa", "m", frozenset(), "0" * 16))
    exported = export(live(1, name="desk"), live(2, name="X", metadata={"assistants_sync": mark}))

    assert exported.keys == {"asst_2": "desk", "asst_1": "desk-2"}
    assert "{id: asst_2, to: assistant.desk}" in exported.text


def test_the_owner_of_an_ownership_mark_is_named_and_the_mark_is_not_copied(export):
    exported = export(live(name="A", metadata={"assistants_sync": MARK, "team": "x"}))

    imported = exported.read().desired.imports[address.assistant("a")]
    assert imported.former == Owner("acme", "prod")
    assert "n=aaaa" not in exported.text
    assert exported.declared().fields["metadata"] == {"team": "x"}


def test_values_that_are_absent_or_empty_are_not_named(export):
    exported = export(live(name="", description=None, instructions=""))

    assert exported.declared().fields == {"model": "gpt-5.6"}
    assert exported.declared().files is None


@pytest.mark.parametrize(
    "text", [text for text in hostile.PROMPTS if text], ids=lambda text: ascii(text[:20])
)
def test_a_prompt_is_declared_letter_for_letter(export, text):
    exported = export(live(instructions=text))

    assert exported.decisions.left == {}
    assert exported.declared().fields["instructions"] == text
    assert means_the_same(exported)


@pytest.mark.parametrize(
    ("text", "is_in_file"),
    [
        ("a\nb\nc\n", False),
        ("a\nb\nc\nd\n", True),
        ("x" * 200, False),
        ("x" * 201, True),
        ("a\r\nb" * 100, False),
        ("---\n" + "x" * 300, False),
        ("\ufeff" + "x" * 300, False),
    ],
)
def test_a_long_prompt_is_in_a_file_unless_the_file_could_mean_something_else(export, text, is_in_file):
    exported = export(live(name="A", instructions=text))

    assert ("prompts/a.md" in exported.project.texts) == is_in_file


@pytest.mark.parametrize("name", ["NUL", "prn", "Con", "aux", "COM1", "lpt9"])
def test_no_file_has_the_name_of_a_device(export, name):
    tool = {"type": "function", "function": {"name": name}}
    exported = export(live(name=name, instructions="x" * 300, tools=[tool]))

    stem = name.lower()
    assert exported.project.texts.keys() == {CONFIGURATION, f"prompts/{stem}_.md", f"tools/{stem}_.json"}
    assert exported.keys == {"asst_1": stem}
    assert means_the_same(exported)


def test_portable_names_stay_apart():
    names = ["nul.md", "nul_.md", "nul__.md", "nul.a.md", "null.md", "a.nul", "conin$.md"]

    assert [*map(naming.portable, names)] == [
        "nul_.md",
        "nul__.md",
        "nul___.md",
        "nul_.a.md",
        "null.md",
        "a.nul",
        "conin$_.md",
    ]


def test_equal_functions_share_a_file_and_others_of_the_name_do_not(export):
    other = {"type": "function", "function": {"name": "LOOK"}}
    exported = export(live(1, tools=[FUNCTION]), live(2, tools=[FUNCTION, other]), live(3, tools=[other]))

    assert {path for path in exported.project.texts if path.endswith("json")} == {
        "tools/look.json",
        "tools/look_2.json",
    }
    assert means_the_same(exported)


@given(st.recursive(st.one_of(st.text(), st.booleans(), st.none(), st.integers()), st.lists, max_leaves=5))
def test_json_is_read_back_as_the_same(value):
    assert compose(Source("x.json", json_text(["", value]))).plain()[1] == value


def test_uploads_that_differ_in_case_or_content_have_paths_of_their_own(export):
    contents = {
        "file-1": ("a.txt", b"1"),
        "file-2": ("A.txt", b"2"),
        "file-3": ("a.txt", b"3"),
        "file-4": ("a.txt", b"1"),
        "file-5": ("b.yaml", b"project: evil\n"),
    }
    exported = export(live(files=contents), contents=contents)

    assert exported.project.uploads == {
        "files/a.txt": "file-1",
        "files/_2/A.txt": "file-2",
        "files/_3/a.txt": "file-3",
        "files/_/b.yaml": "file-5",
    }
    assert "# 'a.txt': it has the name and the content of files/a.txt\n      - {id: file-4}" in exported.text
    assert means_the_same(exported)


def test_no_upload_has_the_name_of_a_directory(export):
    names = ["_2", "_", "_3", "n.md", "n.md", "N.md", "c.yaml", "d.yml", "c.yaml", "_", "_2"]
    contents = {f"file-{number:02}": (name, str(number).encode()) for number, name in enumerate(names)}
    exported = export(live(files=contents), contents=contents)

    assert sorted(path.rpartition("/")[2] for path in exported.project.uploads) == sorted(names)
    assert means_the_same(exported)


@given(
    st.lists(st.sampled_from(["_", "_2", "_3", "_4", "a", "A", "a.yaml", "_.yaml", "_2.yml"]), max_size=30)
)
def test_every_upload_has_a_path_that_no_other_one_is_in(names):
    taken = set()
    paths = [naming.path("files", name, taken).lower() for name in names]

    folders = {path.rpartition("/")[0] for path in paths}
    assert len({*paths}) == len(names)
    assert folders.isdisjoint(paths)


@pytest.mark.parametrize("name", [*hostile.FILENAMES, 'a"b.txt', "a\x00b", "a\nb.txt", "a" * 300])
def test_an_upload_stays_below_the_directory_under_its_own_name_or_is_named_by_its_id(export, name):
    exported = export(live(files=["file-1"]), contents={"file-1": (name, b"x")})

    for path in exported.project.uploads:
        assert path.rpartition("/")[2] == name
    assert means_the_same(exported)


@pytest.mark.parametrize(
    "name",
    [
        "a/b.txt",
        "..",
        "con.txt",
        "AUX",
        "lpt1.md",
        "a:b",
        "a?",
        "a.",
        "a ",
        " a",
        "a\u202eb",
        "e\u0301.md",
        ".git",
        ".Git",
        "GIT~1",
        ".gitignore",
        ".GitAttributes",
        ".gitmodules",
        ".envrc",
        ".hidden",
        "..a",
        "",
    ],
)
def test_a_name_that_is_no_file_on_some_system_is_an_obstacle(name):
    assert naming.obstacle(name)


@pytest.mark.parametrize(
    "name", ["a.md", "gitignore", "a.gitignore", "sp ace.txt", "ü.md", "a" * 200, "console", "~x", "-x"]
)
def test_other_names_are_none(name):
    assert naming.obstacle(name) == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"metadata": {str(number): "x" for number in range(16)}}, "16 metadata pairs; the limit is 15"),
        ({"instructions": "x" * 32_769}, "32,769 characters"),
        ({"name": "x" * 257}, "257 characters"),
        ({"tools": [{"type": "browser"}]}, "'browser', which is unknown here"),
        ({"tools": [{"type": "function"}]}, "'function', which is unknown here"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "cannot be a function's name"),
        ({"files": ["file-9"]}, "'file-9', which the server does not list"),
        ({"model": ""}, "it has no model"),
        ({"model": KEY}, "`model`: it looks like a secret"),
        ({"instructions": "a\ud800b"}, "a character that is no text"),
        ({"metadata": {"assistants_sync": MARK.replace("acme", "-x")}}, "an owner that cannot be written"),
        ({"metadata": {"assistants_sync": "hello"}}, "its assistants_sync is no ownership mark"),
        ({"metadata": {"assistants_sync": ""}}, "its assistants_sync is no ownership mark"),
        ({"metadata": {"assistants_sync": f"v2{MARK[2:]}"}}, "or use a newer assistants-sync"),
    ],
)
def test_an_assistant_that_cannot_be_adopted_is_a_comment_with_its_reason(export, fields, reason):
    exported = export(live(1, **{"name": "Bad", **fields}), live(2, name="Good"))

    assert reason in exported.decisions.skipped["asst_1"]
    (line,) = [line for line in exported.text.splitlines() if "asst_1" in line]
    assert line.lstrip().startswith("# asst_1")
    assert reason in line
    assert [one.address.name for one in exported.read().desired.assistants] == ["good"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"instructions": f"Use {KEY}."}, "instructions"),
        ({"instructions": "line\n" * 10 + KEY}, "instructions"),
        ({"description": KEY}, "description"),
        ({"name": KEY}, "name"),
        ({"metadata": {"note": KEY, "team": "x"}}, "metadata.note"),
        ({"metadata": {KEY: "x"}}, f"metadata.{KEY}"),
        ({"metadata": {"password": "Tr0ub4dor&3xKq9"}}, "metadata.password"),
        ({"tools": [{"type": "function", "function": {"name": "f", "description": KEY}}]}, "tools"),
    ],
)
def test_what_looks_like_a_secret_is_left_out_and_named_without_it(export, fields, path):
    exported = export(live(**fields))

    assert exported.decisions.left.keys() == {("asst_1", path)}
    for text in exported.project.texts.values():
        assert KEY not in text
        assert "Tr0ub4dor" not in text
    named = "a pair of metadata" if path.endswith(KEY) else path.partition(".")[0]
    assert f"# {named}" in exported.text
    assert means_the_same(exported)


@pytest.mark.parametrize("name", ["sk-proj-abcdefghijklmnopqrstuvwxyz", "https://u:pass@example.com"])
def test_a_name_that_lists_mask_is_left_out_and_is_in_no_address(export, name):
    exported = export(live(name=name, description="x"))

    assert exported.keys == {"asst_1": "assistant"}
    assert exported.decisions.left.keys() == {("asst_1", "name")}
    assert name[:12] not in exported.text


def test_a_secret_of_this_process_is_left_out_wherever_it_is(export):
    exported = export(
        live(name="A hushed one", description="so hushed", metadata={"x": "hushed"}), known=["hushed"]
    )

    assert {path for _, path in exported.decisions.left} == {"name", "description", "metadata.x"}
    assert all("hushed" not in text for text in exported.project.texts.values())


def test_other_findings_are_allowed_with_their_reason(export):
    exported = export(
        live(name="A", description="TODO: write", model="gpt-3.5-turbo", instructions="a\u200bb")
    )

    assert exported.decisions.allowed == {("AS503", "assistant.a"), ("AS508", "assistant.a")}
    assert exported.decisions.characters == {"\u200b"}
    assert "{code: AS503, in: assistant.a, reason: present on the server at export}" in exported.text
    assert '    - "U+200B"\n' in exported.text
    assert exported.read().warnings == ()


def test_a_key_that_yaml_cannot_have_is_left_out_alone(export):
    exported = export(live(metadata={"x\ny": "1", "z": "2"}))

    assert exported.decisions.left.keys() == {("asst_1", "metadata.x\ny")}
    assert exported.declared().fields["metadata"] == {"z": "2"}


def test_parameters_that_are_no_schema_leave_out_the_tools_alone(export):
    wrong = {"type": "function", "function": {"name": "f", "parameters": {"type": "objekt"}}}
    exported = export(live(name="A", tools=[wrong]))

    assert exported.decisions.left.keys() == {("asst_1", "tools")}
    assert exported.declared().fields == {"name": "A", "model": "gpt-5.6"}


@pytest.mark.parametrize(
    ("tool", "reason"),
    [
        ({**FUNCTION, "function": {**FUNCTION["function"], "strict": True}}, "'look' has 'strict', which"),
        ({**FUNCTION, "cache": {"ttl": 5}}, "'look' has 'cache', which a configuration cannot have"),
        ({"type": "retrieval", "x": 1, "y": [0]}, "'retrieval' has 'x', 'y', which"),
        ({"type": "retrieval", KEY: 1}, "'retrieval' has '...', which"),
    ],
)
def test_tools_with_more_than_a_configuration_can_have_are_left_out_alone(export, tool, reason):
    exported = export(live(name="A", tools=[{"type": "code_interpreter"}, tool]))

    assert exported.decisions.left.keys() == {("asst_1", "tools")}
    assert reason in exported.decisions.left["asst_1", "tools"]
    assert f"  # tools is not exported: {reason}" in exported.text
    assert exported.declared().fields == {"name": "A", "model": "gpt-5.6"}


def test_tools_with_what_servers_add_by_default_are_exported(export):
    added = {"strict": False, "parameters": None, "description": None}
    tools = [{"type": "function", "function": {"name": "look", **added}}, {"type": "retrieval", "x": {}}]
    exported = export(live(name="A", tools=tools))

    assert exported.decisions.left == {}
    assert len(exported.declared().fields["tools"]) == 2


def test_nothing_to_export_is_a_project_without_assistants(export):
    assert export().read().desired.assistants == ()


def test_a_generated_account_means_the_same(export):
    contents = {
        f"file-{number}": (name, hostile.CONTENTS[number % len(hostile.CONTENTS)])
        for number, name in enumerate(hostile.FILENAMES)
    }
    made = []
    for number, body in enumerate(hostile.bodies(60, uploads=[*contents])):
        files, metadata = body.pop("file_ids"), body.pop("metadata")
        made.append(live(number, files=files, metadata=metadata, **body))
    exported = export(*made, contents=contents)

    assert exported.decisions.skipped == {}
    assert means_the_same(exported)


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.text(
        st.sampled_from("ab: #-|>{}[]'\"\\\n\r\t ,&*!%@`?$\u2028\x85\x00\u200b\u202e\ufeff🙂é"), max_size=300
    ),
    st.sampled_from([text for text in hostile.PROMPTS if text]),
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": TEXTS, "description": TEXTS, "instructions": TEXTS},
            optional={"metadata": st.dictionaries(TEXTS, TEXTS, max_size=3)},
        ),
        max_size=3,
    )
)
def test_whatever_texts_an_account_has_its_project_means_the_same(tmp_path_factory, fields):
    made = [live(number, **one) for number, one in enumerate(fields)]

    assert means_the_same(Exported(tmp_path_factory.mktemp("exported"), *made))


def test_an_assistant_that_cannot_be_read_is_a_comment():
    hidden = Unread("asst_9\nx: y", Kind.ASSISTANT, "name is 5\n\u2028x: y")
    account = Account("team", ASSISTANTS_V1, (), {}, is_known=lambda _: False, unreadable=[hidden])

    text = rendered(account, Decisions()).texts[CONFIGURATION]

    assert (
        "assistants: {}\n  # 'asst_9\\nx: y' is not exported: it cannot be read: name is 5\\n\\u2028x: y\n"
        in text
    )


def test_the_reason_why_an_assistant_cannot_be_read_shows_no_secret():
    hidden = Unread("asst_9", Kind.ASSISTANT, f"name is {KEY}")
    account = Account("team", ASSISTANTS_V1, (), {}, is_known=lambda _: False, unreadable=[hidden])

    assert account.unread(hidden) == "'asst_9' is not exported: it cannot be read"


def test_files_that_the_server_does_not_say_are_left_out(export):
    silent = replace(live(name="A"), knows_files=False)

    assert export(silent).decisions.left.keys() == {("asst_1", "files")}
