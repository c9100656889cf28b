"""``moved:`` and ``removed:``: what they mean, and every way in which they mean nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.accepting import accepted
from reconciler.config.document import Declared
from reconciler.config.errors import ConfigError
from reconciler.config.moves import Moves
from reconciler.config.problems import Problems
from reconciler.config.resolve import configuration
from reconciler.config.shapes import Document
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import address

BASE = "project: acme\nassistants:\n  support: {model: m}\n  sales: {model: m}\n"


@pytest.fixture
def means(workspace, root):
    """What files mean together; a text is that of assistants.yaml, below two assistants."""

    def means(text="", *others):
        workspace.configure(BASE + text)
        named = [workspace.folder / path for path in ("assistants.yaml", *others)]
        return configuration(root, named, ASSISTANTS_V1).desired

    return means


@pytest.fixture
def refused(means):
    """Where and what is wrong."""

    def refused(*arguments):
        with pytest.raises(ConfigError) as caught:
            means(*arguments)
        return [f"{problem.origin}: {problem.message}" for problem in caught.value.diagnostics]

    return refused


def moved(*pairs):
    """Lines that say what moved, from one letter or name to another."""
    lines = "".join(f"  - {{from: assistant.{old}, to: assistant.{new}}}\n" for old, new in pairs)
    return f"moved:\n{lines}"


def addresses(*names):
    return tuple(address.assistant(name) for name in names)


SUPPORT, SALES = addresses("support", "sales")


def test_where_nothing_moved_nothing_is_said(means):
    assert (means().moved, means().removed) == ({}, frozenset())
    assert (means("moved: []\nremoved: []\n").moved, means("moved: []\nremoved: []\n").removed) == ({}, set())


def test_an_assistant_had_another_address(means):
    assert means(moved(("desk", "support"))).moved == {SUPPORT: addresses("desk")}


@pytest.mark.parametrize(
    "pairs", [[("a", "b"), ("b", "c"), ("c", "support")], [("c", "support"), ("a", "b"), ("b", "c")]]
)
def test_a_chain_is_followed_to_its_end_the_latest_first_in_whatever_order_it_is_written(pairs, means):
    assert means(moved(*pairs)).moved == {SUPPORT: addresses("c", "b", "a")}


def test_several_assistants_move_each_for_itself(means):
    found = means(moved(("a", "support"), ("b", "sales"), ("c", "a")))

    assert found.moved == {SUPPORT: addresses("a", "c"), SALES: addresses("b")}


def test_a_chain_may_lead_through_several_documents(workspace, means):
    workspace.write("more.yaml", moved(("a", "b")) + "removed: [assistant.gone]\n")
    found = means(moved(("b", "support")), "more.yaml")

    assert found.moved == {SUPPORT: addresses("b", "a")}
    assert found.removed == {*addresses("gone")}


def test_an_assistant_moves_to_a_markdown_file(workspace, means):
    workspace.write("triage.md", "---\nmodel: m\n---\nSort.")

    assert means(moved(("sorter", "triage")), "triage.md").moved == {
        address.assistant("triage"): addresses("sorter")
    }


def test_what_is_removed_is_a_set_of_addresses(means):
    assert means("removed: [assistant.a, assistant.b.c]\n").removed == {*addresses("a", "b.c")}


@pytest.mark.parametrize(
    ("pairs", "problems"),
    [
        ([("support", "sales")], ["6:12: assistant.support is declared, so it did not move"]),
        ([("support", "new")], ["6:12: assistant.support is declared, so it did not move"]),
        ([("support", "support")], ["6:12: assistant.support is declared, so it did not move"]),
        (
            [("a", "support"), ("a", "sales")],
            ["7:5: assistant.a to assistant.sales: one of them moved already"],
        ),
        (
            [("a", "support"), ("b", "support")],
            ["7:5: assistant.b to assistant.support: one of them moved already"],
        ),
        (
            [("a", "support"), ("a", "support")],
            ["7:5: assistant.a to assistant.support: one of them moved already"],
        ),
        ([("a", "b")], ["6:29: assistant.b is where assistant.a moved to, and nobody declares it"]),
        (
            [("a", "b"), ("b", "c"), ("d", "support")],
            ["7:29: assistant.c is where assistant.b moved to, and nobody declares it"],
        ),
        ([("a", "a")], ["6:29: assistant.a is where assistant.a moved to, and it leads in a circle"]),
        (
            [("a", "b"), ("b", "c"), ("c", "a"), ("d", "support")],
            [
                "6:29: assistant.b is where assistant.a moved to, and it leads in a circle",
                "7:29: assistant.c is where assistant.b moved to, and it leads in a circle",
                "8:29: assistant.a is where assistant.c moved to, and it leads in a circle",
            ],
        ),
    ],
)
def test_a_move_that_cannot_be_is_refused_where_it_stands(pairs, problems, refused):
    assert refused(moved(*pairs)) == [f"assistants.yaml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("moved: [{from: file.a.md, to: assistant.support}]", ["5:16: 'file.a.md' is not the address"]),
        ("moved: [{from: assistant.a, to: support}]", ["5:33: 'support' is not the address of an assistant"]),
        (
            "moved: [{from: a, to: 'assistant.'}]",
            ["5:16: 'a' is not the address", "5:23: 'assistant.' is not the address of an assistant"],
        ),
        ("moved: [{from: '', to: assistant.support}]", ["5:16: '' is not the address of an assistant"]),
        ("moved: [{to: assistant.support}]", ["5:9: `moved[0].from` is missing"]),
        ("moved: [{from: assistant.a, to: 5}]", ["5:33: `moved[0].to` must be text, and is a number"]),
        ("moved: {assistant.a: assistant.support}", ["5:8: `moved` must be a list, and is a mapping"]),
        ("moved: [assistant.a]", ["5:9: `moved[0]` must be a mapping, and is text"]),
        (
            "moved: [{from: assistant.a, to: assistant.support, why: x}]",
            ["5:52: unknown field `why` in `moved[0]`"],
        ),
        ("removed: [assistant.support]", ["5:11: assistant.support is declared, so it cannot be forgotten"]),
        ("removed: [assistant.a, assistant.a]", ["5:24: assistant.a is listed twice"]),
        ("removed: [a, file.a]", ["5:11: 'a' is not the address", "5:14: 'file.a' is not the address"]),
        ("removed: assistant.a", ["5:10: `removed` must be a list, and is text"]),
        ("removed: [{a: b}]", ["5:11: `removed[0]` must be text, and is a mapping"]),
    ],
)
def test_an_entry_that_means_nothing_is_refused_where_it_stands(text, problems, refused):
    found = refused(f"{text}\n")

    assert len(found) == len(problems)
    assert all(one.startswith(f"assistants.yaml:{told}") for one, told in zip(found, problems, strict=True))


@pytest.mark.parametrize("name", ["a", "b"])
def test_what_moved_cannot_be_removed_too(name, refused):
    found = refused(moved(("a", "b"), ("b", "support")) + f"removed: [assistant.{name}]\n")

    assert found == [f"assistants.yaml:8:11: assistant.{name} moved elsewhere"]


def test_entries_of_two_documents_are_held_against_each_other(workspace, refused):
    workspace.write("more.yaml", moved(("a", "sales")) + "removed: [assistant.b, assistant.sales]\n")

    assert refused(moved(("a", "support"), ("b", "c")), "more.yaml") == [
        "assistants.yaml:7:29: assistant.c is where assistant.b moved to, and nobody declares it",
        "more.yaml:2:5: assistant.a to assistant.sales: one of them moved already",
        "more.yaml:3:11: assistant.b moved elsewhere",
        "more.yaml:3:24: assistant.sales is declared, so it cannot be forgotten",
    ]


def test_a_target_that_is_nearly_declared_is_told(means):
    with pytest.raises(ConfigError) as caught:
        means(moved(("a", "suport")))

    assert caught.value.diagnostics[0].help == "did you mean `assistant.support`?"


def test_a_move_is_not_blamed_for_a_document_that_cannot_be_read(workspace, refused):
    workspace.write("triage.yaml", "assistants: {triage: {model: m}\n")

    (problem,) = refused(moved(("sorter", "triage")), "triage.yaml")
    assert problem.startswith("triage.yaml:1:13: not valid YAML")


def test_a_move_is_not_blamed_for_an_assistant_that_is_wrong(workspace, refused):
    workspace.write("triage.yaml", "assistants: {triage: 5}\n")

    assert refused(moved(("sorter", "triage")), "triage.yaml") == [
        "triage.yaml:1:22: `assistants.triage` must be a mapping, and is a number"
    ]


NAMES = st.sampled_from(["a", "b", "c", "d", "support", "sales"])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=6), st.lists(NAMES, max_size=3))
def test_what_is_not_refused_leads_from_what_is_gone_to_what_is_declared_once(pairs, gone):
    removed = f"removed: [{', '.join(f'assistant.{name}' for name in gone)}]\n"
    source = Source("a.yaml", (moved(*pairs) if pairs else "") + removed)
    node = compose(source)
    problems = Problems()
    moves = Moves(frozenset({SUPPORT, SALES}), problems)
    moves.read([Declared(source, node, accepted(Document, node.plain()))])

    if not problems.total:
        chains = moves.earlier()
        former = [one for chain in chains.values() for one in chain]
        assert {new.name for new in chains} <= {"support", "sales"}
        assert not moves.removed & {*former, SUPPORT, SALES}
        assert {*gone} <= {one.name for one in moves.removed}
        forgotten = len(moves.removed) - len(gone)  # what the removed were called before
        assert len({*former}) == len(former) == len(pairs) - forgotten
