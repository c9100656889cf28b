"""The classes of the client beside the published reference: the same names, parameters and results."""

import ast
import asyncio
import inspect
import pydoc
import re
from collections import Counter

import pytest
from api import seed
from api.replies import LOCAL

from reconciler import api
from reconciler.api.endpoint import Resource

WRITTEN_OUT, VIEWS = seed.written_out(), seed.views()
ROWS = WRITTEN_OUT + VIEWS
DEFAULTS = {seed.REQUIRED: inspect.Parameter.empty, seed.NOT_GIVEN: api.NOT_GIVEN, seed.NONE: None}
KINDS = {True: inspect.Parameter.KEYWORD_ONLY, False: inspect.Parameter.POSITIONAL_OR_KEYWORD}
PYTHONS_OWN = {"str", "int", "float", "object", "List", "Optional", "Iterable", "Literal"}
BEYOND_ANNOTATIONS = {
    "NOT_GIVEN",
    "Assistant",
    "AsyncStreamedResponse",
    "CodeInterpreterTool",
    "CodeInterpreterToolParam",
    "FunctionDefinition",
    "FunctionParam",
    "FunctionTool",
    "FunctionToolParam",
    "RawResponse",
    "RetrievalTool",
    "RetrievalToolParam",
    "StreamedResponse",
}

# What a resource is made of, beside what it offers.
INSIDE = {"sender", "speaks"}


def limits_of(row):
    """The limits of the parameters that a method has."""
    names = [one.name for one in row.method.arguments]
    return {name: limits for name, limits in seed.LIMITS.get(row.name, {}).items() if name in names}


LIMITED = [row for row in ROWS if limits_of(row)]

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
each_class = pytest.mark.parametrize("name", seed.CLASSES)


@pytest.fixture(scope="module")
def made():
    """One object of each of the classes, made as the reference makes it."""
    client, other = api.Client(base_url=LOCAL), api.AsyncClient(base_url=LOCAL)
    found = {"OpenAI": client, "AsyncOpenAI": other}
    for name, one in sorted(seed.CLASSES.items(), key=lambda item: isinstance(item[1], seed.View)):
        found[name] = getattr(api, name)(**{one.made_with.name: found[one.made_with.type]})
    yield found
    client.close()
    asyncio.run(other.close())


def method(row):
    return getattr(getattr(api, row.owner), row.name)


def parameters(row):
    """The parameters of a method as its class tells them, without `self`."""
    return list(inspect.signature(method(row)).parameters.values())[1:]


def texts(row):
    """Name and text of each parameter that a docstring describes."""
    return seed.described(inspect.getdoc(method(row)))


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def named(annotation):
    """Every name of an annotation that someone must import."""
    nodes = ast.walk(ast.parse(annotation, mode="eval"))
    return {node.id for node in nodes if isinstance(node, ast.Name)} - PYTHONS_OWN


def flat(text):
    """A text without what a renderer may add to a signature: blanks, lines, rules, quotes."""
    return re.sub(r"[\s|'\"]", "", text)


def test_the_table_has_twelve_classes_eighteen_methods_and_their_thirty_six_views():
    assert (len(seed.CLASSES), len(WRITTEN_OUT), len(VIEWS)) == (12, 18, 36)
    assert len({row.title for row in ROWS}) == 54


def test_every_method_has_a_raw_and_a_streamed_view_in_its_own_colour():
    seen = Counter((seed.CLASSES[row.owner].made_with.type, row.name, row.wrapper) for row in VIEWS)
    kinds = ("to_raw_response_wrapper", "to_streamed_response_wrapper")

    assert seen == Counter(
        (row.owner, row.name, ("async_" if row.owner.startswith("Async") else "") + kind)
        for row in WRITTEN_OUT
        for kind in kinds
    )


@each_class
def test_every_class_is_importable_under_its_name(name):
    assert name in api.__all__
    assert inspect.isclass(getattr(api, name))
    assert getattr(api, name).__name__ == name


def test_every_resource_that_can_be_imported_is_in_the_table_or_about_uploads():
    resources = {
        name
        for name in api.__all__
        if inspect.isclass(one := getattr(api, name)) and issubclass(one, Resource)
    }

    assert {name for name in resources if "Uploads" not in name} == set(seed.CLASSES)


@each_class
def test_every_class_is_made_with_the_parameter_of_the_reference(name):
    wanted = seed.CLASSES[name].made_with
    (told,) = inspect.signature(getattr(api, name)).parameters.values()

    assert (told.name, told.kind, told.default) == (wanted.name, told.POSITIONAL_OR_KEYWORD, told.empty)
    if isinstance(seed.CLASSES[name], seed.View):
        assert told.annotation == wanted.type


@each_class
def test_every_class_offers_what_the_table_names_and_nothing_else(name, made):
    one = seed.CLASSES[name]
    wanted = {*one.methods, *one.properties}

    assert public(getattr(api, name)) - INSIDE == wanted
    assert public(made[name]) - INSIDE == wanted


@each_class
def test_every_property_gives_an_object_of_the_class_the_table_names(name, made):
    for called, kind in seed.CLASSES[name].properties.items():
        assert type(getattr(made[name], called)) is getattr(api, kind)


def test_a_client_leads_to_the_classes_of_its_colour():
    with api.Client(base_url=LOCAL) as client:
        assert type(client.beta.assistants) is api.Assistants
        assert type(client.beta.assistants.files) is api.Files


def test_an_async_client_leads_to_the_classes_of_its_colour():
    client = api.AsyncClient(base_url=LOCAL)

    assert type(client.beta.assistants) is api.AsyncAssistants
    assert type(client.beta.assistants.files) is api.AsyncFiles
    asyncio.run(client.close())


@each_row
def test_every_method_takes_the_parameters_of_the_reference_in_its_order(row):
    told = [(one.name, one.kind, one.default, seed.plain(one.annotation)) for one in parameters(row)]

    assert told == [
        (one.name, KINDS[one.after_star], DEFAULTS[one.default], seed.plain(one.type))
        for one in row.method.arguments
    ]


@each_row
def test_every_result_has_the_type_of_the_reference_in_the_wrapper_of_its_view(row):
    assert inspect.signature(method(row)).return_annotation == row.gives


@each_row
def test_every_method_says_the_same_of_itself_bound_but_for_self(row, made):
    unbound, bound = inspect.signature(method(row)), inspect.signature(getattr(made[row.owner], row.name))
    first, *others = unbound.parameters.values()

    assert (first.name, first.kind) == ("self", first.POSITIONAL_OR_KEYWORD)
    assert list(bound.parameters.values()) == others
    assert bound.return_annotation == unbound.return_annotation


@each_row
def test_every_method_that_the_reference_awaits_is_a_coroutine_function_and_no_other(row, made):
    assert inspect.iscoroutinefunction(method(row)) is row.is_awaited
    assert inspect.iscoroutinefunction(getattr(made[row.owner], row.name)) is row.is_awaited


@each_row
def test_every_method_knows_its_name_and_its_place(row):
    told = method(row)

    assert (told.__name__, told.__qualname__) == (row.name, row.title)
    assert inspect.isfunction(told)


@each_row
def test_every_parameter_is_described_once_and_in_the_order_of_the_signature(row):
    found = texts(row)

    assert [name for name, _ in found] == [one.name for one in row.method.arguments]
    assert all(text.endswith(".") for _, text in found)


@pytest.mark.parametrize("row", LIMITED, ids=lambda row: row.title)
def test_every_limit_of_the_reference_is_in_the_text_of_its_parameter(row):
    found = dict(texts(row))

    for name, limits in limits_of(row).items():
        for limit in limits:
            assert re.search(rf"(?<![\d,]){limit}(?![\d,]*\d)", found[name]), (name, limit)


def test_every_creation_update_and_list_has_limits_but_for_attaching_which_has_none():
    titles = {row.title for row in ROWS if row.name in seed.LIMITS}
    attaching = {title for title in titles if "Files" in title and title.endswith(".create")}

    assert {row.title for row in LIMITED} == titles - attaching
    assert len(LIMITED) == 24


def test_every_name_that_a_signature_uses_can_be_imported():
    types = {one.type for row in ROWS for one in row.method.arguments} | {row.method.gives for row in ROWS}
    names = set().union(*map(named, types)) | BEYOND_ANNOTATIONS

    assert {"AssistantToolParam", "Body", "Headers", "NotGiven", "Query", "Timeout"} <= names
    assert names <= set(api.__all__)
    assert [name for name in names if not hasattr(api, name)] == []


def test_what_was_not_given_is_false_and_says_its_name():
    assert isinstance(api.NOT_GIVEN, api.NotGiven)
    assert (bool(api.NOT_GIVEN), repr(api.NOT_GIVEN)) == (False, "NOT_GIVEN")


def test_pydoc_shows_create_with_its_signature_and_its_texts():
    shown = pydoc.render_doc(api.Assistants, renderer=pydoc.plaintext)
    (create,) = (row for row in WRITTEN_OUT if row.title == "Assistants.create")
    told = ", ".join(f"{one.name}: {one.annotation}{_default(one)}" for one in parameters(create))

    assert flat(f"create(self, *, {told}) -> Assistant") in flat(shown)
    assert "Create an assistant with a model and instructions." in shown
    for name, text in texts(create):
        assert flat(f"{name}: {text}") in flat(shown)


def _default(parameter):
    return "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
