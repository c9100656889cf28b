"""Servers that deviate, each through a project's whole life: it works, or it is refused for a reason."""

import re
import unicodedata
from itertools import combinations
from pathlib import Path

import httpx
import pytest
from builders import PLAIN
from journeys.server_life import STEPS, Behaviour, Life, Site

from reconciler.server import Database, Fault, Faults, create_app, running
from reconciler.server.deviations.table import BUNDLES

LIFE = tuple(STEPS)
SHORT = ("first", "prompt", "tool", "file", "lose", "remove", "destroy")
EVERY = frozenset(STEPS)
WRITES = EVERY - {"first", "lose", "remove", "destroy"}


def deviates(*names, **more):
    return tuple(Fault("deviate", as_=name, **more) for name in names)


def works(*names, free=(), **more):
    """A row that must work, but for the steps in `free`."""
    return Behaviour(deviates(*names), frozenset(free), **more)


def any_end(*names, **more):
    """A row that may also be refused, in every step."""
    return Behaviour(deviates(*names), EVERY, **more)


def with_parameters(name, *, files=True, free=(), **parameters):
    return Behaviour(deviates(name, **parameters), frozenset(free), files=files)


def lowered(pairs):
    return pairs and {key.lower(): value for key, value in pairs.items()}


def lf(text):
    return text and text.replace("\r\n", "\n")


def nfc(text):
    return text and unicodedata.normalize("NFC", text)


def not_updated(text):
    return text and text.removesuffix(" (updated)")


LISTS = {
    "has_more_false": works("has_more_false"),
    "limit_20+has_more_false": works("limit_20", "has_more_false"),
    "after_ignored": works("after_ignored", free=["detach", "remove", "destroy"], keeps=True),
    "after_ge_time": works("after_ge_time", free=["detach", "remove", "destroy"], keeps=True),
    "after_gt_time": works("after_gt_time", free=["detach", "remove", "destroy"], keeps=True),
    "limit_max": works("limit_max"),
    "list_shape": works("list_shape"),
    "list_shape=bare": with_parameters("list_shape", variant="bare"),
    "files_20": works("files_20"),
    "files_object_file": works("files_object_file"),
    "no_has_more": works("no_has_more"),
    "has_more_full": works("has_more_full"),
    "no_last_id": works("no_last_id"),
}
OBJECTS = {
    "null_lists": works("null_lists"),
    "no_file_ids": works("no_file_ids"),
    "float_timestamps": works("float_timestamps"),
    "iso_timestamps": works("iso_timestamps"),
    "ms_timestamps": works("ms_timestamps"),
    "texts_trimmed": works("texts_trimmed", notice="instructions", free=["lose"]),
    "model_renamed": works("model_renamed", notice="model", free=["lose"]),
    "model_resolved": works("model_resolved", notice="model", free=["lose"]),
    "retrieval_renamed": works("retrieval_renamed", notice="tools", free=["lose"]),
    "parameters_filled": works("parameters_filled", notice="tools", free=["lose"]),
    "required_added": works("required_added", notice="tools", free=["lose"]),
    "texts_lf": works("texts_lf", notice="instructions", free=["lose"], forms={"instructions": lf}),
    "texts_nfc": works("texts_nfc", notice="instructions", free=["lose"], forms={"instructions": nfc}),
    "metadata_lowered": works(
        "metadata_lowered", notice="metadata", free=["pair", "lose"], forms={"metadata": lowered}
    ),
    "metadata_renamed": any_end("metadata_renamed"),
    "fixed_example": any_end("fixed_example"),
    "nulls_omitted": works("nulls_omitted"),
    "nulls_as_empty": works("nulls_as_empty"),
    "plain_ids": works("plain_ids"),
    "extra_fields": works("extra_fields"),
    "function_extra": works("function_extra"),
}
CHANGES = {
    "metadata_dropped": any_end("metadata_dropped"),
    "metadata_frozen": works("metadata_frozen", free=WRITES - {"prompt"} | {"lose"}),
    "metadata_merged": works("metadata_merged", free=["pair"]),
    "metadata_merged=null_removes": with_parameters("metadata_merged", variant="null_removes"),
    "metadata_merged=empty_removes": with_parameters("metadata_merged", variant="empty_removes"),
    "update_needs_model": works("update_needs_model"),
    "null_refused": works("null_refused"),
    "null_ignored": works("null_ignored"),
    "falsy_ignored": works("falsy_ignored", free=["clear", "pair", "no_tools"]),
    "update_wipes_tools": works("update_wipes_tools"),
    "update_detaches": works("update_detaches"),
    "update_rewrites_description": Behaviour(
        deviates("update_rewrites_description"),
        EVERY - {"first", "destroy"},
        forms={"description": not_updated},
    ),
    "create_drops_files": works("create_drops_files"),
    "get_405": works("get_405"),
    "update_405": works("update_405", free=WRITES),
}
ATTACHMENTS = {
    "no_files=405": with_parameters("no_files", status=405, files=False),
    "no_files=404": with_parameters("no_files", status=404, files=False),
    "no_files=405,declared": with_parameters("no_files", status=405, free=EVERY),
    "upload_types": works("upload_types"),
    "upload_name_prefixed": works("upload_name_prefixed"),
    "content_as_json": works("content_as_json"),
    "no_attach": works("no_attach"),
    "attach_needs_assistant_id": works("attach_needs_assistant_id"),
    "attach_noop": works("attach_noop"),
    "attach_once": works("attach_once"),
    "attach_adds_retrieval": works("attach_adds_retrieval", added=frozenset({"retrieval"})),
    "attach_refused_again": works("attach_refused_again"),
    "detach_404": works("detach_404"),
    "detach_500": works("detach_500"),
    "detach_noop": works("detach_noop"),
    "no_attach+falsy_ignored": any_end("no_attach", "falsy_ignored"),
}
GATEWAYS = {
    "delete_204": works("delete_204"),
    "delete_object_odd": works("delete_object_odd"),
    "unknown_500": works("unknown_500"),
    "unknown_200": works("unknown_200"),
    "created_201": works("created_201"),
    "beta_dropped": any_end("beta_dropped"),
}
UNPROVED = {"server:myla", "server:opengpts"}  # their cursors are times
SERVERS = {name: any_end(name, added=frozenset({"retrieval"}), keeps=name in UNPROVED) for name in BUNDLES}
SERVERS["server:opengpts,no files"] = any_end("server:opengpts", files=False, keeps=True)
SHORTER = {*LISTS, *OBJECTS, *GATEWAYS} - {"extra_fields", "null_lists"}
"""Servers that differ in what they answer: each kind of write once; every step of them is in the sweep."""
TABLE = {"none": works()} | LISTS | OBJECTS | CHANGES | ATTACHMENTS | GATEWAYS | SERVERS
CELLS = [(name, step) for name in TABLE for step in LIFE if step not in {"first", "destroy"}]
PAIRS = [(first, second) for first, second in combinations({**CHANGES, **ATTACHMENTS}, 2)]


@pytest.fixture
def lived(tmp_path, invoke, monkeypatch):
    """Play steps of a project's life on a server with these deviations; fail for what may never be."""
    monkeypatch.chdir(tmp_path)

    def live(behaviour, *steps):
        with Database.memory() as database:
            odd = create_app(database, faults=Faults(behaviour.deviations))
            app = create_app(database)
            with (
                running(odd) as url,
                running(app) as truth,
                httpx.Client(base_url=truth, verify=PLAIN) as true,
            ):
                site = Site(tmp_path, invoke, url, true, odd.state.ledger)
                verdicts = Life(site, behaviour).play(steps)
        if any(verdict.faults for verdict in verdicts):
            pytest.fail("\n".join(map(str, verdicts)), pytrace=False)

    return live


def some():
    """Return the names of the table; each second one that differs in its answers only is in `make sweep`."""
    later = [name for name in TABLE if name in SHORTER][1::2]
    return [pytest.param(name, marks=(pytest.mark.sweep,) * (name in later)) for name in TABLE]


@pytest.mark.parametrize("name", some())
def test_a_life_works_or_is_refused_for_a_reason(lived, name):
    lived(TABLE[name], *(SHORT if name in SHORTER else LIFE))


@pytest.mark.sweep
@pytest.mark.parametrize(("name", "step"), CELLS, ids=[f"{name}-{step}" for name, step in CELLS])
def test_one_step_of_a_life_works_or_is_refused_for_a_reason(lived, name, step):
    lived(TABLE[name], "first", step, "destroy")


@pytest.mark.sweep
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=["&".join(pair) for pair in PAIRS])
def test_a_life_with_two_behaviours_works_or_is_refused_for_a_reason(lived, first, second):
    both = TABLE[first], TABLE[second]
    deviations = tuple(each for one in both for each in one.deviations)
    files = all(one.files for one in both)
    lived(Behaviour(deviations, EVERY, files, added=frozenset({"retrieval"})), *LIFE)


def test_the_page_names_every_server_that_is_played_and_no_other():
    page = (Path(__file__).parents[2] / "docs/reliability.md").read_text()
    section = page.partition("## Servers that were tried\n")[2].partition("\n## ")[0]

    assert re.findall(r"^\| .* \| `(server:[a-z0-9-]+)` \|", section, re.MULTILINE) == list(BUNDLES)
