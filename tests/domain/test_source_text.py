import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.errors import PatchError
from orchestrator_assets.domain.source_text import decode_python, line_starts, offset_at

# Everything that some tool takes for the end of a line.
TEXTS = st.text(alphabet=st.sampled_from("ab \t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029é𝄞"), max_size=60)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"x = 1\r\ny = 2\r", "x = 1\r\ny = 2\r"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (
            b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n",
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n",
        ),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
        (b"", ""),
        (b"x = 'a\0b'\n", "x = 'a\0b'\n"),
    ],
)
def test_a_file_is_read_by_its_own_encoding_and_written_back_to_the_same_bytes(content: bytes, text: str) -> None:
    source = decode_python(content, "a.py")
    assert source.text == text
    assert source.encode(source.text) == content


@pytest.mark.parametrize(
    "content",
    [
        b"x = '\xe9'\n",
        b"# coding: no-such-encoding\n",
        b"# coding: rot13\n",
        b"# coding: undefined\n",
        b"# coding: idna\nx = '\xe9'\n",
        b"# coding: punycode\nx = 1\n",
        b"# coding: unicode_escape\nx = '\\n'\n",
        b"# coding: utf-7\nx = '+AOk-+AOk-'\n",
        b"\xef\xbb\xbf# coding: latin-1\n",
        b"\xff\xfex\0",
    ],
)
def test_what_would_not_come_back_as_the_same_bytes_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(PatchError, match=r"^a\.py: "):
        decode_python(content, "a.py")


@given(
    st.sampled_from(["", "utf-8", "latin-1", "utf-16", "utf-7", "shift_jis", "iso2022_jp", "idna", "cp037", "raw_unicode_escape"]),
    st.binary(),
)
def test_whatever_a_file_holds_it_comes_back_or_is_refused(encoding: str, content: bytes) -> None:
    whole = f"# coding: {encoding}\n".encode() + content if encoding else content
    try:
        source = decode_python(whole, "a.py")
    except PatchError:
        return
    assert source.encode(source.text) == whole


@given(TEXTS)
def test_lines_end_where_python_ends_them(text: str) -> None:
    starts = line_starts(text)
    assert [text[a:b] for a, b in itertools.pairwise(starts)] == list(io.StringIO(text, newline=""))
    assert starts[-1] == len(text)


def test_a_place_past_the_end_is_the_end() -> None:
    starts = line_starts("ab\ncd")
    assert [offset_at(starts, *place) for place in ((1, 1), (1, 3), (2, 2), (2, 9), (7, 1))] == [0, 2, 4, 5, 5]
