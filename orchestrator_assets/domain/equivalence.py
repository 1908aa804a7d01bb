"""Which rules of different tools say the same thing, reviewed pair by pair.

Two rules are in one group when a person who fixes the one at a place has fixed the other there. Rules that merely overlap (bandit's
B110 and ruff's SIM105) are left apart.
"""

from functools import cache

# The tool whose word counts where several say the same; the rest come after, by name.
AUTHORITY = ("bandit", "ruff", "pylint", "mypy")

# These report under the codes that ruff took over from them.
_RUFF_CODES = frozenset({"flake8", "pycodestyle", "pydocstyle", "pyflakes", "mccabe"})

# bandit Bnnn is ruff Snnn. Without S320 and S410, which bandit dropped, and bandit's B613 to B615, B703, which ruff lacks.
_BANDIT_AS_RUFF = (
    "101 102 103 104 105 106 107 108 110 112 113 201 202 301 302 303 304 305 306 307 308 310 311 312 313 314 315 316 317 318 319 321 323"
    " 324 401 402 403 404 405 406 407 408 409 411 412 413 415 501 502 503 504 505 506 507 508 509 601 602 603 604 605 606 607 608 609 610"
    " 611 612 701 702 704"
)

# ruff PLxnnnn carries pylint's message xnnnn.
_PYLINT_AS_RUFF = """
PLC0105 typevar-name-incorrect-variance
PLC0131 typevar-double-variance
PLC0132 typevar-name-mismatch
PLC0205 single-string-used-for-slots
PLC0206 consider-using-dict-items
PLC0207 use-maxsplit-arg
PLC0208 use-sequence-for-iteration
PLC0414 useless-import-alias
PLC0415 import-outside-toplevel
PLC1802 use-implicit-booleaness-not-len
PLC2401 non-ascii-name
PLC2403 non-ascii-module-import
PLC2701 import-private-name
PLC2801 unnecessary-dunder-call
PLC3002 unnecessary-direct-lambda-call
PLE0100 init-is-generator
PLE0101 return-in-init
PLE0115 nonlocal-and-global
PLE0117 nonlocal-without-binding
PLE0118 used-prior-global-declaration
PLE0211 no-method-argument
PLE0237 assigning-non-slot
PLE0241 duplicate-bases
PLE0302 unexpected-special-method-signature
PLE0303 invalid-length-returned
PLE0304 invalid-bool-returned
PLE0305 invalid-index-returned
PLE0307 invalid-str-returned
PLE0308 invalid-bytes-returned
PLE0309 invalid-hash-returned
PLE0604 invalid-all-object
PLE0605 invalid-all-format
PLE0643 potential-index-error
PLE0704 misplaced-bare-raise
PLE1132 repeated-keyword
PLE1141 dict-iter-missing-items
PLE1142 await-outside-async
PLE1205 logging-too-many-args
PLE1206 logging-too-few-args
PLE1300 bad-format-character
PLE1307 bad-string-format-type
PLE1310 bad-str-strip-call
PLE1507 invalid-envvar-value
PLE1519 singledispatch-method
PLE1520 singledispatchmethod-function
PLE1700 yield-inside-async-function
PLE2502 bidirectional-unicode
PLE2510 invalid-character-backspace
PLE2512 invalid-character-sub
PLE2513 invalid-character-esc
PLE2514 invalid-character-nul
PLE2515 invalid-character-zero-width-space
PLE4703 modified-iterating-set
PLR0124 comparison-with-itself
PLR0133 comparison-of-constants
PLR0202 no-classmethod-decorator
PLR0203 no-staticmethod-decorator
PLR0206 property-with-parameters
PLR0402 consider-using-from-import
PLR0904 too-many-public-methods
PLR0911 too-many-return-statements
PLR0912 too-many-branches
PLR0913 too-many-arguments
PLR0914 too-many-locals
PLR0915 too-many-statements
PLR0916 too-many-boolean-expressions
PLR0917 too-many-positional-arguments
PLR1701 consider-merging-isinstance
PLR1702 too-many-nested-blocks
PLR1704 redefined-argument-from-local
PLR1706 consider-using-ternary
PLR1708 stop-iteration-return
PLR1711 useless-return
PLR1712 consider-swap-variables
PLR1714 consider-using-in
PLR1716 chained-comparison
PLR1722 consider-using-sys-exit
PLR1730 consider-using-min-builtin
PLR1733 unnecessary-dict-index-lookup
PLR1736 unnecessary-list-index-lookup
PLR2004 magic-value-comparison
PLR2044 empty-comment
PLR5501 else-if-used
PLR6104 consider-using-augmented-assign
PLR6201 use-set-for-membership
PLR6301 no-self-use
PLW0108 unnecessary-lambda
PLW0120 useless-else-on-loop
PLW0127 self-assigning-variable
PLW0128 redeclared-assigned-name
PLW0129 assert-on-string-literal
PLW0131 named-expr-without-context
PLW0133 pointless-exception-statement
PLW0177 nan-comparison
PLW0211 bad-staticmethod-argument
PLW0244 redefined-slots-in-subclass
PLW0245 super-without-brackets
PLW0406 import-self
PLW0602 global-variable-not-assigned
PLW0603 global-statement
PLW0604 global-at-module-level
PLW0642 self-cls-assignment
PLW0711 binary-op-exception
PLW0717 too-many-try-statements
PLW1501 bad-open-mode
PLW1507 shallow-copy-environ
PLW1508 invalid-envvar-default
PLW1509 subprocess-popen-preexec-fn
PLW1510 subprocess-run-check
PLW1514 unspecified-encoding
PLW1641 eq-without-hash
PLW2101 useless-with-lock
PLW2901 redefined-loop-name
PLW3201 bad-dunder-name
PLW3301 nested-min-max
"""

_GROUPS = """
bandit:B102 pylint:exec-used
bandit:B307 pylint:eval-used ruff:PGH001
bandit:B113 pylint:missing-timeout
pylint:unused-import ruff:F401
pylint:wildcard-import ruff:F403
pylint:unused-variable ruff:F841 ruff:RUF059
pylint:unused-argument ruff:ARG001 ruff:ARG002 ruff:ARG003 ruff:ARG004 ruff:ARG005
pylint:undefined-variable ruff:F821 mypy:name-defined
pylint:undefined-all-variable ruff:F822
pylint:used-before-assignment ruff:F823 mypy:used-before-def
pylint:function-redefined pylint:reimported ruff:F811 mypy:no-redef
pylint:redefined-builtin ruff:A001 ruff:A002 ruff:A004
pylint:misplaced-future ruff:F404
pylint:no-member mypy:attr-defined
pylint:import-error mypy:import-not-found
pylint:no-value-for-parameter pylint:too-many-function-args pylint:unexpected-keyword-arg mypy:call-arg
pylint:abstract-class-instantiated mypy:abstract
pylint:unsubscriptable-object mypy:index
pylint:arguments-differ pylint:arguments-renamed pylint:signature-differs mypy:override
pylint:line-too-long ruff:E501
pylint:trailing-whitespace ruff:W291 ruff:W293
pylint:missing-final-newline ruff:W292
pylint:trailing-newlines ruff:W391
pylint:multiple-statements ruff:E701 ruff:E702
pylint:unnecessary-semicolon ruff:E703
pylint:multiple-imports ruff:E401
pylint:wrong-import-position ruff:E402
pylint:singleton-comparison ruff:E711 ruff:E712
pylint:unidiomatic-typecheck ruff:E721
pylint:bare-except ruff:E722
pylint:unnecessary-lambda-assignment ruff:E731
pylint:unnecessary-negation ruff:E713 ruff:E714 ruff:SIM201 ruff:SIM202 ruff:SIM208
pylint:anomalous-backslash-in-string ruff:W605
pylint:f-string-without-interpolation ruff:F541
pylint:duplicate-key ruff:F601
pylint:assert-on-tuple ruff:F631
pylint:literal-comparison ruff:F632
pylint:notimplemented-raised ruff:F901
pylint:bad-format-string-key ruff:F504
pylint:missing-format-string-key ruff:F505
pylint:format-needs-mapping ruff:F502
pylint:mixed-format-string ruff:F506
pylint:too-many-format-args pylint:too-few-format-args ruff:F507
pylint:bad-format-string ruff:F521
pylint:unused-format-string-argument ruff:F522 ruff:F523
pylint:missing-format-argument-key ruff:F524
pylint:format-combined-specification ruff:F525
pylint:syntax-error ruff:E999 ruff:invalid-syntax mypy:syntax
pylint:not-in-loop ruff:F701 ruff:F702
pylint:return-outside-function ruff:F706
pylint:yield-outside-function ruff:F704
pylint:bad-except-order ruff:F707
pylint:dangerous-default-value ruff:B006
pylint:lost-exception pylint:return-in-finally pylint:break-in-finally pylint:continue-in-finally ruff:B012 ruff:PLE0116
pylint:pointless-statement pylint:expression-not-assigned ruff:B018 ruff:B015
pylint:method-cache-max-size-none ruff:B019
pylint:cell-var-from-loop ruff:B023
pylint:duplicate-except ruff:B025
pylint:duplicate-value ruff:B033
pylint:raising-bad-type pylint:raising-non-exception ruff:B016
pylint:catching-non-exception ruff:B030
pylint:raise-missing-from ruff:B904 ruff:TRY200
pylint:broad-exception-caught ruff:BLE001
pylint:broad-exception-raised ruff:TRY002
pylint:try-except-raise ruff:TRY203
pylint:missing-module-docstring ruff:D100 ruff:D104
pylint:missing-class-docstring ruff:D101 ruff:D106
pylint:missing-function-docstring ruff:D102 ruff:D103
pylint:empty-docstring ruff:D419
pylint:invalid-name ruff:N801 ruff:N802 ruff:N803 ruff:N806 ruff:N815 ruff:N816
pylint:bad-classmethod-argument ruff:N804
pylint:no-self-argument ruff:N805
pylint:too-complex ruff:C901
pylint:no-else-return ruff:RET505
pylint:no-else-raise ruff:RET506
pylint:no-else-continue ruff:RET507
pylint:no-else-break ruff:RET508
pylint:inconsistent-return-statements ruff:RET502 ruff:RET503
pylint:unnecessary-pass pylint:unnecessary-ellipsis ruff:PIE790
pylint:simplifiable-if-statement ruff:SIM103
pylint:simplifiable-if-expression ruff:SIM210
pylint:consider-using-with ruff:SIM115
pylint:consider-iterating-dictionary ruff:SIM118
pylint:consider-using-get ruff:SIM401
pylint:super-with-arguments ruff:UP008
pylint:useless-object-inheritance ruff:UP004
pylint:redundant-u-string-prefix ruff:UP025
pylint:consider-using-f-string ruff:UP031 ruff:UP032
pylint:use-dict-literal pylint:use-list-literal ruff:C408
pylint:consider-using-set-comprehension ruff:C401 ruff:C403
pylint:consider-using-dict-comprehension ruff:C402 ruff:C404
pylint:unnecessary-comprehension ruff:C416
pylint:use-a-generator pylint:consider-using-generator ruff:C419
pylint:logging-not-lazy ruff:G002 ruff:G003
pylint:logging-format-interpolation ruff:G001
pylint:logging-fstring-interpolation ruff:G004
pylint:fixme ruff:FIX001 ruff:FIX002 ruff:FIX003
pylint:protected-access ruff:SLF001
pylint:implicit-str-concat ruff:ISC001 ruff:ISC002
pylint:forgotten-debug-statement ruff:T100
pylint:consider-merging-isinstance ruff:SIM101
"""


def same_meaning(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether two (tool, rule id) say the same thing about a place."""
    return meaning_of(*first) == meaning_of(*second)


def meaning_of(tool: str, rule_id: str) -> str:
    """The name of the rule's group: its first member by name; the rule itself, as `tool:rule_id`, when it stands alone."""
    key = f"{'ruff' if tool in _RUFF_CODES else tool}:{rule_id}"
    return _meanings().get(key, key)


def authority_of(tool: str) -> tuple[int, str]:
    """Sorts the tool whose word counts first."""
    return (AUTHORITY.index(tool) if tool in AUTHORITY else len(AUTHORITY), tool)


def equivalence_groups() -> tuple[frozenset[str], ...]:
    """Every group as `tool:rule_id` names, sorted by meaning."""
    groups: dict[str, set[str]] = {}
    for rule, meaning in _meanings().items():
        groups.setdefault(meaning, set()).add(rule)
    return tuple(frozenset(groups[meaning]) for meaning in sorted(groups))


@cache
def _meanings() -> dict[str, str]:
    """Rule -> group name; groups that share a rule are one."""
    rows = [[f"bandit:B{number}", f"ruff:S{number}"] for number in _BANDIT_AS_RUFF.split()]
    rows += [[f"pylint:{symbol}", f"ruff:{code}"] for code, symbol in map(str.split, _PYLINT_AS_RUFF.strip().splitlines())]
    rows += [line.split() for line in _GROUPS.strip().splitlines()]
    group_of: dict[str, set[str]] = {}
    for row in rows:
        joined = set(row).union(*(group_of.get(rule, set()) for rule in row))
        for rule in joined:
            group_of[rule] = joined
    return {rule: min(group) for rule, group in group_of.items()}
