"""Files that are opened without saying how they are encoded, or never closed."""

import libcst as cst

from orchestrator_assets.domain.finding import Finding
from orchestrator_assets.domain.fix import Edit, FixSafety
from orchestrator_assets.rules.call_sites import append_argument, argument, constant, is_starred
from orchestrator_assets.rules.rule import Decline, Rewrite, Rule, not_found
from orchestrator_assets.rules.source_file import SourceFile

_OPENERS = {"open": (1, 3), "io.open": (1, 3), "os.fdopen": (1, 3)}
_PATH_METHODS = {"open": (0, 2), "read_text": (None, 0), "write_text": (None, 1)}


def _slots(source: SourceFile, call: cst.Call) -> tuple[int | None, int] | None:
    """Positions of mode and encoding among the call's arguments; None where it is no known opener."""
    name = source.qualified(call.func)
    if name in _OPENERS:
        return _OPENERS[name]
    if isinstance(call.func, cst.Attribute):
        return _PATH_METHODS.get(call.func.attr.value)
    return None


def _encoding(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and _slots(source, node) is not None and not is_starred(node)

    call = source.locate(finding, cst.Call, where=matches)
    slots = _slots(source, call) if isinstance(call, cst.Call) else None
    if not isinstance(call, cst.Call) or slots is None:
        return not_found("a call that opens a text file")
    mode_slot, encoding_slot = slots
    mode = argument(call, mode_slot, "mode") if mode_slot is not None else None
    text = constant(mode.value) if mode is not None else "r"
    if not isinstance(text, str):
        return Decline("the mode is computed: whether it is text or bytes is only known while the program runs")
    if "b" in text:
        return Decline("the file is opened for bytes, which have no encoding")
    given = argument(call, encoding_slot, "encoding")
    if given is not None:
        if constant(given.value) is None:
            return Rewrite((source.replace(given.value, '"utf-8"'),), _ENCODING_WHY)
        return Decline("the call names its encoding already")
    edit = append_argument(source, call, 'encoding="utf-8"')
    if edit is None:
        return Decline("the argument cannot be added in place; pass the encoding by hand")
    return Rewrite((edit,), _ENCODING_WHY)


_ENCODING_WHY = "UTF-8 on every machine; until now the platform's locale decided, which is UTF-8 nearly everywhere but on Windows."

UNSPECIFIED_ENCODING = Rule(
    name="unspecified-encoding",
    answers=(("pylint", "unspecified-encoding"), ("ruff", "PLW1514")),
    cwe=(),
    safety=FixSafety.UNSAFE,
    precondition="open, io.open, Path.open, read_text or write_text for text, without an encoding.",
    title="Say that the file is UTF-8",
    before="""\
def read(path):
    with open(path) as handle:
        return handle.read()
""",
    after="""\
def read(path):
    with open(path, encoding="utf-8") as handle:
        return handle.read()
""",
    leaves_alone="Files opened for bytes, modes that are computed, starred arguments.",
    fix=_encoding,
    nodes=(cst.Call,),
)


def _with(source: SourceFile, finding: Finding) -> Rewrite | Decline:
    def matches(node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Call) and source.qualified(node.func) in {"open", "io.open", "tarfile.open", "zipfile.ZipFile"}

    call = source.locate(finding, cst.Call, where=matches)
    if not isinstance(call, cst.Call):
        return not_found("a call that opens a file; whoever holds the resource has to close it")
    site = _opened_and_closed(source, call)
    if isinstance(site, Decline):
        return site
    name, lines = site
    opened, closing = lines[0], lines[-1]
    step = source.module.default_indent
    start = source.span(opened)[0]
    end = source.span(call)[1]
    edits = [Edit(start, end, f"with {source.code(call)} as {name}:")]
    for number in range(source.place(lines[1])[0], source.place(closing)[0]):
        if source.line_text(number).strip():
            at = source.starts[number - 1]
            edits.append(Edit(at, at, step))
    first, last = source.place(closing)[0], source.end_line(closing)
    edits.append(Edit(source.starts[first - 1], source.starts[min(last, len(source.starts) - 1)], ""))
    return Rewrite(tuple(edits), "The file is closed when the block is left, also by an error; nothing used it after its close().")


def _opened_and_closed(source: SourceFile, call: cst.Call) -> tuple[str, list[cst.CSTNode]] | Decline:
    """The variable, and the statements from `name = open(...)` to `name.close()` of one block."""
    refusal = Decline("no block is evident that begins with open and ends with close; decide where the resource ends")
    assign = source.parent(call)
    opened = source.parent(assign) if assign is not None else None
    if not isinstance(assign, cst.Assign) or not isinstance(opened, cst.SimpleStatementLine) or len(opened.body) != 1:
        return refusal
    if len(assign.targets) != 1 or not isinstance(assign.targets[0].target, cst.Name) or call.lpar:
        return refusal
    name = assign.targets[0].target.value
    block = source.parent(opened)
    if not isinstance(block, cst.IndentedBlock | cst.Module):
        return refusal
    index = next(number for number, node in enumerate(block.body) if node is opened)
    rest = list(block.body[index + 1 :])
    close_at = next((number for number, node in enumerate(rest) if source.code(node) == f"{name}.close()"), None)
    if close_at is None or close_at == 0 or not all(source.owns_its_lines(node) for node in (opened, *rest[: close_at + 1])):
        return refusal
    inside, after = rest[:close_at], rest[close_at + 1 :]
    if any(_mentions(source, node, name) for node in after):
        return refusal
    if not _stays_inside(source, inside, name) or not _indentable(source, inside):
        return refusal
    if not any(name == source.code(node) for statement in inside for node in source.within(statement, cst.Name)):
        return refusal
    return name, [opened, *inside, rest[close_at]]


def _mentions(source: SourceFile, root: cst.CSTNode, name: str) -> bool:
    return any(isinstance(node, cst.Name) and node.value == name for node in source.within(root, cst.Name))


def _stays_inside(source: SourceFile, statements: list[cst.BaseStatement | cst.SimpleStatementLine], name: str) -> bool:
    """Whether the variable is only read as `name.method(...)`, iterated, or handed to a call, and no generator or closure holds it."""
    for statement in statements:
        for node in source.within(statement, cst.Yield, cst.Lambda, cst.FunctionDef, cst.GeneratorExp, cst.Await):
            if isinstance(node, cst.Yield) or _mentions(source, node, name):
                return False
        for node in source.within(statement, cst.Name):
            if not isinstance(node, cst.Name) or node.value != name:
                continue
            above = source.parent(node)
            consumed = isinstance(above, cst.Attribute) and isinstance(source.parent(above), cst.Call)
            if not consumed and not (isinstance(above, cst.For | cst.CompFor) and above.iter is node):
                return False
    return True


def _indentable(source: SourceFile, statements: list[cst.BaseStatement | cst.SimpleStatementLine]) -> bool:
    """Whether no string runs over several lines: indenting it would change it."""
    for statement in statements:
        if "#" in source.code(statement):
            return False
        for node in source.within(statement, cst.SimpleString, cst.FormattedString, cst.ConcatenatedString):
            if source.place(node)[0] != source.end_line(node):
                return False
    return True


OPEN_IN_WITH = Rule(
    name="open-in-with",
    answers=(("pylint", "consider-using-with"), ("ruff", "SIM115")),
    cwe=(772,),
    safety=FixSafety.UNSAFE,
    precondition="name = open(...), statements that only read from or write to it, and name.close() in the same block.",
    title="Close the file by a with block",
    before="""\
def first(path):
    handle = open(path, encoding='utf-8')
    line = handle.readline()
    handle.close()
    return line
""",
    after="""\
def first(path):
    with open(path, encoding='utf-8') as handle:
        line = handle.readline()
    return line
""",
    leaves_alone="Resources that are returned, stored, yielded, passed on or used after their close().",
    fix=_with,
    nodes=(cst.Call,),
)

RULES = (UNSPECIFIED_ENCODING, OPEN_IN_WITH)
