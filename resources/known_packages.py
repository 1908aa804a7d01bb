"""What is known about packages by name: tools of the workshop, and what old suites import without declaring it."""

from packaging.utils import canonicalize_name

# Tools that development groups list and suites hardly ever import; one that a test imports is kept.
WORKSHOP = frozenset(
    canonicalize_name(name)
    for name in (
        *("autopep8", "black", "blacken-docs", "build", "bump2version", "bumpversion", "bump-my-version", "check-manifest", "codecov"),
        *("codespell", "commitizen", "coveralls", "docformatter", "flake8", "furo", "interrogate", "invoke", "isort", "mkdocs", "mypy"),
        *("mkdocs-material", "nox", "pdbpp", "pip-audit", "pip-tools", "pre-commit", "pydocstyle", "pylint", "pyright", "pyupgrade"),
        *("readme-renderer", "reno", "ruff", "safety", "sphinx", "sphinx-autobuild", "sphinx-rtd-theme", "towncrier", "tox", "twine"),
        *("tox-gh-actions", "vulture", "yapf", "zest-releaser", "bandit", "ipdb", "jupyterlab", "notebook"),
    )
)

_SAME_NAME = (
    *("attrs", "click", "cryptography", "faker", "flask", "freezegun", "httpx", "hypothesis", "jinja2", "lxml", "mako", "mock", "nose"),
    *("numpy", "pandas", "parameterized", "psutil", "pytz", "redis", "requests", "responses", "respx", "simplejson", "six", "sqlalchemy"),
    *("toml", "tornado", "webtest"),
)
# Import name -> distribution. A closed list: a distribution's name is never guessed from an import.
DISTRIBUTION_OF_IMPORT = {
    **{name: name for name in _SAME_NAME},
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "factory": "factory-boy",
    "yaml": "pyyaml",
}
