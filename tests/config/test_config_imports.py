"""``import:`` entries: what they mean, and every way in which they mean nothing."""

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.resolve import Choice, configuration
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model.address import assistant, file
from reconciler.model.resource import Owner

BASE = """\
project: acme
assistants:
  support: {model: m, files: [docs/a.md]}
  sales: {model: m}
environments:
  prod: {import: [{id: asst_prod, to: assistant.sales}]}
"""


@pytest.fixture
def means(workspace, root):
    """What a file means in an environment; a text is that of assistants.yaml, below two assistants."""

    def means(text="", environment=None):
        workspace.write("docs/a.md", "A handbook.\n")
        workspace.configure(BASE + text)
        named = [workspace.folder / "assistants.yaml"]
        return configuration(root, named, ASSISTANTS_V1, Choice(environment)).desired.imports

    return means


def test_an_entry_names_an_object_by_its_id_and_the_address_that_takes_it(means):
    found = means("import:\n  - {id: asst_1, to: assistant.support}\n  - {id: file-1, to: file.docs/a.md}\n")
    assert {address: one.id for address, one in found.items()} == {
        assistant("support"): "asst_1",
        file("docs/a.md"): "file-1",
    }
    assert {one.former for one in found.values()} == {None}


@pytest.mark.parametrize("owner", [Owner("old"), Owner("old", "prod"), Owner("acme", "prod")])
def test_an_entry_may_name_the_former_owner(means, owner):
    found = means(f"import:\n  - {{id: asst_1, to: assistant.support, from: {owner}}}\n")
    assert found[assistant("support")].former == owner


def test_an_environment_has_entries_of_its_own(means):
    assert means() == {}
    assert [one.id for one in means(environment="prod").values()] == ["asst_prod"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{id: a b, to: assistant.support}", "'a b' is not an id"),
        ("{id: .., to: assistant.support}", "'..' is not an id"),
        ("{id: asst_1, to: support}", "'support' is not an address"),
        ("{id: asst_1, to: assistant.suport}", "assistant.suport is not declared"),
        ("{id: asst_1, to: file.docs/b.md}", "file.docs/b.md is not declared"),
        ("{id: asst_1, to: assistant.support, from: old}", "'old' is not an owner"),
        ("{id: asst_1, to: assistant.support, from: Old/-}", "'Old/-' is not an owner"),
        ("{id: asst_1, to: assistant.support, from: acme/-}", "acme/- is this project itself"),
        ("{id: file-1, to: file.docs/a.md, from: old/-}", "an upload has no ownership mark"),
        ("{id: asst_1}", "`import[0].to` is missing"),
        ("{to: assistant.support}", "`import[0].id` is missing"),
        ("{id: asst_1, to: assistant.support, name: Support}", "unknown field `name` in `import[0]`"),
    ],
)
def test_an_entry_that_means_nothing_is_reported_where_it_is(means, entry, message):
    with pytest.raises(ConfigError) as caught:
        means(f"import:\n  - {entry}\n")
    assert [(one.message, one.origin.line) for one in caught.value.diagnostics] == [(message, 8)]


@pytest.mark.parametrize(("path", "code"), [("docs/missing.md", "AS301"), ("../outside.md", "AS302")])
def test_a_file_that_cannot_be_read_is_reported_once(workspace, root, path, code):
    workspace.configure(
        f"project: acme\nassistants: {{a: {{model: m, files: [{path}]}}}}\n"
        f"import: [{{id: file-1, to: file.{path}}}]\n"
    )
    with pytest.raises(ConfigError) as caught:
        configuration(root, [workspace.folder / "assistants.yaml"], ASSISTANTS_V1)
    assert [one.code for one in caught.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("{id: asst_2, to: assistant.support}", "assistant.support is imported twice"),
        ("{id: asst_1, to: assistant.sales}", "asst_1 is imported twice"),
    ],
)
def test_each_id_and_each_address_is_imported_once(means, second, message):
    with pytest.raises(ConfigError) as caught:
        means(f"import:\n  - {{id: asst_1, to: assistant.support}}\n  - {second}\n")
    (problem,) = caught.value.diagnostics
    assert (problem.message, problem.origin.line) == (message, 9)
    assert "assistants.yaml:8" in problem.help
