"""A configuration against itself changes nothing, whatever it declares."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.options import PlanOptions
from reconciler.engine.simulate import against
from reconciler.model import address
from reconciler.model.change import Action
from reconciler.model.diagnostic import Origin
from reconciler.model.resource import Desired, DesiredAssistant, DesiredFile

FILES = tuple(DesiredFile(address.file(f"{name}.md"), f"{name}.md", name * 64, 1) for name in "ab")
TOOLS = [{"type": "retrieval"}, {"type": "function", "function": {"name": "f", "parameters": {}}}]
FIELDS = st.fixed_dictionaries(
    {"model": st.sampled_from(["m", "n"])},
    optional={
        "name": st.sampled_from([None, "", "x"]),
        "instructions": st.sampled_from([None, "Be kind.\n"]),
        "tools": st.sampled_from([None, [], TOOLS[:1], TOOLS]),
        "metadata": st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([None, "x"])),
    },
)
CARRIED = st.none() | st.lists(st.sampled_from([*(one.address for one in FILES), "file-1"]), unique=True)


def declared(parts):
    assistants = tuple(
        DesiredAssistant(
            address.assistant(f"a{number}"), fields, None if files is None else tuple(files), Origin("x")
        )
        for number, (fields, files) in enumerate(parts)
    )
    used = {one for assistant in assistants for one in assistant.files or ()}
    return Desired("acme", assistants, tuple(one for one in FILES if one.address in used))


CONFIGURATIONS = st.lists(st.tuples(FIELDS, CARRIED), max_size=3).map(declared)


@given(CONFIGURATIONS)
def test_against_itself_nothing_changes(desired):
    assert not against(desired, desired, PlanOptions("a commit", ASSISTANTS_V1.fields)).plan.has_changes


@given(CONFIGURATIONS, CONFIGURATIONS)
def test_whatever_is_declared_differently_is_in_the_plan(base, desired):
    plan = against(base, desired, PlanOptions("a commit", ASSISTANTS_V1.fields)).plan
    before, after = ({one.address for one in each.assistants} for each in (base, desired))
    seen = {(one.action, one.address) for one in plan.changes if one.address.kind is address.Kind.ASSISTANT}

    assert {where for action, where in seen if action is Action.DELETE} == before - after
    assert {where for action, where in seen if action is Action.CREATE} == after - before
