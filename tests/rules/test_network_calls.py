import pytest

from orchestrator_assets.rules.network_calls import REQUESTS_TIMEOUT
from tests.rule_cases import rewritten


@pytest.mark.parametrize("call", ["requests.get(u, timeout=5)", "requests.get(u, **kw)", "session.get(u)", "requests.Session()", "get(u)"])
def test_calls_that_have_or_may_have_a_timeout_are_left_alone(call: str) -> None:
    assert rewritten(REQUESTS_TIMEOUT, f"import requests\n\nx = {call}\n") is None


def test_the_layout_of_the_arguments_is_kept() -> None:
    text = "import requests\n\nx = requests.post(\n    url,\n    json=body,  # signed\n)\n"
    assert rewritten(REQUESTS_TIMEOUT, text) == text.replace("json=body,", "json=body,\n    timeout=30,")
