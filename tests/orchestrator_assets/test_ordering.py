"""From the command line's words to a checked order, with the manifest under them."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestrator_assets.domain.errors import FindingsError, InputError, ManifestError, RepositoryError
from orchestrator_assets.domain.job import JobOptions, Policy, Tier
from orchestrator_assets.ordering import CheckedOrder, actor, check_order
from resources.code_host import GitCodeHost
from resources.platform import Platform, Settings
from tests.fakes import LocalSandbox
from tests.repositories import git, make_repository, write_files

CSV = "path,line,rule_id,message\na.py,1,X1,m\n"


class Desk:
    """A folder with a repository, and a platform whose sandbox is plain subprocesses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = Platform(Settings(folder / "home", f"sqlite:///{folder}/home/jobs.db", None))
        # `cached_property`: what is there already is not looked for.
        self.platform.__dict__["code_host"] = GitCodeHost(LocalSandbox())
        self.repo = make_repository(folder / "repo", {"a.py": "x = 1\n"})
        git(self.repo, "branch", "release")

    def check(self, **wishes: Any) -> CheckedOrder:
        return check_order(self.platform, wishes)

    def manifest(self, text: str) -> Path:
        write_files(self.folder, {"orders/job.yaml": text})
        return self.folder / "orders" / "job.yaml"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def test_a_path_alone_is_an_order_of_the_local_customer_pinned_to_what_is_checked_out(desk: Desk) -> None:
    order = desk.check(repo="repo").order
    assert (order.customer, order.tier, order.options, order.findings_sha256) == ("local", Tier.STANDARD, JobOptions(), None)
    assert (order.repo.path, order.repo.branch, order.repo.commit) == (str(desk.repo), "main", git(desk.repo, "rev-parse", "HEAD"))


def test_every_option_of_the_command_line_arrives(desk: Desk) -> None:
    order = desk.check(
        repo="repo", customer="acme", tier=Tier.PREMIUM, branch="release", policy=Policy.ABSOLUTE, min_score=Decimal("90.5"),
        setup_command="make deps", test_command="make test", include=["src"], exclude=["src/vendor", "*.txt"], no_model=True,
    ).order  # fmt: skip
    assert (order.customer, order.tier, order.repo.branch) == ("acme", Tier.PREMIUM, "release")
    assert order.options == JobOptions(
        policy=Policy.ABSOLUTE, min_score=Decimal("90.5"), setup_command="make deps", test_command="make test",
        include=("src",), exclude=("src/vendor", "*.txt"), allow_model=False,
    )  # fmt: skip


def test_a_manifest_is_an_order_with_paths_from_its_own_folder(desk: Desk) -> None:
    write_files(desk.folder, {"orders/found.csv": CSV})
    checked = desk.check(manifest=desk.manifest("customer: acme\nrepo: ../repo\nfindings: found.csv\ntier: premium\n"))
    assert (checked.order.customer, checked.order.tier, checked.order.repo.path) == ("acme", Tier.PREMIUM, str(desk.repo))
    assert checked.findings == CSV.encode()
    assert checked.read is not None
    assert [(finding.path, finding.rule_id) for finding in checked.read.findings] == [("a.py", "X1")]


def test_the_command_line_lies_over_the_manifest_field_by_field(desk: Desk) -> None:
    manifest = desk.manifest(
        "customer: acme\nrepo: {path: ../absent, branch: main}\ntier: premium\noptions: {min_score: 90, hard_cap_usd: 5, policy: absolute}\n"
    )
    order = desk.check(manifest=manifest, repo="repo", customer="globex", branch="release", min_score=Decimal(80)).order
    assert (order.customer, order.tier, order.repo.path, order.repo.branch) == ("globex", Tier.PREMIUM, str(desk.repo), "release")
    assert (order.options.min_score, order.options.hard_cap_usd, order.options.policy) == (80, 5, Policy.ABSOLUTE)


def test_a_branch_on_the_command_line_goes_with_the_manifests_repository(desk: Desk) -> None:
    for text in ("customer: acme\nrepo: ../repo\n", "customer: acme\nrepo: {path: ../repo}\n"):
        assert desk.check(manifest=desk.manifest(text), branch="release").order.repo.branch == "release"


def test_paths_of_the_command_line_start_where_the_command_was_given(desk: Desk) -> None:
    write_files(desk.folder, {"found.csv": CSV})
    checked = desk.check(manifest=desk.manifest("customer: acme\nrepo: ../absent\n"), repo="repo", findings=Path("found.csv"))
    assert checked.findings == CSV.encode()


def test_an_address_is_taken_as_one(desk: Desk) -> None:
    order = desk.check(repo=desk.repo.as_uri()).order
    assert (order.repo.path, order.repo.url, order.repo.branch) == (None, desk.repo.as_uri(), "main")


@pytest.mark.parametrize(
    ("wishes", "kind", "words"),
    [
        ({}, ManifestError, "no repository given; name one"),
        ({"repo": "absent"}, InputError, "absent"),
        ({"repo": "repo", "customer": "No/Such"}, ManifestError, "No/Such"),
        ({"repo": "repo", "branch": "nope"}, RepositoryError, "no branch 'nope'"),
        ({"repo": "repo", "min_score": Decimal(101)}, ManifestError, "min_score"),
        ({"repo": "repo", "min_score": Decimal("NaN")}, ManifestError, "min_score"),
        ({"repo": "repo", "findings": Path("absent.sarif")}, InputError, "absent.sarif"),
        ({"repo": "repo", "findings": Path("bad.sarif")}, FindingsError, "bad.sarif"),
        ({"repo": "repo", "exclude": ["../x"]}, ManifestError, "exclude"),
        ({"manifest": Path("absent.yaml")}, ManifestError, "absent.yaml"),
        ({"manifest": Path("list.yaml")}, ManifestError, "list.yaml"),
        ({"manifest": Path("options.yaml")}, ManifestError, "options"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_left(desk: Desk, wishes: dict[str, Any], kind: type[InputError], words: str) -> None:
    write_files(desk.folder, {"bad.sarif": "{", "list.yaml": "- a\n", "options.yaml": "customer: a\nrepo: repo\noptions: [1]\n"})
    with pytest.raises(kind) as refused:
        desk.check(**wishes)
    assert words in str(refused.value)
    assert desk.platform.store.jobs() == []
    assert not list(desk.platform.settings.work_root.glob("*/*"))


def test_who_gives_the_command_is_known_even_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    assert actor().startswith("cli:")
    monkeypatch.setattr("orchestrator_assets.ordering.getpass.getuser", nobody)
    assert actor().removeprefix("cli:").isdecimal()
