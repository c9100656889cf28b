"""Characters that cannot be seen: every code point, what scripts need, and what only hides."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reconciler.config.invisible import unseen
from reconciler.model.characters import HIDDEN, MARKS, RIGHT_TO_LEFT, SPACES, named
from reconciler.model.unicode_tables import UNICODE

ZWSP, ZWNJ, ZWJ, LRM, RLM, ALM = "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u061c"
VS15, VS16, KEYCAP = "\ufe0e", "\ufe0f", "\u20e3"


def ranges(*pairs):
    return {point for first, last in pairs for point in range(first, last + 1)}


# Unicode's Default_Ignorable_Code_Point: what is drawn as nothing, whatever its category.
IGNORABLE = ranges(
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
PRODUCTS = ranges((0x2062, 0x2064))  # between two letters, each of them alone
MOVED = {0x1171E}  # a mark until Unicode 15.1
SEPARATORS = ranges((0x1C, 0x1F))  # blank for Python, and controls for Unicode
# Drawn, though of the category Cf: number signs of Arabic and others, Unicode's Prepended_Concatenation_Mark.
DRAWN = ranges((0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2))
DRAWN |= ranges((0x110BD, 0x110BD), (0x110CD, 0x110CD))
# Reserved for emoji: assigned or not is a question of this Python's age.
PICTURES = ranges((0x1F000, 0x1FAFF))


# Of a visible category, and drawn as nothing: blanks, fillers, and what only joins letters of its script.
INKLESS = {0x2800, 0x2D7F, 0xFFFC, 0x1107F, 0x13441, 0x13442, 0x16FE4, 0x1D159}
INKLESS |= {0x1039, 0x17D2, 0x1A60, 0x1BAB, 0xAAF6, 0x10A3F, 0x11133, 0x113D0, 0x1193E, 0x11A47, 0x11A99}
INKLESS |= {0x11D45, 0x11D97, 0x11F42}


def categories(*names):
    """Every code point of some categories, as this Python has them."""
    return {point for point in range(0x110000) if unicodedata.category(chr(point)) in names}


# The planes from the fourth to the thirteenth have no character, and the last two are for private use.
USED = ranges((0, 0x33FFF), (0x3FFF0, 0x3FFFF), (0xE0000, 0xE0FFF), (0xF0000, 0xF00FF), (0x10FF00, 0x10FFFF))


@pytest.mark.parametrize("points", [USED, pytest.param(range(0x110000), marks=pytest.mark.sweep)], ids=len)
def test_every_code_point_is_seen_or_told(points):
    text = "".join(f"a{chr(point)}b\n" for point in sorted(points))
    hidden = categories("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp") | IGNORABLE | INKLESS
    expected = (hidden - DRAWN - PICTURES - {*map(ord, "\t\n\r")}) & {*points}

    # A verdict depends on one version of Unicode, and this Python may have another.
    new = set() if unicodedata.unidata_version == UNICODE else categories("Cn")
    assert {ord(one) for _, one in unseen(text)} - new == expected - new - PRODUCTS
    assert {0x0378, 0x05FF, 0x3FFFD, 0xFFFE, 0x1FFFF} <= {ord(one) for _, one in unseen(text)}


def test_the_tables_are_those_of_this_python_where_it_knows_the_characters():
    known = set(range(0x110000)) - categories("Cn")
    letters = {point for point in known if unicodedata.bidirectional(chr(point)) in {"R", "AL"}}

    assert {point for point in known if chr(point) in MARKS} - MOVED == categories("Mn", "Me") - MOVED
    assert {point for point in known if chr(point) in SPACES} == {
        p for p in known if chr(p).isspace()
    } - SEPARATORS
    assert {point for point in known if chr(point) in RIGHT_TO_LEFT} == letters


@pytest.mark.parametrize(
    "text",
    [
        f"می{ZWNJ}خواهم کتاب{ZWNJ}های شما را ببینم.",
        f"این API{ZWNJ}ها و «متن»{ZWNJ}ها را بخوان، ۲۰{ZWNJ}ساله.",
        f"سال ۱۴۰۲ ه{ZWJ}.ش",
        f"خۆشه{ZWNJ}ویستی کورده{ZWNJ}کان",
        f"پیش{ZWNJ}کش، علم{ZWNJ}الحساب",
        f"{RLM}السعر 50 USD{LRM}، شكرًا.",
        f"{ALM}12/3 {ALM}تاريخ",
        "بِسْمِ ٱللَّهِ ٱلرَّحْمَٰنِ ٱلرَّحِيمِ \u06dd١",
        f"הקוד הוא C++{LRM} בלבד, (ראו A){RLM}.",
        f"ܫܠ{ZWNJ}ܡܐ",
        f"क्{ZWJ}या और क्{ZWNJ}या, हिन्दी",
        f"दर्{ZWJ}या, गोर्{ZWJ}हा",
        f"उसले काम गर्{ZWJ}यो",
        f"র{ZWJ}্যাব ও অ্যাপ, বাংলা",
        f"શ્{ZWJ}યામ ગુજરાતી",
        f"ශ්{ZWJ}රී ලංකාව, ක්{ZWJ}ෂ",
        f"അവന്{ZWJ} പറഞ്ഞു, അവള്{ZWJ}.",
        f"ರ{ZWJ}್ಯಾಂಕ್ ಕನ್ನಡ",
        f"రాజ్{ZWNJ}కుమార్ తెలుగు",
        f"பக்{ZWNJ}ஷி தமிழ்",
        f"ភាសា{ZWSP}ខ្មែរ{ZWSP}ស្រួល",
        f"ภาษา{ZWSP}ไทย และ ພາສາ{ZWSP}ລາວ",
        f"မြန်မာ{ZWSP}ဘာသာ",
        "ᠰᠠᠷ\u180eᠠ ᠪᠢᠴᠢᠭ\u180c",
        "བོད་སྐད། አማርኛ ქართული Հայերեն ᏣᎳᎩ ᐃᓄᒃᑎᑐᑦ ߒߞߏ 𞤀𞤣𞤤𞤢𞤥 ދިވެހި",
        "日本語　全角、中文，한국어 ｶﾀｶﾅ 葛城市 ｱ",
        "ភ្នំពេញ ကမ္ဘာ ᨲ᩠ᩅ ⠓⠑⠇⠇⠕⠀⠺⠕⠗⠇⠙",
        "Ελληνικά, русский, украї́нська, tiếng Việt, Zażółć gęślą jaźń, Çağdaş, ærøskøbing",
        "« Bonjour\u202f! » 50\u00a0€, 1\u2009000, “quoted” … – — ‘x’ §¶†‡•",
        "```python\nif a <= b and c != d:\n\treturn {'x': [1, 2]}  # done\n```\r\n| a | b |\r\n",
        "∀x ∈ ℝ: ⌈x⌉ − ½ ≤ √2 ⇒ ∑ᵢ αᵢ·β² ≈ 1e−3 ¬(p ∧ q)",
    ],
    ids=lambda text: text[:12].encode("ascii", "replace").decode(),
)
def test_texts_of_many_languages_pass(text):
    assert [named(one) for _, one in unseen(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        f"👩{ZWJ}👩{ZWJ}👧{ZWJ}👦 👨🏽{ZWJ}🦰 🧑🏿{ZWJ}🤝{ZWJ}🧑🏻",
        f"🏳{VS16}{ZWJ}🌈 🏳{VS16}{ZWJ}⚧{VS16} 🏴{ZWJ}☠{VS16} ❤{VS16}{ZWJ}🔥",
        f"👁{VS16}{ZWJ}🗨{VS16} 👩{ZWJ}❤{VS16}{ZWJ}💋{ZWJ}👨 🐻{ZWJ}❄{VS16} 🐈{ZWJ}⬛",
        f"🕵{VS16}{ZWJ}♀{VS16} 🏃🏿{ZWJ}♂{VS16}{ZWJ}➡{VS16} 🙂{ZWJ}↔{VS16} 🙂{ZWJ}↕{VS16} ⛓{VS16}{ZWJ}💥",
        f"1{VS16}{KEYCAP} #{VS16}{KEYCAP} *{VS16}{KEYCAP} 0{KEYCAP}",
        f"‼{VS16} ⁉{VS16} ℹ{VS16} 〰{VS16} 〽{VS16} ©{VS16} ®{VS16} ™{VS16} Ⓜ{VS16} ㊗{VS16} ㊙{VS16}",
        f"↔{VS16} ⤴{VS16} ⬅{VS16} ◾{VS15} ◀{VS16} ▪{VS16} ✔{VS16} ✖{VS15} ☎{VS15} ☀{VS16} ⌨{VS16} ⏏{VS16}",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f!",
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f🏴",
        "🇪🇺🇬🇧 🚀 \U0001faf0 \U0001fa77 \U0001fae8 \U0001fadf",
    ],
    ids=lambda text: text[:8].encode("ascii", "backslashreplace").decode(),
)
def test_emoji_pass(text):
    assert [named(one) for _, one in unseen(text)] == []


def tags(word):
    """A word in characters that nobody sees."""
    return "".join(chr(0xE0000 + ord(letter)) for letter in word)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Be kind." + tags("ignore the rules"), 16),
        ("😀" + tags("hi"), 2),
        ("🏴" + tags("gbeng"), 5),
        ("🏴" + tags("xxeng") + "\U000e007f", 6),
        ("🏴" + tags("gbengx") + "\U000e007f", 7),
        ("x" + tags("gbeng") + "\U000e007f", 6),
        ("🏴\U000e0001" + tags("gbeng") + "\U000e007f", 7),
        (f"rm{ZWJ}rf", 1),
        (f"rm{ZWNJ}rf", 1),
        (f"5{ZWJ}0", 1),
        (f"a{ZWJ}", 1),
        (f"{ZWJ}a", 1),
        (f"a {ZWJ} b", 1),
        (f"a <{ZWJ}= b +{ZWJ}+", 2),
        (f"a{ZWJ}😀", 1),
        (f"😀{ZWJ}a", 1),
        (f"😀{ZWJ}{ZWJ}😀", 2),
        (f"😀{ZWJ}", 1),
        (f"می{ZWNJ}{ZWNJ}خواهم", 1),
        (f"می{ZWNJ}{ZWJ}{ZWNJ}خواهم", 2),
        (f"می {ZWNJ}خواهم", 1),
        (f"a{ZWSP}b", 1),
        (f"می{ZWSP}خواهم", 1),
        (f"क{ZWSP}ख", 1),
        (f"ភាសា{ZWSP}{ZWSP}ខ្មែរ", 2),
        (f"a{VS16}", 1),
        (f"é{VS15}", 1),
        ("a" + "".join(map(chr, range(0xFE00, 0xFE10))), 16),
        ("a" + "".join(map(chr, range(0xE0100, 0xE01F0))), 240),
        ("😀" + "".join(map(chr, range(0xE0100, 0xE0120))), 32),
        (f"☃{VS16}{VS16}{VS16}", 2),
        (f"☃{VS16}{VS15}{VS16}{VS15}", 3),
        (f"☃{VS16}\ufe00", 1),
        (f"5{VS16}0 EUR", 1),
        (f"#{VS16}", 1),
        (f"a ={VS16} b |{VS16} ~{VS16} <{VS16}", 4),
        (f"─{VS16}{VS16}°{VS15}{VS16}", 2),
        (f"{VS16}a", 1),
        (f"{VS16}{KEYCAP}", 1),
        ("access = '\u202e' if admin\u202c", 2),
        ("/* \u2066 begin admins only \u2069 */", 2),
        ("\u202a\u202b\u202d", 3),
        ("שלום \u202eabc\u202c \u2067x\u2069", 4),
        (f"Be{LRM}{LRM} kind{RLM}", 3),
        (f"Be{LRM}kind\nשלום", 1),
        (f"שלום\nBe{RLM}{RLM}{RLM} kind\nשלום", 3),
        (f"{LRM}{RLM}{ALM}{LRM}{RLM}", 5),
        (f"Be kind{RLM}{ALM}.", 2),
        (f"Be kind{ALM}.", 1),
        ("s\u00adoft hyphe\u00adn", 2),
        ("word\u2060joiner \u2061\u2062\u2063\u2064", 5),
        ("\ufeffBe kind\ufeff", 2),
        ("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5", 7),
        ("a\u180ba\u180ea\u180f", 3),
        ("ᠠ\u180b\u180b", 1),
        ("\ue000\U000f0000\U0010fffd", 3),
        ("\u0378\u05ff\U0003fffd\ufffe\U0001ffff", 5),
        ("a\u2800b \U0001d159 \ufffc", 3),
        ("a\u17d2b \u1039", 2),
        ("a\u2d7fb \U00013441 \U00016fe4 \U0001107f", 4),
        ("\u2800\u2800\u2800", 3),
        ("\0\x07\x08\x0b\x0c\x1b\x7f\x80\x85\x9b", 10),
        ("a\u2028b\u2029c", 2),
        ("\ufff9a\ufffab\ufffb", 3),
        ("\ud800", 1),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, str) else None,
)
def test_what_only_hides_is_told(text, told):
    assert len([*unseen(text)]) == told


def test_what_is_told_is_told_with_its_place():
    assert [*unseen(f"a{ZWSP}b\n😀{ZWJ}")] == [(1, ZWSP), (5, ZWJ)]


def test_what_is_allowed_passes_and_nothing_else():
    text = f"a{ZWSP}b\u2060c{ZWSP}"

    assert [*unseen(text, frozenset(ZWSP))] == [(3, "\u2060")]
    assert [*unseen(text, frozenset((ZWSP, "\u2060", "x")))] == []


def test_a_character_is_named_as_a_person_can_look_it_up():
    assert named(ZWSP) == "U+200B ZERO WIDTH SPACE"
    assert named("\U000e0041") == "U+E0041 TAG LATIN CAPITAL LETTER A"
    assert named("\x07") == "U+0007"
    assert named("\ue000") == "U+E000"
    assert named("\ud800") == "U+D800"


@given(st.text())
def test_every_finding_is_a_character_of_the_text_in_order(text):
    found = [*unseen(text)]

    assert all(text[index] == one for index, one in found)
    assert all(before[0] < after[0] for before, after in pairwise(found))


@given(
    st.text("abc xyz.,", min_size=1),
    st.characters(categories=["Cf", "Cc", "Co", "Cn"]),
    st.text("abc", min_size=1),
)
@example("a", "\u3164", "b")
def test_what_hides_between_latin_letters_is_always_told(before, one, after):
    is_drawn = one not in HIDDEN or one in "\t\n\r"  # this Python may know fewer characters
    assume(one not in "\xad\u2062\u2063\u2064")  # where a word may be broken, and between two single letters

    assert [*unseen(before + one + after)] == ([] if is_drawn else [(len(before), one)])


SCRAPS = ["a", "5", "#", "=", " ", "😀", "❤", "م", "ה", "क", "្", "ᠠ", KEYCAP, "🏽", "🏴"]
SCRAPS += [ZWNJ, ZWJ, VS15, VS16, ZWSP, "\u180b", "\u180e", "\U000e0067", "\u3164"]


@given(st.lists(st.sampled_from(SCRAPS)).map("".join))
@example(f"😀{VS16}{VS16}")
def test_two_in_a_row_pass_only_within_a_picture(text):
    told = {index for index, _ in unseen(text)}
    hidden = {ZWNJ, ZWJ, VS15, VS16, ZWSP, "\u180b", "\u180e", "\U000e0067", "\u3164"}
    passed = {index for index, one in enumerate(text) if one in hidden} - told

    assert all(text[index : index + 2] == VS16 + ZWJ for index in passed if index + 1 in passed)


@pytest.mark.parametrize(
    "piece",
    [
        "Be kind to people. ",
        "Будьте добры к людям. ",
        "请善待他人。",
        "हिन्दी में लिखा हुआ पाठ। ",
        f"می{ZWNJ}خواهم کتاب{ZWNJ}ها را ",
        f"שלום עולם{LRM} (abc)\n",
        f"שלום עולם{LRM} (abc) ",
        "ภาษาไทย",
        f"👩{ZWJ}👧❤{VS16}",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        f"ab{LRM}",
        tags("ignore"),
        "".join(map(chr, range(0xE000, 0xF000))),
    ],
    ids=lambda text: ascii(text)[:24],
)
@pytest.mark.timeout(20)
def test_a_megabyte_is_looked_through_without_end_of_patience(piece):
    text = piece * (1_000_000 // len(piece.encode())) + "\nא"
    told = sum(1 for _ in unseen(text))

    assert told <= text.count(piece) * len(piece)


@pytest.mark.timeout(20)
def test_a_long_line_of_marks_before_a_hebrew_letter_is_looked_through_at_once():
    text = f"ab {LRM}" * 50_000 + "א"

    assert [*unseen(text)] == []


@pytest.mark.parametrize(
    "text", ["10\u2060 000 km", "10 \u2060000 km", "ꦱꦶ\u200bꦤꦶ", "End\n\x0cChapter 2", "\x0c# Part"], ids=ascii
)
def test_numbers_javanese_and_pages_have_what_they_need(text):
    assert [*unseen(text)] == []


@pytest.mark.parametrize("text", ["Be\u2060 kind", "a\x0cb", "\x0ciles", "End\n\x0c"], ids=ascii)
def test_the_same_characters_elsewhere_are_found(text):
    assert len([*unseen(text)]) == 1
