import pytest

from orchestrator_assets.rules.rule import Decline
from orchestrator_assets.rules.unsafe_calls import (
    FLASK_DEBUG,
    JINJA_AUTOESCAPE,
    LITERAL_EVAL,
    MKSTEMP,
    RANDOM_FOR_SECRETS,
    TARFILE_FILTER,
    WEAK_HASH,
    YAML_SAFE_LOAD,
)
from tests.rule_cases import answers, rewritten


def test_a_name_imported_from_yaml_is_followed_and_its_import_renewed() -> None:
    text = "from yaml import Loader, load\n\nprint(load('a', Loader))\n"
    assert rewritten(YAML_SAFE_LOAD, text) == "from yaml import safe_load\n\nprint(safe_load('a'))\n"


@pytest.mark.parametrize(
    "text",
    [
        "import yaml\nyaml.load(x, Loader=OurLoader)\n",
        "import yaml\nyaml.load(x, **options)\n",
        "import yaml\nyaml = other\nyaml.load(x)\n",
        "import json\njson.load(x)\n",
        "try:\n    import yaml\nexcept ImportError:\n    import ruamel as yaml\nyaml.load(x)\n",
    ],
)
def test_yaml_with_a_loader_of_ones_own_or_an_uncertain_name_is_left_alone(text: str) -> None:
    assert rewritten(YAML_SAFE_LOAD, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "import hashlib\n\ndef sign(body):\n    return hashlib.sha1(body).digest()\n",
        "import hashlib\n\ndef f(password):\n    return hashlib.md5(password).digest()\n",
        "import hashlib\n\ndef f(x):\n    token = hashlib.md5(x).hexdigest()\n    return token\n",
        "import hashlib\n\ndef f(x):\n    return hashlib.md5(x, usedforsecurity=True)\n",
    ],
)
def test_a_hash_that_guards_something_is_for_a_person(text: str) -> None:
    assert rewritten(WEAK_HASH, text) is None


def test_usedforsecurity_is_not_offered_to_python_3_8() -> None:
    assert rewritten(WEAK_HASH, WEAK_HASH.before, target=(3, 8)) is None
    assert rewritten(WEAK_HASH, WEAK_HASH.before, target=(3, 9)) is not None


@pytest.mark.parametrize("name", ["jitter", "pick_tokens_apart_from_key", "shuffle_cards", "keyboard"])
def test_random_numbers_without_a_secret_stay(name: str) -> None:
    text = f"import random\n\n\ndef {name.replace('tokens', 'colours')}(xs):\n    return random.choice(xs)\n"
    made = answers(RANDOM_FOR_SECRETS, text)
    assert all(isinstance(answer, Decline) for answer in made)


def test_what_is_drawn_from_does_not_make_the_draw_a_secret() -> None:
    assert rewritten(RANDOM_FOR_SECRETS, "import random\n\nword = random.choice(tokens)\n") is None


def test_an_archive_from_elsewhere_may_be_a_zip_file() -> None:
    text = "import tarfile\n\ndef f(archive, folder):\n    archive.extractall(folder)\n"
    assert rewritten(TARFILE_FILTER, text) is None


def test_an_archive_opened_in_one_of_two_ways_is_left_alone() -> None:
    opened = "    a = tarfile.open(p)\n    if p.endswith('zip'):\n        a = zipfile.ZipFile(p)\n"
    text = f"import tarfile\nimport zipfile\n\ndef f(p, d):\n{opened}    a.extractall(d)\n"
    assert rewritten(TARFILE_FILTER, text) is None


def test_autoescape_false_is_replaced_and_a_computed_one_kept() -> None:
    switched_off = "from jinja2 import Environment\n\nE = Environment(autoescape=False)\n"
    changed = rewritten(JINJA_AUTOESCAPE, switched_off)
    assert (
        changed is not None
        and "Environment(autoescape=select_autoescape())" in changed
        and "import Environment, select_autoescape" in changed
    )
    assert rewritten(JINJA_AUTOESCAPE, "import jinja2\n\nE = jinja2.Environment(autoescape=choose)\n") is None


def test_debug_from_a_setting_is_left_alone() -> None:
    assert rewritten(FLASK_DEBUG, "import flask\n\napp.run(debug=settings.DEBUG)\n") is None
    assert rewritten(FLASK_DEBUG, "app.run(debug=True)\n") is None


@pytest.mark.parametrize("call", ["eval(a, {})", "eval('1 + ' + a)", "eval(expression)", "eval(self.source_code)", "eval(f'{a}')"])
def test_expressions_are_not_taken_for_literals(call: str) -> None:
    assert rewritten(LITERAL_EVAL, f"def f(a, expression):\n    return {call}\n") is None


def test_mktemp_inside_an_expression_is_for_a_person() -> None:
    assert rewritten(MKSTEMP, "import tempfile\n\nh = open(tempfile.mktemp())\n") is None
    assert rewritten(MKSTEMP, "import tempfile\n\nself.path = tempfile.mktemp()\n") is None
