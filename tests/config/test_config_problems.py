"""Many mistakes: the first hundred are shown, the others counted, and an end is put to endless ones."""

from dataclasses import replace

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.problems import KEPT, Problems
from reconciler.config.source import Source
from reconciler.model.diagnostic import MOST_COUNTED, Diagnostic, Origin, did_you_mean


def error(number, message="wrong"):
    return Diagnostic("AS101", message, Origin("a.yaml", number))


def warning(number):
    return error(number, "doubtful").as_warning()


def test_the_first_hundred_are_kept_in_the_order_of_their_positions():
    problems = Problems(error(number) for number in range(150, 0, -1))
    assert [problem.origin.line for problem in problems.ordered()] == list(range(51, 151))
    assert problems.omitted == 50


def test_an_error_is_shown_whatever_warnings_came_before_it():
    problems = Problems([*(warning(number) for number in range(1, 20_000)), error(20_000)])
    assert len(problems.ordered()) == KEPT
    assert error(20_000) in problems.ordered()
    assert problems.has_errors


def test_a_problem_that_is_met_again_is_not_counted_again():
    problems = Problems([error(1), error(1), error(2)])
    assert (len(problems.ordered()), problems.omitted) == (2, 0)


def test_warnings_alone_end_nothing():
    problems = Problems(warning(number) for number in range(3 * MOST_COUNTED))
    assert not problems.has_errors
    assert problems.total == MOST_COUNTED


@pytest.mark.parametrize("more", [MOST_COUNTED, 10 * MOST_COUNTED])
def test_the_ten_thousandth_error_ends_the_reading(more):
    with pytest.raises(ConfigError) as ended:
        Problems(error(number) for number in range(more))
    assert len(ended.value.diagnostics) == KEPT
    assert ended.value.omitted == MOST_COUNTED - KEPT

    problems = Problems([error(1)])
    with pytest.raises(ConfigError):
        problems.count(more)


def untracked(number, path=""):
    path = path or f"{number}.md"
    reason = "is not in git's index"
    return replace(error(number, f"{path} {reason}"), code="AS306", reason=reason, file=path)


def test_problems_with_one_cause_leave_room_for_the_others():
    problems = Problems([*(untracked(number) for number in range(300, 100, -1)), *map(error, range(1, 90))])
    *others, last = problems.ordered()
    assert (len(others), problems.total, problems.omitted) == (89, 90, 0)
    assert (last.origin.line, last.message) == (101, "101.md is not in git's index (and 199 more files)")


def test_a_copy_counts_the_files_of_a_cause_by_itself():
    problems = Problems([untracked(1)])
    problems.copy().append(untracked(2))
    assert problems.ordered() == (untracked(1),)


def test_endless_problems_with_one_cause_end_the_reading_too():
    with pytest.raises(ConfigError) as ended:
        Problems(untracked(number) for number in range(2 * MOST_COUNTED))
    assert len(ended.value.diagnostics) == 1


def test_a_copy_goes_its_own_way():
    problems = Problems([error(1)])
    other = problems.copy()
    other.append(error(2))
    assert (problems.total, other.total) == (1, 2)


def test_an_excerpt_of_a_long_line_is_cut_around_its_problem():
    source = Source("a.yaml", "x" * 500_000 + "HERE" + "y" * 500_000)
    problem = source.diagnostic("AS101", "wrong", source.at(500_000, 4))
    ((number, line),) = problem.excerpt.lines
    assert (number, len(line) < 200) == (1, True)
    assert line[problem.excerpt.column - 1 :].startswith("HERE")


def test_a_key_is_masked_before_a_line_is_cut():
    source = Source("a.yaml", "x" * 80 + " sk-" + "a1" * 500)
    for column in range(1, 1080, 40):
        problem = source.diagnostic("AS101", "wrong", Origin("a.yaml", 1, column))
        assert "a1" not in problem.excerpt.lines[0][1]


def test_a_file_that_must_not_be_quoted_is_not():
    source = Source("a.yaml", "secret\n", is_quoted=False)
    problem = source.diagnostic(
        "AS201", "unknown field `secret`", source.at(0), label="secret", help="secret"
    )
    assert problem.excerpt is None
    assert (str(problem.origin), problem.message) == ("a.yaml:1:1", "an unknown field")
    assert "secret" not in problem.help + problem.label


def test_a_message_shows_no_more_of_a_key_than_an_excerpt():
    key = "sk-proj-aaaabbbbccccddddeeeeffff1234"
    problem = Diagnostic("AS201", f"unknown field `{key}`", Origin("a.yaml"), help=f"not {key}")
    assert problem.message == f"unknown field `sk-{'*' * (len(key) - 3)}`"
    assert key not in problem.help


def test_a_message_repeats_no_more_than_a_part_of_a_long_text():
    problem = Diagnostic("AS101", "x" * 10_000, Origin("a.yaml"), help="y" * 10_000)
    assert len(problem.message) == len(problem.help) == 1_001


def test_a_spelling_is_looked_for_among_no_more_than_time_allows():
    assert did_you_mean("modle", ["name", "model"]) == "did you mean `model`?"
    assert did_you_mean("x" * 1_000_000, ["x" * 999_999]) == ""
    known = (f"name{number}" for number in range(10**12))
    did_you_mean("nam0", known)
    assert int(next(known).removeprefix("name")) < 100_000


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("project: p\nassistants:\n" + "".join(f"  A{n}: {{}}\n" for n in range(3_000)), "AS403"),
        (
            "project: p\nassistants: {a: {model: m, " + ", ".join(f"x{n}: 1" for n in range(3_000)) + "}}\n",
            "AS201",
        ),
        (
            "project: p\nassistants: {a: {model: m, metadata: {"
            + ", ".join(f"k{n}: 1" for n in range(3_000))
            + "}}}\n",
            "AS202",
        ),
        (
            "project: p\nassistants: {a: {model: m}}\nlint: {allow_characters: [" + "U+XX, " * 3_000 + "]}\n",
            "AS202",
        ),
        ("project: p\nassistants: {a: {model: m}}\nremoved:\n" + "  - x\n" * 3_000, "AS425"),
        (
            "project: p\nassistants: {a: {model: m}}\nvars:\n"
            + "".join(f"  -{n}x: y\n" for n in range(3_000)),
            "AS421",
        ),
    ],
    ids=lambda value: value if value[:2] == "AS" else "",
)
def test_of_many_mistakes_of_a_kind_a_hundred_are_shown(written, kind, workspace, means):
    workspace.configure(written)
    with pytest.raises(ConfigError) as caught:
        means()
    assert len(caught.value.diagnostics) == KEPT
    assert kind in {problem.code for problem in caught.value.diagnostics}
    assert caught.value.omitted > 2_000


def test_a_mistake_that_many_assistants_share_is_counted_once(workspace, means):
    names = "".join(f"  A{number}: {{}}\n" for number in range(150))
    shared = "".join(f"  a{number}: {{}}\n" for number in range(3_000))
    description = "x" * 513
    workspace.configure(
        f"project: p\ndefaults: {{model: m, description: {description}}}\nassistants:\n{names}{shared}"
    )
    with pytest.raises(ConfigError) as caught:
        means()
    assert len(caught.value.diagnostics) + caught.value.omitted == 151


def test_what_is_above_a_limit_is_not_looked_into(workspace, refused):
    workspace.configure(
        "project: p\nassistants:\n  a:\n    model: m\n    files: ["
        + "no.md, " * 3_000
        + "]\n    tools:\n"
        + "      - {type: function, function: {name: a b}}\n" * 3_000
    )
    assert [problem.partition(": ")[2] for problem in refused()] == [
        "3000 files; the limit is 20",
        "3000 tools; the limit is 128",
    ]


@pytest.mark.parametrize(
    "defaults",
    [
        "instructions: " + "x" * 32_000,
        "metadata: {" + ", ".join(f"k{n}: {'x' * 500}" for n in range(15)) + "}",
        "tools: ["
        + ", ".join(
            f"{{type: function, function: {{name: f{n}, description: {'x' * 900}}}}}" for n in range(100)
        )
        + "]",
    ],
    ids=["prompt", "metadata", "tools"],
)
def test_defaults_do_not_multiply_without_an_end(defaults, workspace, refused):
    names = "".join(f"  a{number}: {{}}\n" for number in range(10_000))
    workspace.configure(f"project: p\ndefaults: {{model: m, {defaults}}}\nassistants:\n{names}")
    (problem,) = refused()
    assert problem.endswith("the values of all assistants together have more than 64,000,000 characters")


def test_a_prompt_does_not_grow_without_an_end(workspace, refused):
    workspace.write("p.md", "x" * 500_000)
    workspace.configure(
        "project: p\nvars: {x: " + "y" * 30_000 + "}\nassistants:\n"
        "  a: {model: m, instructions: {include: [p.md, p.md, p.md]}}\n"
        "  b: {model: m, instructions: {text: '" + "${var.x}" * 100 + "', template: true}}\n"
    )
    assert [problem.partition(": ")[2] for problem in refused()] == [
        "the prompt would have more than 1,000,000 characters"
    ] * 2
