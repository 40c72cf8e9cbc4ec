"""Media types: the charset that a text is read with."""

import codecs
from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arazzo_runner.openapi.media_types import charset


@pytest.mark.parametrize(
    "content_type, expected",
    [
        ("", "utf-8-sig"),
        ("text/plain", "utf-8-sig"),
        ("text/plain; charset=UTF-8", "utf-8-sig"),
        ("text/plain; charset=utf8", "utf-8-sig"),
        ("text/plain; charset=iso-8859-1", "iso8859-1"),
        ('text/plain;Charset="UTF-16-LE"', "utf-16-le"),
        ("text/plain; charset=ascii", "ascii"),
        ("text/plain; charset=nonsense", "utf-8-sig"),
        ("text/plain; charset=a\0b", "utf-8-sig"),
        ("text/plain; charset=\ud800", "utf-8-sig"),
        ("text/plain; charset=hex", "utf-8-sig"),
        ("text/plain; charset=base64", "utf-8-sig"),
        ("text/plain; charset=idna", "utf-8-sig"),
        ("text/plain; charset=punycode", "utf-8-sig"),
        ("text/plain; charset=undefined", "utf-8-sig"),
        ("text/plain; charset=unicode_escape", "utf-8-sig"),
        ("text/plain; charset=Unicode Escape", "utf-8-sig"),
        ("text/plain; charset=raw-unicode-escape", "utf-8-sig"),
    ],
)
def test_the_charset_of_a_text(content_type, expected):
    """The declared one; UTF-8 for none, for what is no charset and for costly codecs."""
    assert charset(content_type) == expected


@given(st.sampled_from(sorted(aliases)) | st.text(), st.binary(max_size=50))
def test_whatever_is_declared_decodes_whatever_comes(name, data):
    """Whole and piece by piece."""
    found = charset(f"text/plain; charset={name}")

    data.decode(found, "replace")
    pieces = charset(f"text/plain; charset={name}", begin=data)
    codecs.getincrementaldecoder(pieces)("replace").decode(data, final=True)
