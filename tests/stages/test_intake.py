import hashlib
import json
import os
import socket
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_assets.domain.errors import ManifestError, StateError
from orchestrator_assets.domain.job import CustomerId, JobOptions, JobOrder, Policy, RepoRef, Tier
from orchestrator_assets.stages import intake
from orchestrator_assets.stages.intake import (
    Submission,
    findings_key,
    manifest_schema,
    order_from_json,
    order_to_json,
    read_manifest,
    submit_order,
)
from resources.artifact_store import LocalArtifactStore
from resources.store.job_store import SqlJobStore, open_job_store

SARIF = b'{"version": "2.1.0", "runs": []}'


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A customer's folder: a repository and its findings, side by side."""
    (tmp_path / "code").mkdir()
    (tmp_path / "results.sarif").write_bytes(SARIF)
    return tmp_path


def read(desk: Path, text: str, name: str = "job.yaml") -> Submission:
    (desk / name).write_text(text)
    return read_manifest(desk / name)


def refused(desk: Path, text: str) -> str:
    with pytest.raises(ManifestError) as caught:
        read(desk, text)
    message = str(caught.value)
    assert "pydantic" not in message
    assert "job.yaml" in message
    return message


def refused_field(desk: Path, field: str, value: object) -> str:
    fields: dict[str, object] = {"customer": "acme", "repo": {"path": "code"}}
    target: dict[str, object] = fields
    *outer, last = field.split(".")
    for part in outer:
        target = target.setdefault(part, {})  # type: ignore[assignment]
    if field in {"repo.url"}:
        target.pop("path")
    target[last] = value
    return refused(desk, json.dumps(fields) if isinstance(value, float) else yaml.safe_dump(fields))


def test_a_full_manifest_becomes_an_order(desk: Path) -> None:
    submission = read(
        desk,
        """
        customer: acme
        repo: {path: code, branch: release/1.2, commit: ABCDEF1}
        findings: results.sarif
        tier: premium
        webhook_url: https://hooks.acme.example/done?x=1
        options:
          hard_cap_usd: 5
          soft_alert_usd: 2.5
          min_score: 90
          policy: absolute
          setup_command: make deps
          test_command: make test
          include: [src/*]
          exclude: [src/vendor]
          allow_model: false
        """,
    )
    assert submission == Submission(
        JobOrder(
            CustomerId("acme"),
            RepoRef(path=str(desk / "code"), branch="release/1.2", commit="abcdef1"),
            Tier.PREMIUM,
            "https://hooks.acme.example/done?x=1",
            hashlib.sha256(SARIF).hexdigest(),
            "results.sarif",
            JobOptions(
                Decimal(5), Decimal("2.5"), Decimal(90), Policy.ABSOLUTE, "make deps", "make test", ("src/*",), ("src/vendor",), False
            ),
        ),
        SARIF,
    )


def test_the_least_manifest_has_the_designs_defaults(desk: Path) -> None:
    order = read(desk, "customer: acme\nrepo: code\n").order
    assert order == JobOrder(CustomerId("acme"), RepoRef(path=str(desk / "code")))


def test_json_and_yaml_say_the_same(desk: Path) -> None:
    fields = {"customer": "acme", "repo": {"path": "code"}, "options": {"min_score": 92.5}, "findings": {"runs": [{"rank": 1.5}]}}
    assert read(desk, json.dumps(fields, indent="\t"), "job.json") == read(desk, yaml.safe_dump(fields))


def test_paths_start_from_the_manifests_folder_wherever_the_command_runs(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (desk / "orders").mkdir()
    (desk / "orders/job.yaml").write_text("customer: acme\nrepo: ../code\nfindings: ../results.sarif\n")
    submission = read_manifest(desk / "orders/job.yaml")
    assert (submission.order.repo.path, submission.findings) == (str(desk / "code"), SARIF)


def test_a_soft_alert_never_stands_above_a_lower_cap(desk: Path) -> None:
    assert read(desk, "customer: a\nrepo: code\noptions: {hard_cap_usd: 3}\n").order.options.soft_alert_usd == 3


@pytest.mark.parametrize(
    ("repo", "expected"),
    [
        ("https://git.example/acme/code.git", RepoRef(url="https://git.example/acme/code.git")),
        ("git@git.example:acme/code.git", RepoRef(url="git@git.example:acme/code.git")),
        ("ssh://git@git.example:2222/acme/code", RepoRef(url="ssh://git@git.example:2222/acme/code")),
        ("file:///srv/git/code.git", RepoRef(url="file:///srv/git/code.git")),
    ],
)
def test_a_repository_may_be_given_by_one_text(desk: Path, repo: str, expected: RepoRef) -> None:
    assert read(desk, f"customer: acme\nrepo: {repo}\n").order.repo == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ext::sh -c touch% /tmp/x", "white space"),
        ("ext::sh", "not a git address"),
        ("-oProxyCommand=x", "option"),
        ("ssh://-oProxyCommand=x/code", "host"),
        ("ssh://-oX@git.example/code", "option"),
        ("git@-oProxyCommand:code", "not a git address"),
        ("git@git.example:-code", "not a git address"),
        ("http://git.example/code", "'http' is not taken"),
        ("git://git.example/code", "'git' is not taken"),
        ("https://git.example", "no repository"),
        ("https:///code", "host"),
        ("https://git.example:port/code", "port"),
        ("https://git.example/code?token=1", "query"),
        ("file://server/code", "file:///folder"),
        ("https://git.example/c\u00f6de", "percent-encode"),
    ],
)
def test_an_address_that_git_must_not_see_is_refused(desk: Path, url: str, problem: str) -> None:
    message = refused_field(desk, "repo.url", url)
    assert problem in message
    assert "repo.url" in message


@pytest.mark.parametrize(
    "url",
    [
        "https://ann:s3cret@git.example/code",
        "https://s3cret@git.example/code",
        "ssh://git:s3cret@git.example/code",
        "https://ann:s3/cret@git.example/code",
        "https://git.example/code?token=s3cret",
        "ann:s3cret@git.example:code",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(desk: Path, url: str) -> None:
    message = refused_field(desk, "repo.url", url)
    assert "s3" not in message
    assert "cret" not in message


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("customer", "Acme", "customer 'Acme': use 1 to 64"),
        ("customer", 7, "customer 7: it is not text; put it in quotes"),
        ("tier", "gold", "tier 'gold': give one of 'standard' or 'premium'"),
        ("webhook_url", "http://acme.example/x", "https://"),
        ("webhook_url", "https://ann:pw@acme.example/x", "credentials"),
        ("webhook_url", "https:///x", "host"),
        ("repo.branch", "-x", "branch"),
        ("repo.branch", "a..b", "branch"),
        ("repo.branch", "a b", "branch"),
        ("repo.branch", "x.lock", "branch"),
        ("repo.branch", "b" * 256, "at most 255"),
        ("repo.branch", 1.5, "repo.branch 1.5: it is not text; put it in quotes"),
        ("repo.commit", 1234567, "repo.commit 1234567: it is not text; put it in quotes"),
        ("repo.commit", "HEAD~1", "hexadecimal"),
        ("repo.path", "nowhere", "no such folder"),
        ("repo.path", "results.sarif", "not a folder"),
        ("repo.path", "https://x.example/y", "repo.url"),
        ("repo.path", "a\0b", "control character"),
        ("repo.path", "~no-such-user-here/x", "no such user"),
        ("options.hard_cap_usd", 1000.01, "options.hard_cap_usd 1000.01: give a number from 0 to 1000"),
        ("options.hard_cap_usd", -1, "0 to 1000"),
        ("options.hard_cap_usd", True, "not a number"),
        ("options.hard_cap_usd", "much", "not a number"),
        ("options.hard_cap_usd", "1.2345678", "at most 6 decimals"),
        ("options.min_score", 101, "0 to 100"),
        ("options.policy", "lenient", "'ratchet' or 'absolute'"),
        ("options.allow_model", "yes please", "true or false"),
        ("options.test_command", " ", "empty"),
        ("options.include", "src", "give a list"),
        ("options.exclude", ["../other"], "outside the repository"),
        ("options.include", ["/etc"], "outside the repository"),
        ("findings", "none.sarif", "No such file"),
        ("findings", "code", "not a regular file"),
        ("findings", "https://x.example/r.sarif", "download the file"),
        ("findings", 3, "give a file's path, a SARIF object or a list of findings"),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_the_mend(desk: Path, field: str, value: object, expected: str) -> None:
    message = refused_field(desk, field, value)
    assert expected in message
    assert field in message


def test_numbers_that_are_none_are_refused(desk: Path) -> None:
    assert "not a number" in refused(desk, "customer: a\nrepo: code\noptions: {hard_cap_usd: .nan}\n")
    assert "not a number" in refused(desk, "customer: a\nrepo: code\noptions: {min_score: .inf}\n")
    assert "NaN is not a number" in refused(desk, '{"customer": "a", "repo": "code", "options": {"min_score": NaN}}')
    assert "not finite" in refused(desk, "customer: a\nrepo: code\nfindings: [.nan]\n")


def test_an_alert_above_the_cap_is_refused(desk: Path) -> None:
    assert "soft_alert_usd 9 is above hard_cap_usd 8" in refused(
        desk, "customer: a\nrepo: code\noptions: {hard_cap_usd: 8, soft_alert_usd: 9}\n"
    )


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("custommer: x", "unknown field 'custommer'; did you mean 'customer'?"),
        ("options: {hardCapUsd: 1}", "unknown field 'options.hardCapUsd'; did you mean 'hard_cap_usd'?"),
        ("options: {min-score: 1}", "did you mean 'min_score'?"),
        ("policy: absolute", "unknown field 'policy'; did you mean 'options.policy'?"),
        ("branch: main", "did you mean 'repo.branch'?"),
        ("colour: red", "unknown field 'colour'; known here: customer, repo, findings, tier, webhook_url, options"),
    ],
)
def test_an_unknown_field_is_refused_with_the_nearest_known_one(desk: Path, line: str, hint: str) -> None:
    assert hint in refused(desk, f"customer: a\nrepo: code\n{line}\n")


def test_all_wrong_fields_are_told_at_once_but_not_without_end(desk: Path) -> None:
    message = refused(desk, "customer: A\nrepo: {branch: main}\ntier: gold\n")
    assert [line.split()[1].rstrip(":") for line in message.splitlines()] == ["customer", "repo", "tier"]
    many = "".join(f"x{n}: 1\n" for n in range(5000))
    assert len(refused(desk, f"customer: a\nrepo: code\n{many}").splitlines()) == 11


def test_missing_fields_are_named(desk: Path) -> None:
    assert "the field 'repo' is missing" in refused(desk, "customer: acme\n")
    assert "exactly one of path and url" in refused(desk, "customer: a\nrepo: {path: code, url: 'https://x.example/y'}\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it holds nothing"),
        ("- customer: acme\n", "it holds a list"),
        ("acme", "it holds text"),
        ("customer: [", "job.yaml, line 2: did not find expected node content; mend the YAML"),
        ("customer: acme\ncustomer: globex\n", "the key 'customer' is given twice"),
        ("customer: acme\n1: x\n", "put it in quotes"),
        ("a: &a [x]\nb: *a\n", "anchors and aliases"),
        ("a: &a {x: 1}\n", "anchors and aliases"),
        ("customer: a\n---\ncustomer: b\n", "second document"),
        ("a: !!python/object/apply:os.system [id]\n", "constructor"),
        ("a: 2026-13-45\n", "mend the YAML"),
        ("[" * 10_000, "nested too deeply"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"customer": "a", "customer": "b"}', "given twice"),
        ("customer: a\x07\n", "mend the YAML"),
        ("x" * (intake.MAX_MANIFEST_BYTES + 1), "1 MiB"),
    ],
    ids=lambda value: value[:24],
)
def test_text_that_is_no_manifest_is_refused(desk: Path, text: str, problem: str) -> None:
    assert problem in refused(desk, text)


def test_a_manifest_that_is_not_utf8_is_refused(desk: Path) -> None:
    with pytest.raises(ManifestError, match="offset 10 is not UTF-8"):
        read_manifest(b"customer: \xff", desk)


def test_broken_json_is_told_as_json(desk: Path) -> None:
    with pytest.raises(ManifestError, match=r"job\.json, line 2: .*mend the JSON"):
        read(desk, '{"customer": "a",\n "repo" "code"}', "job.json")


def test_a_missing_manifest_is_named(desk: Path) -> None:
    with pytest.raises(ManifestError, match=r"nope\.yaml.*No such file"):
        read_manifest(desk / "nope.yaml")


def test_a_pipe_or_a_device_is_not_read(desk: Path) -> None:
    os.mkfifo(desk / "pipe")
    (desk / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(desk / "socket"))
        for name in ("pipe", "zero", "socket"):
            assert "findings" in refused(desk, f"customer: a\nrepo: code\nfindings: {name}\n")


def test_findings_over_the_limit_are_refused(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_FINDINGS_BYTES", 2 << 20)
    (desk / "results.sarif").write_bytes(b" " * ((2 << 20) + 1))
    assert "over the limit of 2 MiB" in refused(desk, "customer: a\nrepo: code\nfindings: results.sarif\n")


def test_findings_may_stand_in_the_manifest(desk: Path) -> None:
    listed = read(desk, "customer: a\nrepo: code\nfindings: [{tool: ruff, rank: 1.5}]\n")
    assert json.loads(listed.findings or b"") == [{"tool": "ruff", "rank": 1.5}]
    assert listed.order.findings_name == "inline.json"
    sarif = read(desk, "customer: a\nrepo: code\nfindings: {runs: []}\n")
    assert sarif.order.findings_name == "inline.sarif"


@pytest.mark.parametrize("fields", ["repo: code", "repo: file:///srv/code", "repo: https://x.example/y\nfindings: results.sarif"])
def test_an_order_from_afar_names_nothing_on_this_machine(fields: str) -> None:
    with pytest.raises(ManifestError, match="of this machine"):
        read_manifest(f"customer: acme\n{fields}\n".encode())


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = [
        {"customer": "acme", "repo": "code"},
        {"customer": "acme", "repo": {"url": "https://x.example/y"}, "findings": [], "options": {"hard_cap_usd": 5, "policy": "absolute"}},
    ]
    for document in good:
        jsonschema.validate(document, schema)
    for document in ({"customer": "acme"}, {"customer": "acme", "repo": "c", "colour": 1}, {"customer": "a", "repo": "c", "tier": "gold"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, schema)


TEXT = st.text(max_size=20)
DECIMALS = st.decimals(0, 1000, places=6)
ORDERS = st.builds(
    JobOrder,
    customer=st.from_regex(r"[a-z0-9]([a-z0-9_.-]{0,8}[a-z0-9])?", fullmatch=True).map(CustomerId),
    repo=st.builds(RepoRef, path=st.none() | TEXT, url=st.none() | TEXT, branch=st.none() | TEXT, commit=st.none() | TEXT),
    tier=st.sampled_from(Tier),
    webhook_url=st.none() | TEXT,
    findings_sha256=st.none() | TEXT,
    findings_name=st.none() | TEXT,
    options=st.builds(
        JobOptions,
        hard_cap_usd=DECIMALS,
        soft_alert_usd=DECIMALS,
        min_score=DECIMALS,
        policy=st.sampled_from(Policy),
        setup_command=st.none() | TEXT,
        test_command=st.none() | TEXT,
        include=st.lists(TEXT).map(tuple),
        exclude=st.lists(TEXT).map(tuple),
        allow_model=st.booleans(),
    ),
)


@given(order=ORDERS)
def test_an_order_survives_the_way_through_json(order: JobOrder) -> None:
    document = order_to_json(order)
    assert order_from_json(json.loads(json.dumps(document))) == order
    assert order_to_json(order_from_json(document)) == document


@pytest.mark.parametrize("change", [{"version": 2}, {"customer": "../x"}, {"tier": "gold"}, {"repo": {"place": "x"}}, {"options": {}}])
def test_a_foreign_order_document_is_refused(change: dict[str, object]) -> None:
    document = order_to_json(JobOrder(CustomerId("acme"), RepoRef(path="/x"))) | change
    with pytest.raises(ManifestError):
        order_from_json(document)


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifactStore:
    return LocalArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def store(tmp_path: Path) -> SqlJobStore:
    return open_job_store(f"sqlite:///{tmp_path}/store.db")


ORDER = JobOrder(CustomerId("acme"), RepoRef(path="/x"))


def test_a_submitted_job_knows_its_findings(store: SqlJobStore, artifacts: LocalArtifactStore) -> None:
    job = submit_order(ORDER, SARIF, store, artifacts, "ann")
    digest = store.get(job).order.findings_sha256
    assert digest is not None
    assert artifacts.get(findings_key(CustomerId("acme"), digest)) == SARIF
    assert artifacts.keys("") == [f"customers/acme/findings/{digest}"]


def test_the_same_submission_gives_the_same_job(store: SqlJobStore, artifacts: LocalArtifactStore) -> None:
    assert submit_order(ORDER, SARIF, store, artifacts, "ann", "k") == submit_order(ORDER, SARIF, store, artifacts, "ann", "k")
    assert len(store.jobs()) == 1


def test_without_findings_nothing_is_stored_but_the_job(store: SqlJobStore, artifacts: LocalArtifactStore) -> None:
    assert store.get(submit_order(ORDER, None, store, artifacts, "ann")).order == ORDER
    assert artifacts.keys("") == []


def test_no_job_is_queued_whose_findings_could_not_be_kept(store: SqlJobStore) -> None:
    class FullDisk(LocalArtifactStore):
        def put(self, key: str, content: bytes) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        submit_order(ORDER, SARIF, store, FullDisk(Path("unused")), "ann")
    assert store.jobs() == []


@pytest.mark.parametrize("findings", [None, b"other"])
def test_findings_that_are_not_the_orders_are_refused(store: SqlJobStore, artifacts: LocalArtifactStore, findings: bytes | None) -> None:
    order = replace(ORDER, findings_sha256=hashlib.sha256(SARIF).hexdigest())
    with pytest.raises(ManifestError, match="findings"):
        submit_order(order, findings, store, artifacts, "ann")
    assert (store.jobs(), artifacts.keys("")) == ([], [])


def test_a_customer_that_would_leave_its_folder_is_refused(store: SqlJobStore, artifacts: LocalArtifactStore) -> None:
    with pytest.raises(ManifestError, match="customer"):
        submit_order(replace(ORDER, customer=CustomerId("../x")), SARIF, store, artifacts, "ann")
    with pytest.raises(StateError):
        submit_order(ORDER, None, store, artifacts, "ann", "")
