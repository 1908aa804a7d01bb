"""Calls whose safe counterpart takes the same data: YAML, hashes, random numbers, archives, templates, eval."""

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety, ImportNeed
from orchestrator_assets.rules.call_sites import (
    append_argument,
    argument,
    call_of,
    constant,
    is_starred,
    is_true,
    keyword,
    positional,
    remove_argument,
)
from orchestrator_assets.rules.naming import GUARD_WORDS, hints_of_secret, names_around, names_within, words_of
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_YAML_NAMES = ("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load", "yaml.full_load_all")


def _yaml(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, *_YAML_NAMES)
    if found is None:
        return not_found("a call of PyYAML's load")
    call, name = found
    if is_starred(call) or len(call.args) > 2 or not call.args:
        return Decline("its arguments are not plain; use yaml.safe_load by hand")
    loader = argument(call, 1, "Loader")
    if loader is not None and source.qualified(loader.value) not in {"yaml.Loader", "yaml.UnsafeLoader", "yaml.FullLoader"}:
        return Decline("it names a loader of the project's own; derive that loader from yaml.SafeLoader")
    safe = "safe_load_all" if name.endswith("_all") else "safe_load"
    imports: tuple[ImportNeed, ...] = ()
    if isinstance(call.func, cst.Attribute):
        edits = [source.replace(call.func.attr, safe)]
    else:
        known = source.imported_name("yaml", safe)
        if known is None:
            return Decline(f"the name {safe} is taken in this file")
        edits, imports = [source.replace(call.func, known[0])], known[1]
    if loader is not None:
        removal = remove_argument(source, call, loader)
        if removal is None:
            return Decline("a comment stands between its arguments; use yaml.safe_load by hand")
        edits.append(removal)
    return Rewrite(tuple(edits), "safe_load builds only plain data; documents with Python object tags are refused from now on.", imports)


YAML_SAFE_LOAD = Rule(
    name="yaml-safe-load",
    answers=(("bandit", "B506"), ("ruff", "S506")),
    cwe=(20, 502),
    safety=FixSafety.UNSAFE,
    precondition="A call of PyYAML's load, load_all or full_load with one of PyYAML's own loaders.",
    title="Load YAML with safe_load",
    before="""\
import yaml


def read(handle):
    return yaml.load(handle, Loader=yaml.Loader)
""",
    after="""\
import yaml


def read(handle):
    return yaml.safe_load(handle)
""",
    leaves_alone="Loaders of the project's own, starred arguments.",
    fix=_yaml,
    nodes=(cst.Call,),
)


_HASHES = ("hashlib.md5", "hashlib.sha1", "hashlib.new")


def _hash(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, *_HASHES)
    if found is None:
        return not_found("a call of hashlib's md5 or sha1")
    call, _ = found
    if source.target_version < (3, 9):
        return Decline("usedforsecurity exists from Python 3.9 on; decide whether a stronger hash is needed")
    if is_starred(call) or keyword(call, "usedforsecurity") is not None:
        return Decline("the call already says what the hash is for, or hides its arguments")
    region = source.function_of(call) or source.statement_of(call)
    hints = (names_around(source, call) | words_of(source.path.rpartition("/")[2])) & GUARD_WORDS
    hints |= names_within(source, region) & GUARD_WORDS if region is not None else set()
    if hints:
        return Decline(
            f"the hash seems to protect something (the code speaks of {', '.join(sorted(hints))}); replace it by SHA-256 or a password hash"
        )
    edit = append_argument(source, call, "usedforsecurity=False")
    if edit is None:
        return Decline("the argument cannot be added in place; pass usedforsecurity=False by hand")
    return Rewrite(
        (edit,), "Nothing around it speaks of a secret or a signature: the digest only identifies content, and its value stays the same."
    )


WEAK_HASH = Rule(
    name="hash-not-for-security",
    answers=(("bandit", "B324"), ("ruff", "S324")),
    cwe=(327,),
    safety=FixSafety.UNSAFE,
    precondition="hashlib.md5 or sha1 where no name in the function speaks of passwords, keys, tokens or signatures; Python 3.9 or newer.",
    title="Declare that the hash is not used for security",
    before="""\
import hashlib


def checksum(body):
    return hashlib.md5(body).hexdigest()
""",
    after="""\
import hashlib


def checksum(body):
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
""",
    leaves_alone="Hashes near anything secret: those need another algorithm and a migration of what is stored.",
    fix=_hash,
    nodes=(cst.Call,),
)


# All of these exist with the same arguments on secrets.SystemRandom.
_DRAWS = ("choice", "randrange", "randint", "choices", "sample", "random", "uniform", "getrandbits", "shuffle")


def _random(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, *(f"random.{name}" for name in _DRAWS))
    if found is None:
        return not_found("a draw from the random module")
    call, name = found
    hints = hints_of_secret(names_around(source, call))
    if not hints:
        return Decline("nothing says that the number guards a secret; use the secrets module if someone must not be able to guess it")
    drawn = name.rpartition(".")[2]
    known = source.reference("secrets", "choice" if drawn == "choice" else "SystemRandom")
    if known is None:
        return Decline("the name secrets is taken in this file; draw the secret from the secrets module by hand")
    replacement = known[0] if drawn == "choice" else f"{known[0]}().{drawn}"
    why = f"The value is a secret by its name ({', '.join(sorted(hints))}), and random's draws can be predicted from earlier ones."
    return Rewrite((source.replace(call.func, replacement),), why, known[1])


RANDOM_FOR_SECRETS = Rule(
    name="random-for-secrets",
    answers=(("bandit", "B311"), ("ruff", "S311")),
    cwe=(330, 338),
    safety=FixSafety.UNSAFE,
    precondition="A draw from random whose target, keyword or function is named after a token, password, nonce, salt or session.",
    title="Draw secrets from the operating system's generator",
    before="""\
import random


def new_token(alphabet):
    return ''.join(random.choice(alphabet) for _ in range(20))
""",
    after="""\
import secrets


def new_token(alphabet):
    return ''.join(secrets.choice(alphabet) for _ in range(20))
""",
    leaves_alone="Draws for jitter, sampling, games and tests: there random is right.",
    fix=_random,
    nodes=(cst.Call,),
)


def _tarfile(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    if not any(name.split(".")[0] == "tarfile" for names in source.imported.values() for name in names):
        return not_found("an archive of the tarfile module")

    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "extractall"

    call = source.locate(finding, cst.Call, where=matches)
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
        return not_found("a call of extractall")
    if is_starred(call) or keyword(call, "filter") is not None:
        return Decline("the call already has a filter, or hides its arguments; use filter='data'")
    if not _opened_by_tarfile(source, call, call.func.value):
        return Decline(
            "what is extracted is not opened by tarfile in the same function; add filter='data' where it surely is a tar archive"
        )
    edit = append_argument(source, call, 'filter="data"')
    if edit is None:
        return Decline("the argument cannot be added in place; pass filter='data' by hand")
    return Rewrite((edit,), "The data filter refuses members that would be written outside the target folder.")


def _opened_by_tarfile(source: SourceFile, call: cst.Call, archive: cst.BaseExpression) -> bool:
    if isinstance(archive, cst.Call):
        return (source.qualified(archive.func) or "").startswith("tarfile.")
    if not isinstance(archive, cst.Name):
        return False
    scope = source.function_of(call) or source.module
    values: list[cst.BaseExpression] = []
    for node in source.within(scope, cst.WithItem, cst.Assign):
        if isinstance(node, cst.WithItem) and node.asname is not None and source.code(node.asname.name) == archive.value:
            values.append(node.item)
        elif isinstance(node, cst.Assign) and any(source.code(target.target) == archive.value for target in node.targets):
            values.append(node.value)
    opened = [value for value in values if isinstance(value, cst.Call) and (source.qualified(value.func) or "").startswith("tarfile.")]
    return bool(values) and len(opened) == len(values)


TARFILE_FILTER = Rule(
    name="tarfile-data-filter",
    answers=(("bandit", "B202"), ("ruff", "S202")),
    cwe=(22,),
    safety=FixSafety.UNSAFE,
    precondition="extractall of an archive that tarfile opened in the same function, without members or filter of its own.",
    title="Extract tar archives with the data filter",
    before="""\
import tarfile


def unpack(path, folder):
    with tarfile.open(path) as archive:
        archive.extractall(folder)
""",
    after="""\
import tarfile


def unpack(path, folder):
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
""",
    leaves_alone="Archives that come from elsewhere (they may be zip files), calls that have a filter.",
    fix=_tarfile,
    nodes=(cst.Call,),
)


def _jinja(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, "jinja2.Environment", "jinja2.environment.Environment")
    if found is None:
        return not_found("a jinja2.Environment")
    call, _ = found
    given = keyword(call, "autoescape")
    if is_starred(call):
        return Decline("its arguments are hidden; pass autoescape=jinja2.select_autoescape() by hand")
    known = source.imported_name("jinja2", "select_autoescape")
    if known is None:
        return Decline("the name select_autoescape is taken in this file")
    if given is None:
        edit = append_argument(source, call, f"autoescape={known[0]}()")
    elif constant(given.value) is False:
        edit = source.replace(given.value, f"{known[0]}()")
    else:
        return Decline("autoescape is set to something that cannot be judged here")
    if edit is None:
        return Decline("the argument cannot be added in place; pass autoescape=jinja2.select_autoescape() by hand")
    return Rewrite((edit,), "HTML and XML templates are escaped from now on; templates of other kinds are rendered as before.", known[1])


JINJA_AUTOESCAPE = Rule(
    name="jinja2-autoescape",
    answers=(("bandit", "B701"), ("ruff", "S701")),
    cwe=(79, 94),
    safety=FixSafety.UNSAFE,
    precondition="jinja2.Environment without autoescape, or with autoescape=False.",
    title="Escape HTML templates",
    before="""\
import jinja2

PAGES = jinja2.Environment(trim_blocks=True)
""",
    after="""\
import jinja2

PAGES = jinja2.Environment(trim_blocks=True, autoescape=jinja2.select_autoescape())
""",
    leaves_alone="Environments whose autoescape is computed.",
    fix=_jinja,
    nodes=(cst.Call,),
)


def _flask(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    def matches(node: cst.CSTNode) -> bool:
        return (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and node.func.attr.value == "run"
            and is_true(keyword(node, "debug"))
        )

    call = source.locate(finding, cst.Call, where=matches)
    flag = keyword(call, "debug") if isinstance(call, cst.Call) else None
    if flag is None or not any(name.split(".")[0] == "flask" for names in source.imported.values() for name in names):
        return not_found("a Flask application that is run with debug=True")
    return Rewrite(
        (source.replace(flag.value, "False"),), "The debugger lets whoever reaches the port run code; set FLASK_DEBUG while developing."
    )


FLASK_DEBUG = Rule(
    name="flask-debug-off",
    answers=(("bandit", "B201"), ("ruff", "S201")),
    cwe=(94,),
    safety=FixSafety.UNSAFE,
    precondition="app.run(debug=True) in a file that imports flask.",
    title="Do not start Flask with its debugger",
    before="""\
from flask import Flask

app = Flask(__name__)

if __name__ == '__main__':
    app.run(debug=True)
""",
    after="""\
from flask import Flask

app = Flask(__name__)

if __name__ == '__main__':
    app.run(debug=False)
""",
    leaves_alone="debug taken from a setting.",
    fix=_flask,
    nodes=(cst.Call,),
)


def _eval(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, "eval")
    if found is None:
        return not_found("a call of the builtin eval")
    call, _ = found
    only = positional(call, 0)
    if len(call.args) != 1 or only is None:
        return Decline("eval is given namespaces, so it evaluates expressions on purpose; replace it by explicit code")
    if not isinstance(only.value, cst.Name | cst.Attribute | cst.Subscript | cst.Call):
        return Decline("its argument is put together as an expression; replace eval by explicit code")
    if words_of(source.code(only.value)) & {
        "expr",
        "expression",
        "code",
        "source",
        "src",
        "cmd",
        "command",
        "statement",
        "line",
        "compile",
    }:
        return Decline("its argument is an expression by its name; replace eval by explicit code")
    known = source.reference("ast", "literal_eval")
    if known is None:
        return Decline("the name ast is taken in this file; use ast.literal_eval by hand")
    return Rewrite(
        (source.replace(call.func, known[0]),), "literal_eval reads literals only; anything else raises ValueError from now on.", known[1]
    )


LITERAL_EVAL = Rule(
    name="literal-eval",
    answers=(("bandit", "B307"), ("ruff", "S307"), ("pylint", "eval-used")),
    cwe=(95,),
    safety=FixSafety.UNSAFE,
    precondition="eval of one name, attribute, item or call that is not an expression by its name, without namespaces.",
    title="Read literals with ast.literal_eval",
    before="""\
def parse(text):
    return eval(text)
""",
    after="""\
import ast


def parse(text):
    return ast.literal_eval(text)
""",
    leaves_alone="eval with namespaces, expressions put together in place, names like expression or code.",
    fix=_eval,
    nodes=(cst.Call,),
)


def _mktemp(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, "tempfile.mktemp")
    if found is None:
        return not_found("a call of tempfile.mktemp")
    call, _ = found
    assign = source.parent(call)
    line = source.parent(assign) if assign is not None else None
    if (
        not isinstance(assign, cst.Assign)
        or not isinstance(line, cst.SimpleStatementLine)
        or len(line.body) != 1
        or len(assign.targets) != 1
        or not isinstance(assign.targets[0].target, cst.Name)
        or not isinstance(call.func, cst.Attribute)
        or is_starred(call)
    ):
        return Decline("the name is not assigned to a variable in a statement of its own; use mkstemp or NamedTemporaryFile by hand")
    closing = source.reference("os", "close")
    if closing is None or "descriptor" in source.used_names:
        return Decline("the name os or descriptor is taken in this file; use mkstemp by hand")
    target = assign.targets[0].target
    at = source.span(assign)[1]
    edits = (
        Edit(source.span(target)[0], source.span(target)[0], "descriptor, "),
        source.replace(call.func.attr, "mkstemp"),
        Edit(at, at, f"{source.line_end}{source.indent_of(line)}{closing[0]}(descriptor)"),
    )
    why = "mkstemp creates the file for this user alone, so nobody can put another one in its place between naming and opening it."
    return Rewrite(edits, why, closing[1])


MKSTEMP = Rule(
    name="mkstemp",
    answers=(("bandit", "B306"), ("ruff", "S306")),
    cwe=(377,),
    safety=FixSafety.UNSAFE,
    precondition="name = tempfile.mktemp(...) as a statement of its own.",
    title="Create temporary files with mkstemp",
    before="""\
import os
import tempfile


def scratch():
    path = tempfile.mktemp(suffix='.txt')
    return path
""",
    after="""\
import os
import tempfile


def scratch():
    descriptor, path = tempfile.mkstemp(suffix='.txt')
    os.close(descriptor)
    return path
""",
    leaves_alone="mktemp within a larger expression.",
    fix=_mktemp,
    nodes=(cst.Call,),
)

RULES = (YAML_SAFE_LOAD, WEAK_HASH, RANDOM_FOR_SECRETS, TARFILE_FILTER, JINJA_AUTOESCAPE, FLASK_DEBUG, LITERAL_EVAL, MKSTEMP)
