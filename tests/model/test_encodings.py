"""Texts among octets: what is found is what the whole pattern finds at every place."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.encodings import legible

_ONE = r"[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
_WHOLE = ["a", "abcdefghijk", "\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"]
_BROKEN = ["\0", "\x7f", "\xc0", "\xc3", "\xa9", "\xe2\x82", "\xf4", "\xf5", "\xff"]
_PIECES = st.sampled_from([*_WHOLE, *_BROKEN])


@given(st.lists(_PIECES | st.characters(max_codepoint=255), max_size=60))
def test_a_text_of_eleven_characters_is_found_wherever_it_begins(pieces):
    octets = "".join(pieces)
    assert legible(octets) == "\0".join(re.findall(rf"(?:{_ONE}){{11,}}+", octets))
