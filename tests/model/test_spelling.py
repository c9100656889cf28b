"""Names that look the same: what a sentence says of them."""

import unicodedata

import pytest

from reconciler.model.diagnostic import did_you_mean
from reconciler.model.spelling import alike, difference

NFD = unicodedata.normalize("NFD", "Müller Preisliste.md")


@pytest.mark.parametrize(
    ("there", "here", "told"),
    [
        (
            "at 3.04\u202fPM.png",
            "at 3.04 PM.png",
            r'its character 8 is U+202F NARROW NO-BREAK SPACE, not U+0020 SPACE; write "at 3.04\u202fPM.png"',
        ),
        ("a b.md", "a\xa0b.md", 'its character 2 is U+0020 SPACE, not U+00A0 NO-BREAK SPACE; write "a b.md"'),
        (
            NFD,
            "Müller Preisliste.md",
            r'it is in NFD, and what is written here in NFC; write "Mu\u0308ller Preisliste.md"',
        ),
        (
            "Müller Preisliste.md",
            NFD,
            r'it is in NFC, and what is written here in NFD; write "M\u00fcller Preisliste.md"',
        ),
        ("p\u0430y.md", "pay.md", r'its character 2 is U+0430, not U+0061; write "p\u0430y.md"'),
        ("al.md", "a1.md", 'its character 2 is U+006C, not U+0031; write "al.md"'),
        ("a  b.md", "a b.md", 'it has 7 characters, and what is written here 6; write "a  b.md"'),
        ('a"\u2003', 'a" ', r'its character 3 is U+2003 EM SPACE, not U+0020 SPACE; write "a\"\u2003"'),
        ("a\u2010b.md", "a-b.md", r'its character 2 is U+2010, not U+002D; write "a\u2010b.md"'),
        ("a-b.md", "a\u2010b.md", 'its character 2 is U+002D, not U+2010; write "a-b.md"'),
        ("\ufb01le.md", "file.md", r'its character 1 is U+FB01; write "\ufb01le.md"'),
        ("my file.md", "my \ufb01le.md", 'character 4 of what is written here is U+FB01; write "my file.md"'),
        ("\u212a.md", "k.md", r'its character 1 is U+212A, not U+006B; write "\u212a.md"'),
        ("handbook.md", "handbok.md", ""),
        ("a.md", "a.md", ""),
        ("A.md", "a.md", ""),
    ],
    ids=ascii,
)
def test_a_difference_that_no_reader_sees_is_named(there, here, told):
    assert difference(there, here) == told


def test_what_looks_the_same_is_meant_before_what_is_spelt_alike():
    known = ["at 3.04 PM (2).png", "at 3.05 PM.png", "AT 3.04\u202fPM.png", "at 3.03 PM.png"]

    assert did_you_mean("at 3.04 PM.png", known) == (
        "did you mean `AT 3.04\u202fPM.png`? Its character 8 is U+202F NARROW NO-BREAK SPACE, "
        "not U+0020 SPACE; "
        r'write "AT 3.04\u202fPM.png"'
    )
    assert did_you_mean("Handbook.md", ["handbook.md", "Handbooks.md"]) == "did you mean `handbook.md`?"


def test_a_hint_says_how_a_name_differs_that_looks_the_same():
    assert did_you_mean("Müller Preisliste.md", [NFD]) == (
        f"did you mean `{NFD}`? It is in NFD, and what is written here in NFC; "
        r'write "Mu\u0308ller Preisliste.md"'
    )


def test_case_spaces_forms_and_letters_that_look_the_same_are_alike():
    names = ("Müller\xa0A.md", "mu\u0308ller a.MD", "m\u00fcller \u0410.md", "MÜLLER A.md")

    assert len({alike(one) for one in names}) == 1
