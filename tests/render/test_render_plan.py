"""What a person reads before and after an apply, letter for letter."""

import re
from dataclasses import replace
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.plans import field, values_of

from reconciler.model import address
from reconciler.model.change import Action, Change, Detail, Reason, Step, StepKind
from reconciler.model.outcome import Cause, Kept, Outcome, Report, Result, Verified
from reconciler.model.plan import Basis, Plan
from reconciler.render.document import plan_document, report_document
from reconciler.render.plan_view import NO_CHANGES, plan_view
from reconciler.render.report_view import report_view
from reconciler.render.terminal import painted
from reconciler.render.text import report_lines, view_lines
from reconciler.render.visible import shortened

SUPPORT, HANDBOOK = address.assistant("support"), address.file("docs/handbook.md")
UPLOAD, CREATE, UPDATE = Step(StepKind.UPLOAD), Step(StepKind.CREATE), Step(StepKind.UPDATE)
OLD, NEW = {"bytes": 2345, "sha256": "0123456789abcdef" * 4}, {"bytes": 12, "sha256": "f" * 64}


def planned(*changes, notices=()):
    return Plan("acme", "-", Basis("lineage", 3, "http://127.0.0.1:8123/v1"), changes, notices)


def shown(plan, *, colour=False):
    return painted(view_lines(plan_view(plan_document(plan))), colour=colour)


def reads(plan, expected):
    """Between the target and the summary a plan reads so."""
    head, body = shown(plan).split("\n", 1)
    assert head == "Target: http://127.0.0.1:8123/v1  project acme  state serial 3"
    assert body == dedent(expected)


def test_a_new_assistant_and_its_file():
    tool = {"type": "function"}
    fields = (
        field("name", None, "Support"),
        field("model", None, "gpt-5.6"),
        field("instructions", None, "Be kind.\nBe brief.\n", source="prompts/support.md"),
        field("tools.retrieval", None, tool),
        field("tools.function lookup", None, tool),
        field("metadata.team", None, "support"),
        field("metadata.a.b", None, "x"),
        field("files", None, ("docs/handbook.md", "file-abc")),
    )
    reads(
        planned(
            Change(HANDBOOK, Action.CREATE, Reason.NEW, (field("content", None, NEW),), (UPLOAD,)),
            Change(SUPPORT, Action.CREATE, Reason.NEW, fields, (CREATE,)),
        ),
        """\

          + file.docs/handbook.md will be uploaded
              + content       12 B  sha256 ffffffffffff

          + assistant.support will be created
              + name          "Support"
              + model         "gpt-5.6"
              + instructions  2 lines, 4 words, ~5 tokens  (prompts/support.md)
              + tools         retrieval, function lookup
              + metadata      team = "support", a.b = "x"
              + files         docs/handbook.md, file-abc

        Plan: 2 to add, 0 to change, 0 to destroy.
        """,
    )


def test_an_assistant_that_was_deleted_by_hand_is_created_again_and_says_why():
    reads(
        planned(Change(SUPPORT, Action.CREATE, Reason.GONE, steps=(CREATE,), drifted=True)),
        """\

          + assistant.support will be created
              was deleted on the server since the last apply

        Also: 1 drifted.
        Plan: 1 to add, 0 to change, 0 to destroy.
        """,
    )


PROMPT = "".join(f"{number}. Rule {number}.\n" for number in range(1, 13))


def test_an_update_shows_every_field_and_the_lines_of_a_prompt_that_differ():
    prompt = PROMPT.replace("Rule 2.", "Rule two.").replace("11. Rule 11.\n", "")
    fields = (
        field("name", "Support", "Support desk"),
        field("description", None, "Kind."),
        field("instructions", PROMPT, prompt, source="prompts/support.md"),
        field("metadata.team", "old", "new"),
        field("metadata.tier", None, "gold"),
        field("metadata.desk", "2", None),
    )
    reads(
        planned(Change(SUPPORT, Action.UPDATE, Reason.EDITED, fields, (UPDATE,), id="asst_1")),
        """\

          ~ assistant.support will be updated  asst_1
              ~ name          "Support" → "Support desk"
              + description   (none) → "Kind."
              ~ instructions  +1 -2 lines, 36 → 33 words, ~35 → ~32 tokens  (prompts/support.md)
                 1   │ 1. Rule 1.
                 2 - │ 2. Rule [-2-].
                 2 + │ 2. Rule {+two+}.
                 3   │ 3. Rule 3.
                 4   │ 4. Rule 4.
                   ⋮
                 9   │ 9. Rule 9.
                10   │ 10. Rule 10.
                11 - │ 11. Rule 11.
                11   │ 12. Rule 12.
              ~ metadata.team "old" → "new"
              + metadata.tier (none) → "gold"
              - metadata.desk "2" → (none)

        Plan: 0 to add, 1 to change, 0 to destroy.
        """,
    )


@pytest.mark.parametrize(("context", "rows"), [(0, 2), (1, 4), (99, 13)])
def test_a_view_keeps_as_many_unchanged_lines_as_are_asked_for(context, rows):
    fields = (field("instructions", PROMPT, PROMPT.replace("Rule 6.", "Rule six.")),)
    plan = planned(Change(SUPPORT, Action.UPDATE, Reason.EDITED, fields, (UPDATE,)))
    (entry,) = plan_view(plan_document(plan), context).entries

    assert sum(len(hunk) for hunk in entry.parts[0].comparison.hunks) == rows


def test_a_prompt_that_comes_or_goes_is_measured_and_not_printed():
    fields = (field("instructions", None, "Be kind."),)
    reads(
        planned(
            Change(SUPPORT, Action.UPDATE, Reason.EDITED, fields, (UPDATE,)),
            Change(
                address.assistant("returns"),
                Action.UPDATE,
                Reason.EDITED,
                (field("instructions", "Be kind.", None, cleared=True),),
                (UPDATE,),
            ),
        ),
        """\

          ~ assistant.support will be updated
              + instructions  1 line, 2 words, ~2 tokens

          ~ assistant.returns will be updated
              - instructions  removed (2 words, ~2 tokens)
                  no longer in the configuration, will be cleared

        Plan: 0 to add, 2 to change, 0 to destroy.
        """,
    )


def test_a_tool_shows_where_inside_it_differs():
    details = (
        Detail("description", "Look up.", None),
        Detail("parameters.properties.id.type", "string", "integer"),
        Detail("parameters.required.0", None, "id"),
        Detail("parameters.maximum", 1, 2),
    )
    fields = (
        field("tools.function lookup", {"a": 1}, {"a": 2}, details=details),
        field("tools.retrieval", None, {"type": "retrieval"}),
        field("tools.code_interpreter", {"type": "code_interpreter"}, None, cleared=True),
    )
    reads(
        planned(Change(SUPPORT, Action.UPDATE, Reason.EDITED, fields, (UPDATE,))),
        """\

          ~ assistant.support will be updated
              ~ tools.function lookup
                  description  "Look up." → (none)
                  parameters.properties.id.type  "string" → "integer"
                  parameters.required.0  (none) → "id"
                  parameters.maximum  1 → 2
              + tools.retrieval
              - tools.code_interpreter
                  no longer in the configuration, will be cleared

        Plan: 0 to add, 1 to change, 0 to destroy.
        """,
    )


def test_what_somebody_changed_by_hand_is_marked_and_set_back():
    fields = (
        field("model", "gpt-6", "gpt-5.6", drifted=True),
        field("metadata.team", "x", None, drifted=True, cleared=True),
    )
    reads(
        planned(Change(SUPPORT, Action.UPDATE, Reason.DRIFTED, fields, (UPDATE,), id="asst_1", drifted=True)),
        """\

          ~ assistant.support will be updated  asst_1
              changed on the server since the last apply
              ! model         "gpt-6" → "gpt-5.6"
                  changed on the server, will be set back
              ! metadata.team "x" → (none)
                  changed on the server, {absent}, will be cleared

        Also: 1 drifted.
        Plan: 0 to add, 1 to change, 0 to destroy.
        """.format(absent="no longer in the configuration"),
    )


def test_a_changed_file_is_swapped_wherever_it_is_attached():
    swap = (Step(StepKind.ATTACH, HANDBOOK), Step(StepKind.DETACH, HANDBOOK, "file-old"))
    other = (Step(StepKind.ATTACH, "file-abc", "file-abc"), Step(StepKind.DETACH, "file-xyz", "file-xyz"))
    reads(
        planned(
            Change(
                HANDBOOK,
                Action.REPLACE,
                Reason.CONTENT,
                (field("content", OLD, NEW),),
                (UPLOAD, Step(StepKind.DELETE, id="file-old")),
                id="file-old",
            ),
            Change(SUPPORT, Action.UPDATE, Reason.FOLLOWS, steps=swap, id="asst_1", follows=(HANDBOOK,)),
            Change(
                address.assistant("full"),
                Action.UPDATE,
                Reason.EDITED,
                steps=other,
                note="all 20 places for files are taken: this swap detaches before it attaches",
            ),
        ),
        """\

          ~ file.docs/handbook.md will be replaced  file-old
              its content changed
              ~ content       2.3 KB → 12 B  sha256 0123456789ab → ffffffffffff
              - delete upload  file-old

          ~ assistant.support will be updated  asst_1
              follows a file whose content changed
              + attach docs/handbook.md (new upload)
              - detach docs/handbook.md (old upload)  file-old

          ~ assistant.full will be updated
              all 20 places for files are taken: this swap detaches before it attaches
              + attach file-abc
              - detach file-xyz

        Also: 1 following a file.
        Plan: 0 to add, 2 to change, 0 to destroy.
        """,
    )


def test_what_is_adopted_forgotten_and_deleted():
    reads(
        planned(
            Change(SUPPORT, Action.ADOPT, Reason.MARKED, id="asst_1"),
            Change(address.assistant("lost"), Action.FORGET, Reason.GONE, id="asst_2"),
            Change(
                address.assistant("old"),
                Action.DELETE,
                Reason.UNDECLARED,
                steps=(Step(StepKind.DELETE, id="asst_3"),),
                id="asst_3",
            ),
            Change(HANDBOOK, Action.DELETE, Reason.DESTROY, steps=(Step(StepKind.DELETE),), id="file-1"),
            notices=("asst_9 has our ownership mark as assistant.gone",),
        ),
        """\

          ~ assistant.support will be adopted  asst_1
              found on the server by its ownership mark

          ~ assistant.lost will be forgotten  asst_2
              was deleted on the server since the last apply

          - assistant.old will be destroyed  asst_3
              no longer in the configuration

          - file.docs/handbook.md will be deleted  file-1

          ! asst_9 has our ownership mark as assistant.gone

        Also: 1 to adopt, 1 to forget.
        Plan: 0 to add, 0 to change, 2 to destroy.
        """,
    )


def test_what_is_adopted_and_changed_counts_as_changed_only():
    fields = (field("name", "a", "b"),)
    reads(
        planned(Change(SUPPORT, Action.ADOPT, Reason.MARKED, fields, (UPDATE,), id="asst_1")),
        """\

          ~ assistant.support will be adopted  asst_1
              found on the server by its ownership mark
              ~ name          "a" → "b"

        Plan: 0 to add, 1 to change, 0 to destroy.
        """,
    )


def test_what_is_refused_says_why_and_what_to_do_and_is_not_counted():
    fields = (field("name", "a", "b"),)
    reads(
        planned(
            Change(
                SUPPORT,
                Action.DELETE,
                Reason.UNDECLARED,
                fields,
                (Step(StepKind.DELETE),),
                id="asst_1",
                refused="prevent_destroy is set: set it to false and apply first",
            )
        ),
        """\

          ! assistant.support cannot be destroyed  asst_1
              no longer in the configuration
              prevent_destroy is set: set it to false and apply first

        Also: 1 refused.
        Plan: 0 to add, 0 to change, 0 to destroy.
        """,
    )


@pytest.mark.parametrize("action", Action)
def test_every_action_can_be_refused_in_words(action):
    text = shown(planned(Change(SUPPORT, action, Reason.NEW, refused="no")))
    assert re.search(r"  ! assistant\.support cannot be [a-z]+\n      no\n", text)


def test_a_change_that_does_nothing_is_shown_only_with_a_note():
    silent = Change(address.assistant("silent"), Action.NOOP, Reason.SAME)
    noted = Change(HANDBOOK, Action.NOOP, Reason.IN_USE, note="kept: assistant.returns needs it")
    assert shown(planned(silent, noted)).splitlines()[1:] == [
        "",
        "    file.docs/handbook.md stays as it is",
        "      still attached to an assistant that stays",
        "      kept: assistant.returns needs it",
        "",
        NO_CHANGES,
    ]


def test_a_plan_without_changes_says_so_in_the_words_that_tools_look_for():
    reads(planned(), "\nNo changes. Your assistants match the configuration.\n")


def test_a_long_value_is_cut_and_a_long_line_is_not_wrapped():
    fields = (field("description", "x" * 55, "y" * 54),)
    change = Change(SUPPORT, Action.UPDATE, Reason.EDITED, fields, (UPDATE,), note="z" * 300)
    for colour in (False, True):
        text = without_colour(shown(planned(change), colour=colour))
        assert f'"{"x" * 53}…" → "{"y" * 54}"\n' in text
        assert f"      {'z' * 300}\n" in text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (2345, "2.3 KB"),
        (1_000_000, "1.0 MB"),
        (512 * 1024 * 1024, "536.9 MB"),
        (2_500_000_000, "2.5 GB"),
        (9_000_000_000_000, "9000.0 GB"),
    ],
)
def test_sizes_read_as_people_say_them(count, text):
    assert shortened(count) == text


def result(result, message="", *, change=None, **rest):
    created = Change(SUPPORT, Action.CREATE, Reason.NEW, steps=(CREATE,))
    return Outcome(change or created, result, message=message, **rest)


def told(*outcomes, interrupted=0):
    document = report_document(Report(outcomes, interrupted), planned())
    text = painted(report_lines(report_view(document)), colour=False)
    assert painted(report_lines(report_view(document, is_end=True)), colour=False) == text
    return text


def test_a_complete_apply_ends_in_the_words_that_tools_look_for():
    deleted = Change(HANDBOOK, Action.DELETE, Reason.UNDECLARED, steps=(Step(StepKind.DELETE),))
    assert told(result(Result.APPLIED), result(Result.APPLIED, change=deleted)) == (
        "\nApply complete! Resources: 1 added, 0 changed, 1 destroyed.\n"
    )


def test_an_apply_can_be_complete_and_still_have_something_to_say():
    assert told(result(Result.APPLIED, "its old upload is still there")) == (
        "\nWarning: assistant.support: its old upload is still there\n"
        "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"
    )


def test_what_was_not_applied_is_told_with_its_cause_and_the_next_step():
    text = told(
        replace(result(Result.APPLIED), written=True),
        result(Result.FAILED, "the server said no", cause=Cause.ERROR, request_id="req_1"),
        result(Result.SKIPPED, "it needs file.a, which failed"),
        result(Result.UNKNOWN, "no answer within 60 s"),
    )
    assert text == dedent(
        """\

        Error: assistant.support: the server said no (request req_1)
        Skipped: assistant.support: it needs file.a, which failed
        Unknown: assistant.support: no answer within 60 s
        Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed.
        Not applied: 3 of 4. Completed changes are recorded. Fix the cause and run the command again.
        """
    )


def test_an_apply_says_how_many_values_were_verified():
    kept = (Verified("name", Kept.DECLARED, "a", "a"), Verified("model", Kept.NORMALISED, "B", "b"))
    text = told(result(Result.APPLIED, "the server keeps model in a form of its own", verified=kept))
    assert text == (
        "\nWarning: assistant.support: the server keeps model in a form of its own\n"
        "Verified: 1 value as declared, 1 in another form.\n"
        "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"
    )


def test_values_that_a_server_did_not_keep_are_shown_with_the_failure():
    values = (
        Verified("name", Kept.IGNORED, "New", "Old"),
        Verified("metadata.team", Kept.LOST, "sk-" + "aB3" * 10, None),
        Verified("model", Kept.DECLARED, "b", "b"),
    )
    text = told(result(Result.FAILED, "x ignored name", cause=Cause.IGNORED, written=True, verified=values))
    assert text == dedent(
        """\

        Error: assistant.support: x ignored name
              ! name          "New" → "Old"  (sent → kept)
              ! metadata.team "sk-******************************" → (none)  (lost)
        Verified: 1 value as declared, 1 ignored, 1 lost.
        Apply incomplete. Resources: 0 added, 0 changed, 0 destroyed.
        Not applied: 1 of 1. Completed changes are recorded. Fix the cause and run the command again.
        """
    )


def test_a_long_value_that_a_server_cut_is_compared_line_by_line():
    values = (Verified("instructions", Kept.IGNORED, "Be kind.\nBe brief.\n", "Be kind.\n"),)
    text = told(result(Result.FAILED, "x", cause=Cause.IGNORED, written=True, verified=values))
    assert "      ! instructions  (sent → kept)\n" in text
    assert "2 - │ Be brief.\n" in text


def test_a_change_that_a_server_takes_in_part_says_which_part():
    change = Change(
        SUPPORT, Action.UPDATE, Reason.EDITED, (field("name", "a", "b"),), (UPDATE,), unmet="x ignored model"
    )
    reads(
        planned(change),
        """\

          ~ assistant.support will be updated in part
              x ignored model
              ~ name          "a" → "b"

        Also: 1 refused in part.
        Plan: 0 to add, 1 to change, 0 to destroy.
        """,
    )


def test_an_interrupted_apply_is_not_complete():
    text = told(result(Result.APPLIED), result(Result.SKIPPED, "interrupted"), interrupted=2)
    assert "Apply incomplete. Resources: 1 added, 0 changed, 0 destroyed.\nNot applied: 1 of 2." in text


SGR = re.compile(r"\x1b\[[0-9;]*m")


def without_colour(text):
    return SGR.sub("", text)


HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]8;;https://example.org\x07link\x1b]8;;\x07",
    "\x1b]52;c;c2VjcmV0\x07",
    "\x9b2J",
    "over\rwritten",
    "two\nlines",
    "\n::error::forged",
    "::error::forged",
    "\u2028::set-output name=x::y",
    "##[add-mask]the",
    "\u202egnp.exe\u202c",
    "\u2066a\u2069",
    "[bold]loud[/bold]",
    "[link=https://example.org]x[/link]",
    "[/nothing]",
    ":smile:",
    "\U000e0041\U000e0042",
    "\ufe00\ufe01\ufe02",
    "\0\x08\x7f",
    "\ud800",
    "tab\there",
    "trailing blank ",
]


def everywhere(text):
    """A plan and a report with a text in every place that a stranger can write to."""
    where = address.file(text)
    fields = (
        field("name", text, text + "!", drifted=True),
        field(f"metadata.{text}", text, None, source=text),
        field("instructions", f"a\n{text}\n", f"{text}\nb", source=text),
        field(f"tools.{text}", {}, {}, details=(Detail(text, text, text),)),
        field(f"tools.{text}", None, {}),
    )
    created = (
        field(f"metadata.{text}", None, text),
        field("instructions", None, text, source=text),
        field("files", None, (text,)),
        field(f"tools.{text}", None, {}),
    )
    steps = (Step(StepKind.ATTACH, where, text), Step(StepKind.DETACH, text, text))
    change = Change(where, Action.UPDATE, Reason.EDITED, fields, steps, text, note=text)
    plan = Plan(
        text,
        "-",
        Basis("lineage", 1, text),
        (
            change,
            Change(SUPPORT, Action.UPDATE, Reason.RENAMED, steps=(UPDATE,), unmet=text),
            Change(address.assistant(text), Action.CREATE, Reason.NEW, created, (CREATE,)),
            Change(where, Action.DELETE, Reason.NEW, refused=text),
        ),
        (text,),
    )
    outcomes = (
        Outcome(change, Result.APPLIED, message=text),
        Outcome(change, Result.FAILED, message=text, request_id=text),
        Outcome(change, Result.FAILED, Cause.IGNORED, message=text, verified=values_of(text)),
    )
    return [
        *view_lines(plan_view(plan_document(plan))),
        *report_lines(report_view(report_document(Report(outcomes), plan))),
    ]


def acts_on_nothing(text):
    """Neither a terminal nor a build service finds anything to obey."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_acts_on_whoever_shows_it(text):
    plain = painted(everywhere(text), colour=False)
    acts_on_nothing(plain)
    assert plain.count("\n") == painted(everywhere("harmless"), colour=False).count("\n") + text.count("\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_colour_changes_nothing_but_colour(text):
    coloured = painted(everywhere(text), colour=True)
    assert "\x1b[" in coloured
    assert without_colour(coloured) == painted(everywhere(text), colour=False)


@given(st.text(min_size=1, max_size=40))
def test_no_text_at_all_acts_on_whoever_shows_it(text):
    acts_on_nothing(painted(everywhere(text), colour=False))
    acts_on_nothing(without_colour(painted(everywhere(text), colour=True)))
