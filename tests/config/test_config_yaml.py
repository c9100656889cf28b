"""What YAML text means, and where each part of it stands."""

import json
import re
import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.errors import ConfigError
from reconciler.config.source import Source
from reconciler.config.text import MAX_DEPTH, compose
from reconciler.model.diagnostic import Origin


def meaning(text):
    return compose(Source("a.yaml", text)).plain()


def refusal(text, path="a.yaml"):
    with pytest.raises(ConfigError) as refused:
        compose(Source(path, text))
    (problem,) = refused.value.diagnostics
    return problem


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("Off", "Off"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("~", None),
        ("null", None),
        ("", None),
        ("nUll", "nUll"),
        ("012", 12),
        ("+12", 12),
        ("-0", 0),
        ("0o14", 12),
        ("0O14", "0O14"),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2001-12-14", "2001-12-14"),
        ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
        ("1.50", 1.5),
        ("6.", 6.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        ('""', ""),
    ],
)
def test_a_plain_word_means_what_yaml_1_2_says(written, meant):
    found = meaning(f"- {written}\n")[0]
    assert found == meant
    assert type(found) is type(meant)


# YAML 1.2.2, section 10.3.2, where it is easily misread; what only YAML 1.1 knew is a text.
CORE = [
    (None, "null Null NULL ~"),
    (True, "true True TRUE"),
    (False, "false False FALSE"),
    (0, "0 -0 +0 00 0o0 0x0"),
    (12, "12 +12 012 0o14 0xC 0xc"),
    (-12, "-12 -012"),
    (31, "0x1F 0x1f 0o37"),
    (2**64 - 1, "18446744073709551615 0xFFFFFFFFFFFFFFFF"),
    (0.5, ".5 +.5 0.5 5e-1 5.E-01 .5e0 0.50"),
    (-0.5, "-.5 -0.5 -5E-1"),
    (1000.0, "1e3 1E3 1e+3 1.e3 +1.0e03 10e2 1000. 1000.0"),
]
TEXTS = """
    no No NO yes Yes YES on On ON off Off OFF y Y n N nuLL nil none None tRue fALSE ~x true,
    .inf -.inf +.inf .Inf .INF .nan .NaN .NAN inf nan NaN Infinity
    0o8 0o 0O14 0x 0xG 0X1F -0x1F +0o14 0b11 1_000 0x1_F 1,000 1% 1d 0.5f
    . -. + -x .e1 e3 1e 1e+ 1e3.5 1.2.3 ++1 +-1 --1 1- 1.x v1 ½ ١٢ \uff11\uff12
    12:30 12:30:45 1:1.5 190:20:30 2026-11-22 2026-11-22T10:00:00Z
    = < <<= a#b a:b -a ?a :a a,b]
"""


@pytest.mark.parametrize(("meant", "written"), [(value, one) for value, ones in CORE for one in ones.split()])
def test_a_plain_scalar_of_the_core_schema_is_a_value(meant, written):
    (found,) = meaning(f"- {written}\n")
    assert (type(found), found) == (type(meant), meant)


@pytest.mark.parametrize("written", [*TEXTS.split(), "2026-11-22 10:00:00", "1 000", "null x", "a b"])
def test_any_other_plain_scalar_is_the_text_it_is(written):
    assert meaning(f"- {written}\n") == [written]
    assert meaning(f"a:\n  {written} # a comment\n") == {"a": written}


@pytest.mark.parametrize("written", [one for _, ones in CORE for one in ones.split()])
def test_a_value_in_quotes_or_in_a_block_is_a_text(written):
    quoted = f"- '{written}'\n- \"{written}\"\n- |-\n {written}\n- >-\n {written}\n"
    assert meaning(quoted) == [written] * 4


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 2**64 - 1, -(2**64), 10**299])
def test_no_digit_of_a_large_number_is_lost(number):
    assert meaning(f"maximum: {number}") == {"maximum": number}


def test_a_number_that_no_float_can_hold_stays_text():
    assert meaning(f"maximum: {'9' * 400}") == {"maximum": "9" * 400}


def test_block_scalars_keep_their_lines():
    assert meaning("a: |\n  one\n  two\nb: >-\n  one\n  two\n") == {"a": "one\ntwo\n", "b": "one two"}


def test_windows_line_ends_are_read():
    assert meaning("a: 1\r\nb: two\r\n") == {"a": 1, "b": "two"}


def test_an_excerpt_of_a_file_with_windows_line_ends_shows_none_of_them():
    problem = refusal("a: 1\r\nb: *x\r\nc: 3\r\n")
    assert problem.excerpt.lines == ((1, "a: 1"), (2, "b: *x"), (3, "c: 3"))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFF, exclude_categories=["C", "Zl", "Zp"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(string.ascii_letters + "äß 日🚀", max_size=20), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_a_json_text_means_what_json_says(value):
    assert meaning(json.dumps(value, ensure_ascii=False)) == value


WORDS = st.text(string.ascii_letters + "äß日🚀👩", min_size=1, max_size=8)
TREES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(WORDS, inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


def flow(tree, comma):
    """A tree in YAML's flow style, with a separator of one's choice."""
    if isinstance(tree, dict):
        return "{" + comma.join(f'"{key}": {flow(inner, comma)}' for key, inner in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + comma.join(flow(inner, comma) for inner in tree) + "]"
    return f'"{tree}"'


def origins(node):
    """Every quoted scalar of a node and where it is said to stand."""
    if isinstance(node.value, dict):
        yield from ((key, node.key(key)) for key in node.positions)
        for inner in node.value.values():
            yield from origins(inner)
    elif isinstance(node.value, list):
        for inner in node.value:
            yield from origins(inner)
    else:
        yield node.value, node.origin


@given(TREES, st.sampled_from([", ", ",\n  ", ",   # 🚀 comment\n"]))
def test_the_text_at_the_place_of_a_scalar_is_that_scalar(tree, comma):
    source = Source("a.yaml", flow(tree, comma) + "\n")
    node = compose(source)
    assert node.plain() == tree
    assert all(source.written(origin) == f'"{scalar}"' for scalar, origin in origins(node))


def test_a_place_counts_characters_not_bytes():
    node = compose(Source("a.yaml", "{🚀: one, ä: two}"))
    assert node.at("ä") == Origin("a.yaml", 1, 13, 3)
    assert node.key("ä") == Origin("a.yaml", 1, 10, 1)


@given(st.integers(0, 3))
def test_every_character_has_its_place(lines):
    text = "\n" * lines + "ab"
    assert Source("a.yaml", text).at(len(text) - 1) == Origin("a.yaml", lines + 1, 2)


def test_a_place_that_does_not_exist_is_that_of_what_would_contain_it():
    node = compose(Source("a.yaml", "a:\n  - b: c\n"))
    assert node.at("a", 0, "b", "deeper") == Origin("a.yaml", 2, 8)
    assert node.at("a", 7) == Origin("a.yaml", 2, 3)
    assert node.at("a", "b") == Origin("a.yaml", 2, 3)
    assert node.key("a", 0, "nothing") == node.at("a", 0)
    assert node.key("z", "a") == Origin("a.yaml", 1, 1)
    assert node.key() == node.origin


def test_what_is_there_is_told_from_what_is_not():
    node = compose(Source("a.yaml", "a: [~]\n"))
    assert node.has("a")
    assert node.has("a", 0)
    assert not node.has("a", 1)
    assert not node.has("b", 0)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_hundred_thousand_levels_end_quickly_with_a_place(opening):
    problem = refusal(opening * 100_000)
    assert problem.message == f"nested deeper than {MAX_DEPTH} levels"
    assert problem.origin.column == MAX_DEPTH * len(opening) + 1


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("[" * 3000 + "]" * 3000, Origin("a.yaml", 1, MAX_DEPTH + 1)),
        ("[\n" * 3000, Origin("a.yaml", MAX_DEPTH + 1, 1)),
        ("a: " + "[" * 3000, Origin("a.yaml", 1, MAX_DEPTH + 3)),
        ("[a, " * 3000, Origin("a.yaml", 1, 4 * MAX_DEPTH + 1)),
        ("{a: " * 3000, Origin("a.yaml", 1, 4 * MAX_DEPTH + 1)),
        ("- " * 3000, Origin("a.yaml", 1, 2 * MAX_DEPTH + 1)),
        (
            "".join(" " * level + "a:\n" for level in range(3000)),
            Origin("a.yaml", MAX_DEPTH + 1, MAX_DEPTH + 1),
        ),
    ],
    ids=["closed", "lines", "in a block", "after a value", "mappings", "list of lists", "blocks"],
)
def test_the_depth_is_refused_where_it_exceeds_our_limit(text, origin):
    problem = refusal(text)

    assert (problem.code, problem.message) == ("AS107", f"nested deeper than {MAX_DEPTH} levels")
    assert problem.origin == origin


def test_what_is_wrong_before_the_depth_is_refused_first():
    assert refusal("a: 1\na: 2\nb: " + "[" * 3000).code == "AS105"


@pytest.mark.parametrize("words", ["exceeded maximum nesting depth", "Maximum nesting level reached"])
@pytest.mark.parametrize(
    ("limit", "message", "column"),
    [
        (MAX_DEPTH + 8, f"nested deeper than {MAX_DEPTH} levels", MAX_DEPTH + 1),
        (8, "nested deeper than the parser reads", 9),
    ],
)
def test_a_parser_with_a_limit_of_its_own_refuses_the_depth(monkeypatch, words, limit, message, column):
    class Limited(yaml.SafeLoader):
        def fetch_flow_sequence_start(self):
            if self.flow_level == limit:
                raise yaml.scanner.ScannerError(None, None, words, self.get_mark())
            super().fetch_flow_sequence_start()

    monkeypatch.setattr("reconciler.config.text._LOADER", Limited)
    problem = refusal("[" * (MAX_DEPTH + 20))

    assert (problem.code, problem.message) == ("AS107", message)
    assert problem.origin == Origin("a.yaml", 1, column)


def test_the_deepest_level_allowed_is_read():
    assert json.dumps(meaning("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == "[" * MAX_DEPTH + "]" * MAX_DEPTH


def test_more_values_than_anybody_writes_are_refused(monkeypatch):
    monkeypatch.setattr("reconciler.config.text.MAX_NODES", 3)
    problem = refusal("[1, 2,\n 3]")
    assert problem.message == "more than 3 values in a file of this size"
    assert problem.origin == Origin("a.yaml", 2, 2)


@given(st.text(max_size=60) | st.text(alphabet="[]{}:,-&*!|>'\"%@`#? \n\tab01.<~", max_size=60))
def test_whatever_is_written_is_read_or_refused_with_a_place_in_the_text(text):
    source = Source("a.yaml", text)
    try:
        compose(source)
    except ConfigError as refused:
        (problem,) = refused.diagnostics
        assert 1 <= problem.origin.line <= text.count("\n") + 1
        assert problem.message


@pytest.mark.parametrize(
    "character", ["\0", "\a", "\b", "\v", "\f", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\uffff"]
)
def test_a_character_that_cannot_be_seen_is_refused_where_it_stands(character):
    problem = refusal(f"a: 1\nb: x{character}y\n")
    assert problem.message == f"U+{ord(character):04X} cannot be seen, so it can hide text from a reviewer"
    assert problem.origin == Origin("a.yaml", 2, 5)


@pytest.mark.parametrize("key", ["<<", "? [a]\n", "1", "~", '"a\\u202eb"', '"\\0"', '"\\u2028"'])
def test_only_what_a_reviewer_can_read_is_a_key(key):
    assert refusal(f"{key}: 1\n").origin.line == 1


def test_a_quoted_merge_key_is_an_ordinary_key():
    assert meaning('"<<": 1') == {"<<": 1}


def test_the_language_that_is_not_valid_is_the_files_own():
    assert refusal("{", "tools/lookup.json").message.startswith("not valid JSON: ")
    assert refusal("{").message.startswith("not valid YAML: ")


def test_an_unknown_directive_is_refused_without_more_words_than_the_parser_has():
    assert refusal("%YAML 3.0\n---\na: 1\n").message == "not valid YAML: found incompatible YAML document"


def test_the_end_of_a_closed_document_is_no_second_one():
    assert meaning("---\na: 1\n...\n") == {"a": 1}


@pytest.mark.parametrize("text", ["[?a]", "{?a: b}", '[?"a": b]', "x: {b: c,\n ?a : d}", "[?\ta, ?b]"])
def test_a_question_mark_that_the_parser_would_lose_is_refused(text):
    problem = refusal(text)
    assert problem.message == "not valid YAML: `?` begins a key only before a space"
    assert refusal(text).origin == Source("a.yaml", text).at(text.rindex("?") + 1, problem.origin.width)


def test_a_question_mark_is_read_where_it_is_plain():
    assert meaning("?a: b\n? c\n: ?d\n") == {"?a": "b", "c": "?d"}
    assert meaning("{? a : b, c?: d?}") == {"a": "b", "c?": "d?"}


@pytest.mark.parametrize("text", ["a: |\n    \n  # b\nc: d\n", "a: >-\n\n# b\n", "|\n# b", "- |2\n # b\n"])
def test_a_block_that_a_comment_may_have_emptied_is_refused(text):
    problem = refusal(text)
    assert problem.message == "not valid YAML: a block of nothing, and a comment where its text should be"
    assert problem.origin == Source("a.yaml", text).at(re.search(r"[|>]", text).start(), problem.origin.width)


def test_a_block_may_hold_a_heading_or_nothing():
    assert meaning("a: |\n  # b\n  c\nd: |\ne: >-\n\n\nf: |\n  g\n# h\n") == {
        "a": "# b\nc\n",
        "d": "",
        "e": "",
        "f": "g\n",
    }


def test_many_handles_of_tags_end_at_the_first_one():
    problem = refusal("# a\n" + "".join(f"%TAG !{number:x}! b\n" for number in range(200_000)) + "--- c\n")
    assert (problem.code, problem.origin) == ("AS103", Origin("a.yaml", 2, 1, 4))


def test_an_exponent_may_have_zeros_in_front():
    assert meaning("[1e0003, 0.e0102, 1e-0007]") == [1000.0, 0.0, 1e-7]


@pytest.mark.parametrize("text", ["\ufeffa: b", "a:\n\ufeff  b: c", "a: 'b\ufeff'", "a: b\n\ufeff"])
def test_a_byte_order_mark_is_refused_wherever_it_stands(text):
    assert refusal(text).origin == Source("a.yaml", text).at(text.index("\ufeff"))


def test_a_place_behind_an_emoji_in_json_is_right():
    source = Source("a.json", '{"a": "\\ud83d\\ude80", "b": "\\u00e9 \\ud83d\\ude80\\ud83d\\ude80", "c": 1}')
    node = compose(source)
    assert node.plain() == {"a": "🚀", "b": "é 🚀🚀", "c": 1}
    assert source.written(node.key("c")) == '"c"'
    assert source.written(node.at("c")) == "1"


def test_only_what_json_calls_a_pair_is_one():
    assert "hexdecimal" in refusal('"\\UD83D\\uDE00"', "a.json").message
    assert "escape" in refusal('"\\ud83d\\ude00"').message
