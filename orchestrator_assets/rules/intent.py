"""Findings whose right answer depends on intent: no rule guesses, and the person is told what to decide."""

from orchestrator_assets.domain.finding import Finding

REASONS: dict[tuple[str, str], str] = {
    (
        "bandit",
        "B102",
    ): "exec runs whatever it is given; replace it by explicit code, which takes someone who knows what has to be possible",
    ("bandit", "B103"): "which permissions the file's readers need depends on who they are; 0o600 or 0o750 is usually enough",
    ("bandit", "B104"): "whether every network interface shall be served depends on the deployment; take the address from the settings",
    ("bandit", "B105"): "if this is a real secret, replace it where it is in use first, then read it from the environment or a vault",
    ("bandit", "B106"): "if this is a real secret, replace it where it is in use first, then read it from the environment or a vault",
    ("bandit", "B107"): "if this default is a real secret, replace it where it is in use first, then make callers pass it",
    ("bandit", "B108"): "where temporary files belong depends on who else reads them; tempfile makes private ones",
    (
        "bandit",
        "B301",
    ): "pickle runs code from its input; whether that input can be trusted, or another format can take its place, has to be decided",
    ("bandit", "B303"): "which stronger hash can take its place depends on what is stored already",
    ("bandit", "B304"): "which stronger cipher can take its place depends on what is encrypted already",
    ("bandit", "B305"): "which cipher mode can take its place depends on what is encrypted already",
    ("bandit", "B308"): "whether the marked text is safe depends on where it comes from; format_html escapes what it fills in",
    ("bandit", "B310"): "which URL schemes are expected has to be said; check for https before the call",
    ("bandit", "B312"): "telnet sends passwords in clear text; what can replace it depends on the other side",
    ("bandit", "B313"): "parsing untrusted XML safely needs defusedxml, a new dependency; whether this XML is untrusted has to be decided",
    ("bandit", "B314"): "parsing untrusted XML safely needs defusedxml, a new dependency; whether this XML is untrusted has to be decided",
    ("bandit", "B318"): "parsing untrusted XML safely needs defusedxml, a new dependency; whether this XML is untrusted has to be decided",
    ("bandit", "B319"): "parsing untrusted XML safely needs defusedxml, a new dependency; whether this XML is untrusted has to be decided",
    ("bandit", "B320"): "parsing untrusted XML safely needs a parser without entities; whether this XML is untrusted has to be decided",
    ("bandit", "B321"): "FTP sends passwords in clear text; what can replace it depends on the other side",
    (
        "bandit",
        "B323",
    ): "the certificate check is switched off on purpose; find out which certificate authority the server uses, and pass that",
    ("bandit", "B401"): "what can replace telnet depends on the other side",
    ("bandit", "B402"): "what can replace FTP depends on the other side",
    ("bandit", "B403"): "importing pickle is no flaw in itself; look at where it loads from",
    ("bandit", "B404"): "importing subprocess is no flaw in itself; look at what it runs",
    ("bandit", "B405"): "importing the XML parser is no flaw in itself; use defusedxml where the XML may be hostile",
    ("bandit", "B406"): "importing the XML parser is no flaw in itself; use defusedxml where the XML may be hostile",
    ("bandit", "B408"): "importing the XML parser is no flaw in itself; use defusedxml where the XML may be hostile",
    ("bandit", "B409"): "importing the XML parser is no flaw in itself; use defusedxml where the XML may be hostile",
    (
        "bandit",
        "B501",
    ): "the certificate check is switched off on purpose; find out which certificate authority the server uses and pass it as verify",
    ("bandit", "B502"): "which TLS versions the other side can speak has to be known; ssl.create_default_context chooses well",
    ("bandit", "B503"): "which TLS versions the other side can speak has to be known; ssl.create_default_context chooses well",
    ("bandit", "B504"): "which TLS versions the other side can speak has to be known; ssl.create_default_context chooses well",
    ("bandit", "B505"): "longer keys need new key pairs on both sides",
    ("bandit", "B507"): "which host keys are trusted has to be known; load them and reject unknown ones",
    ("bandit", "B603"): "the command is a list without a shell, which is the right form; check where its parts come from",
    ("bandit", "B606"): "the program runs without a shell, which is the right form; check where its parts come from",
    ("bandit", "B607"): "where the program lies differs between machines; give its whole path if the search path cannot be trusted",
    ("bandit", "B609"): "what the wildcard may match has to be said; expand it with glob and check the names",
    ("bandit", "B610"): "the query has to be put together from parameters by someone who knows the model",
    ("bandit", "B611"): "the query has to be put together from parameters by someone who knows the model",
    ("bandit", "B612"): "who may write the logging configuration has to be known; check it before it is loaded",
    ("bandit", "B615"): "which revision of the model was tested has to be known; pin that one",
    ("bandit", "B702"): "which templates hold HTML has to be known; give Mako default_filters=['h'] for those",
    ("bandit", "B703"): "whether the marked text is safe depends on where it comes from; format_html escapes what it fills in",
    ("pylint", "broad-exception-raised"): "callers may catch the broad type; choose a type of your own and tell them",
    ("pylint", "unused-argument"): "callers, overriding methods or a framework may pass it; whether it can go has to be decided",
    ("pylint", "missing-module-docstring"): "what the module is for is written by someone who knows it",
    ("pylint", "missing-class-docstring"): "what the class is for is written by someone who knows it",
    ("pylint", "missing-function-docstring"): "what the function does is written by someone who knows it",
    ("pylint", "pointless-statement"): "it may be a forgotten call or assignment, or meant for its side effect",
    ("pylint", "expression-not-assigned"): "it may be a forgotten assignment, or meant for its side effect",
    ("pylint", "use-implicit-booleaness-not-comparison"): "comparing with an empty value and asking for truth differ for None and zero",
    ("pylint", "wrong-import-order"): "moving imports can change what is loaded first; sort them with isort or ruff in a commit of its own",
    ("pylint", "ungrouped-imports"): "moving imports can change what is loaded first; sort them with isort or ruff in a commit of its own",
    ("pylint", "wrong-import-position"): "what stands before the import may have to run before it",
    ("pylint", "import-outside-toplevel"): "the late import may avoid a cycle or a slow start",
    ("pylint", "invalid-name"): "renaming it breaks whoever uses the old name",
    ("pylint", "redefined-builtin"): "renaming it breaks callers that pass it by keyword",
    ("pylint", "redefined-outer-name"): "which of the two names shall change has to be decided",
    ("pylint", "protected-access"): "whether the member shall become public has to be decided by its owner",
    ("pylint", "global-statement"): "where the shared state belongs has to be decided",
    (
        "pylint",
        "line-too-long",
    ): "where a long line is best broken is a matter for a formatter over the whole project, in a commit of its own",
    ("pylint", "fixme"): "what it asks for has to be done, or dropped, by someone who knows",
    ("pylint", "cyclic-import"): "which of the modules gives up its import has to be decided",
    ("pylint", "duplicate-code"): "where the shared code belongs has to be decided",
    ("pylint", "attribute-defined-outside-init"): "whether the attribute may be missing before has to be decided",
    ("pylint", "abstract-method"): "whether the class is meant to be abstract has to be decided",
    ("pylint", "arguments-differ"): "which of the two signatures is right has to be decided",
    ("pylint", "undefined-variable"): "what was meant has to be said by someone who knows",
    (
        "pylint",
        "exec-used",
    ): "exec runs whatever it is given; replace it by explicit code, which takes someone who knows what has to be possible",
    ("ruff", "RUF100"): "removing a suppression is for the project's own linter configuration to say",
    ("ruff", "T201"): "whether the output is for a user or left over has to be decided; use logging for the latter",
    ("ruff", "T203"): "whether the output is for a user or left over has to be decided; use logging for the latter",
    ("ruff", "ERA001"): "whether the commented-out code is still wanted has to be decided",
}

_COMPLEXITY = "too-"


def reason_of(finding: Finding) -> str | None:
    """What to tell the person about a finding that only intent can answer, None where the finding is not known as one."""
    known = REASONS.get((finding.tool, finding.rule_id))
    if known is not None:
        return known
    if finding.tool == "pylint" and finding.rule_id.startswith(_COMPLEXITY):
        return f"no deterministic rule answers pylint:{finding.rule_id}; how to divide the code needs a model or a person"
    if finding.tool == "ruff" and finding.rule_id.startswith("D1"):
        return "what it is for is written by someone who knows it"
    if finding.tool == "ruff" and finding.rule_id in {"S105", "S106", "S107"}:
        return REASONS[("bandit", "B105")]
    return None
