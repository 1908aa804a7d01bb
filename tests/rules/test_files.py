import pytest

from orchestrator_assets.rules.files import OPEN_IN_WITH, UNSPECIFIED_ENCODING
from tests.rule_cases import rewritten


@pytest.mark.parametrize(
    "call", ["open(p, 'rb')", "open(p, mode)", "open(*a)", "open(p, encoding='latin-1')", "open(p, 'r', 1, 'ascii')", "os.open(p, 3)"]
)
def test_bytes_unknown_modes_and_given_encodings_are_left_alone(call: str) -> None:
    assert rewritten(UNSPECIFIED_ENCODING, f"import os\n\nh = {call}\n") is None


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        ("p.read_text()", 'p.read_text(encoding="utf-8")'),
        ("p.write_text(a)", 'p.write_text(a, encoding="utf-8")'),
        ("open(p, 'w', encoding=None)", "open(p, 'w', encoding=\"utf-8\")"),
        ("open(\n    p,\n    'w',\n)", "open(\n    p,\n    'w',\n    encoding=\"utf-8\",\n)"),
    ],
)
def test_text_is_said_to_be_utf_8(call: str, instead: str) -> None:
    assert rewritten(UNSPECIFIED_ENCODING, f"h = {call}\n") == f"h = {instead}\n"


@pytest.mark.parametrize(
    "body",
    [
        "h = open(p)\n    return h",
        "h = open(p)\n    h.close()\n    return h.name",
        "h = open(p)\n    keep(h)\n    h.close()",
        "h = open(p)\n    for x in h:\n        yield x\n    h.close()",
        "h = open(p)\n    t = h.read() + '''\n'''\n    h.close()",
        "self.h = open(p)\n    self.h.read()\n    self.h.close()",
        "h = open(p)\n    try:\n        h.read()\n    finally:\n        h.close()",
    ],
)
def test_a_file_whose_end_is_not_evident_is_left_alone(body: str) -> None:
    assert rewritten(OPEN_IN_WITH, f"def f(p):\n    {body}\n") is None
