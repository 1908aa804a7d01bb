import pytest

from orchestrator_assets.rules.logging_calls import LAZY_LOGGING
from tests.rule_cases import rewritten

HEAD = "import logging\n\nlog = logging.getLogger()\n"


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        ("log.info(f'a {b} c')", "log.info('a %s c', b)"),
        ("log.info(f'{b!r} {c:.2f} {{d}} 5%')", "log.info('%r %.2f {d} 5%%', b, c)"),
        ("log.log(10, f'a {b}')", "log.log(10, 'a %s', b)"),
        ("log.info('a %s %d' % (b, c))", "log.info('a %s %d', b, c)"),
        ("log.info('a {}'.format(b))", "log.info('a %s', b)"),
        ("log.error(f'a {b}', exc_info=True)", "log.error('a %s', b, exc_info=True)"),
        ("log.info(f'a {b} '\n         'c 5%')", "log.info('a %s '\n         'c 5%%', b)"),
        ("log.info((f'a {b}'))", "log.info(('a %s'), b)"),
    ],
)
def test_the_values_become_arguments(call: str, instead: str) -> None:
    assert rewritten(LAZY_LOGGING, f"{HEAD}{call}\n") == f"{HEAD}{instead}\n"


@pytest.mark.parametrize(
    "call",
    [
        "log.info(f'{b:>10}')",
        "log.info(f'{b:{width}}')",
        "log.info(f'{b=}')",
        "log.info(f'a {b} %s', c)",
        "log.info('%(a)s' % b)",
        "log.info('a %s' % {})",
        "log.info('{0} {x}'.format(b, x=1))",
        "log.info('a' + b)",
        "log.info(*f)",
        "log.info('a %s', b)",
    ],
)
def test_what_the_per_cent_style_cannot_say_is_left_alone(call: str) -> None:
    assert rewritten(LAZY_LOGGING, f"{HEAD}{call}\n") is None
