"""Commands that go through a shell without need."""

import re
from typing import cast

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import FixSafety
from orchestrator_assets.rules.call_sites import argument, call_of, constant, is_starred, is_true, keyword, remove_argument
from orchestrator_assets.rules.naming import words_of
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_SUBPROCESS = tuple(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
# Anything that a shell would act upon; a command free of these means the same as its words.
_SHELL_SYNTAX = re.compile(r"[|&;<>()$`\\\"'*?\[\]#~=%!{}\n\r]")
_SHELL_WORDS = frozenset(
    [
        "cd",
        "export",
        "source",
        "alias",
        "set",
        "unset",
        "exit",
        "exec",
        "eval",
        "read",
        "ulimit",
        "umask",
        "type",
        "command",
        "test",
        "if",
        "for",
        "while",
    ]
)
_SEVERAL_WORDS = frozenset(
    ["args", "arguments", "options", "opts", "flags", "params", "parameters", "cmd", "command", "cmdline", "commandline", "files", "paths"]
)
_ADVICE = "pass the program and its arguments as a list without a shell"


def command_words(source: SourceFile, node: cst.BaseExpression) -> list[str] | Decline:
    """The list elements, as code, that mean what the shell would make of a constant command or an f-string of whole words."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        text = constant(node)
        if not isinstance(text, str):
            return Decline(f"the command is put together while the program runs; {_ADVICE}")
        return _constant_words(text)
    if isinstance(node, cst.FormattedString):
        return _formatted_words(source, node)
    return Decline(f"the command is put together while the program runs; {_ADVICE}")


def _constant_words(text: str) -> list[str] | Decline:
    if _SHELL_SYNTAX.search(text):
        return Decline(f"the command uses shell syntax (pipes, quotes, wildcards or variables); rewrite it in Python or {_ADVICE}")
    words = text.split()
    if not words or words[0] in _SHELL_WORDS:
        return Decline("the command is one of the shell's own; rewrite it in Python")
    return [_quoted(word) for word in words]


def _formatted_words(source: SourceFile, node: cst.FormattedString) -> list[str] | Decline:
    """Each placeholder must be a whole word, so that its value can become one argument."""
    values: dict[str, str] = {}
    text = ""
    for number, part in enumerate(node.parts):
        if isinstance(part, cst.FormattedStringText):
            text += part.value
            continue
        expression = cast(cst.FormattedStringExpression, part)
        if expression.conversion or expression.format_spec or not isinstance(expression.expression, cst.Name | cst.Attribute):
            return Decline(f"the command's placeholders are more than plain names; {_ADVICE}")
        mark = f"\x00{number}\x00"
        if words_of(source.code(expression.expression)) & _SEVERAL_WORDS:
            return Decline(f"a placeholder may stand for several arguments by its name; {_ADVICE}")
        values[mark] = _as_text(source, expression.expression)
        text += mark
    if "r" in node.start.lower() or "\\" in text or _SHELL_SYNTAX.search(text):
        return Decline(f"the command uses shell syntax (pipes, quotes, wildcards or variables); rewrite it in Python or {_ADVICE}")
    words = text.split()
    if not words or words[0] in _SHELL_WORDS or words[0] in values:
        return Decline(f"the program to run is not written out; {_ADVICE}")
    if any("\x00" in word and word not in values for word in words):
        return Decline(f"a placeholder is a part of a word; {_ADVICE}")
    return [values.get(word) or _quoted(word) for word in words]


def _as_text(source: SourceFile, node: cst.BaseExpression) -> str:
    """A placeholder's value as the string that the f-string would have made of it."""
    code = source.code(node)
    function = source.function_of(node)
    if function is not None and isinstance(node, cst.Name):
        for param in function.params.params:
            if param.name.value == code and param.annotation is not None and source.code(param.annotation.annotation) == "str":
                return code
    return f"str({code})"


def _quoted(word: str) -> str:
    return f'"{word}"'


def _shell(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, *_SUBPROCESS)
    if found is None:
        return not_found("a call of subprocess")
    call, _ = found
    flag = keyword(call, "shell")
    if is_starred(call) or flag is None or not is_true(flag):
        return Decline("the shell is not switched on by a literal True, or the arguments are hidden; look at what is passed there")
    if keyword(call, "executable") is not None:
        return Decline("the call names the shell that shall run the command")
    command = argument(call, 0, "args")
    if command is None:
        return not_found("a call with its command in place")
    words = command_words(source, command.value)
    if isinstance(words, Decline):
        return words
    removal = remove_argument(source, call, flag)
    if removal is None:
        return Decline(f"a comment stands between the arguments; {_ADVICE}")
    edits = (source.replace(command.value, f"[{', '.join(words)}]"), removal)
    return Rewrite(edits, "Without a shell each word is one argument, whatever characters its value holds.")


SHELL_TO_LIST = Rule(
    name="subprocess-without-shell",
    answers=(("bandit", "B602"), ("bandit", "B604"), ("ruff", "S602"), ("ruff", "S604")),
    cwe=(78,),
    safety=FixSafety.UNSAFE,
    precondition="subprocess with shell=True and a command of plain words; a placeholder of an f-string must be a whole word.",
    title="Run the command without a shell",
    before="""\
import subprocess


def show(printer: str):
    subprocess.run(f"lpstat -p {printer}", shell=True, check=True)
""",
    after="""\
import subprocess


def show(printer: str):
    subprocess.run(["lpstat", "-p", printer], check=True)
""",
    leaves_alone="Shell syntax of any kind, commands put together otherwise, placeholders named like options or files.",
    fix=_shell,
    nodes=(cst.Call,),
)


def _system(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    found = call_of(source, finding, "os.system")
    if found is None:
        return not_found("a call of os.system")
    call, _ = found
    if not isinstance(source.parent(call), cst.Expr):
        return Decline("its exit status is used, and subprocess reports it in another form; replace it by subprocess.run by hand")
    command = argument(call, 0, "command")
    if command is None or len(call.args) != 1:
        return not_found("a call with its command in place")
    words = command_words(source, command.value)
    if isinstance(words, Decline):
        return words
    known = source.reference("subprocess", "run")
    if known is None:
        return Decline("the name subprocess is taken in this file; replace os.system by hand")
    edit = source.replace(call, f"{known[0]}([{', '.join(words)}], check=False)")
    why = "Without a shell each word is one argument; a program that is missing raises FileNotFoundError from now on."
    return Rewrite((edit,), why, known[1])


OS_SYSTEM = Rule(
    name="os-system-to-subprocess",
    answers=(("bandit", "B605"), ("ruff", "S605")),
    cwe=(78,),
    safety=FixSafety.UNSAFE,
    precondition="os.system as a statement of its own, with a command of plain words.",
    title="Run the command with subprocess, without a shell",
    before="""\
import os


def wake():
    os.system("cupsenable desk-1")
""",
    after="""\
import subprocess


def wake():
    subprocess.run(["cupsenable", "desk-1"], check=False)
""",
    leaves_alone="Calls whose exit status is used, shell syntax of any kind.",
    fix=_system,
    nodes=(cst.Call,),
)

RULES = (SHELL_TO_LIST, OS_SYSTEM)
