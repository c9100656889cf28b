"""Pending operations are resolved one by one or by an index, with one result."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.address import assistant, file
from reconciler.model.state import AssistantBinding, FileBinding, Intent, Pending, PendingIndex

ADDRESSES = st.sampled_from([assistant("a"), assistant("b"), file("x"), file("y")])
WORDS = st.sampled_from(["", "1", "2"])
INTENTS = st.builds(
    Intent,
    ADDRESSES,
    st.sampled_from(["create", "upload", "update", "delete"]),
    nonce=WORDS,
    filename=WORDS,
    sha256=WORDS,
    id=WORDS,
    known=st.sampled_from([(), ("1",), ("2", "3")]),
)
BINDINGS = st.one_of(
    st.none(),
    st.builds(AssistantBinding, WORDS, WORDS, st.sampled_from([{}, {"name": ""}, {"name": "d"}])),
    st.builds(FileBinding, WORDS, WORDS, WORDS, st.just(0)),
)
STEPS = st.lists(st.one_of(INTENTS, st.tuples(ADDRESSES, BINDINGS, BINDINGS)), max_size=12)


@given(st.lists(INTENTS, max_size=5), STEPS)
def test_an_index_of_pending_operations_resolves_what_a_list_of_them_resolves(begun, steps):
    pending, index = Pending(begun), PendingIndex(begun)
    for step in steps:
        if isinstance(step, Intent):
            pending = Pending((*pending, step))
            index.add(step)
        else:
            pending = pending.resolved_by(*step)
            index.resolve(*step)
    assert list(index) == list(pending)
