"""What a CI gets of a plan: commands, names and fences that no value can forge."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Action
from reconciler.render.document import PlanDocument
from reconciler.render.pipeline import fenced, plan_annotations, plan_outputs

DIGEST = f"sha256:{'a' * 64}"


def change(address="assistant.a", action=Action.UPDATE, **rest):
    return SimpleNamespace(
        **{
            "address": address,
            "action": action,
            "id": "",
            "refused": "",
            "unmet": "",
            "drifted": False,
            "fields": (),
            "found": (),
            "destroyed": (rest.get("id", ""),) * (action is Action.DELETE),
            **rest,
        }
    )


def document(*changes, notices=(), warnings=(), digest=DIGEST):
    counts = SimpleNamespace(added=1, changed=2, destroyed=3)
    lists = {"changes": changes, "notices": notices, "warnings": warnings}
    return PlanDocument.model_construct(**lists, digest=digest, counts=counts)


def test_the_gravest_warnings_come_first():
    said = plan_annotations(
        document(
            change(drifted=True, fields=(SimpleNamespace(breaking=["id is gone"]),)),
            change("assistant.b", Action.DELETE, id="asst_1"),
            change("assistant.d", unmet="x ignored model"),
            change("assistant.c", Action.DELETE, refused="prevent_destroy is set"),
            notices=["a stranger"],
            warnings=[SimpleNamespace(code="AS601", message="TODO", file="a.yaml", line=3, column=1)],
        )
    )

    assert said.splitlines() == [
        "::warning title=Refused::assistant.c: prevent_destroy is set",
        "::warning title=Refused in part::assistant.d: x ignored model",
        "::warning title=Will be destroyed::assistant.b (asst_1)",
        "::warning title=Breaking::assistant.a: id is gone",
        "::warning title=Changed on the server::assistant.a",
        "::warning title=Notice::a stranger",
        "::warning title=Likely a mistake::AS601 TODO (a.yaml:3:1)",
    ]


@pytest.mark.parametrize(("count", "last"), [(10, "n9"), (11, "and 2 more"), (300, "and 291 more")])
def test_no_more_than_ten_are_shown_and_the_last_one_counts_the_rest(count, last):
    rows = plan_annotations(document(notices=[f"n{number}" for number in range(count)])).splitlines()

    assert len(rows) == 10
    assert last in rows[-1]


def test_a_plan_that_warns_of_nothing_says_nothing():
    assert plan_annotations(document(change())) == ""


@given(st.text(), st.text(), st.text())
def test_whatever_a_value_holds_every_line_is_one_command_of_ours(address, refused, notice):
    said = plan_annotations(document(change(address, refused=refused or "x", drifted=True), notices=[notice]))

    rows = re.split(r"[\n\r\v\f\x85\u2028\u2029]", said)
    assert rows.pop() == ""
    assert len(rows) == 3
    for row in rows:
        assert re.match(r"::warning title=(Refused|Changed on the server|Notice)::", row)
        assert not re.search(r"%(?!25)", row)
        assert "##[" not in row


def test_outputs_are_numbers_and_a_digest():
    assert plan_outputs(document(change())) == {
        "changes": "true",
        "refused": "false",
        "to_add": "1",
        "to_change": "2",
        "to_destroy": "3",
        "digest": DIGEST,
    }


@pytest.mark.parametrize("digest", ["", "sha256:x", f"{DIGEST}\nx=1", f"{DIGEST}\n"])
def test_a_digest_that_is_none_becomes_no_output(digest):
    with pytest.raises(AssertionError):
        plan_outputs(document(digest=digest))


@given(st.text(alphabet=st.sampled_from("`~ab\n\r<> "), max_size=80))
def test_nothing_inside_a_fence_ends_it(text):
    shown = fenced(text, 10_000).split("\n")

    fence = shown[-1]
    assert set(fence) == {"`"}
    assert shown[0] == f"{fence}text"
    assert not any(fence in row for row in shown[1:-1])


def test_what_does_not_fit_is_counted():
    shown = fenced("one\ntwo\nthree\n", 8)

    assert shown == "```text\none\ntwo\n```\n\nAnd 1 more lines, which the log of the run has."
