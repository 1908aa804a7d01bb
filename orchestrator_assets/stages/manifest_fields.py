"""The manifest's fields and their ranges."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from orchestrator_assets.domain.errors import ManifestError
from orchestrator_assets.domain.job import JobOptions, Policy, Tier
from orchestrator_assets.stages import manifest_errors as errors
from orchestrator_assets.stages import manifest_values as values

_DEFAULTS = JobOptions()

_Text = Annotated[str, Field(min_length=1, max_length=4096, strict=True)]
_Branch = Annotated[str, Field(min_length=1, max_length=255, strict=True), AfterValidator(values.branch)]
_Command = Annotated[_Text, AfterValidator(values.command)]
_Patterns = Annotated[tuple[Annotated[_Text, AfterValidator(values.pattern)], ...], Field(max_length=1000)]
_Usd = Annotated[Decimal, BeforeValidator(values.number, json_schema_input_type=float), Field(ge=0, le=1000, decimal_places=6)]
_Points = Annotated[Decimal, BeforeValidator(values.number, json_schema_input_type=float), Field(ge=0, le=100, decimal_places=2)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RepoDocument(_Document):
    """Where the code is: `path` or `url`, at `branch` or `commit`; by default its HEAD."""

    path: Annotated[_Text, AfterValidator(values.plain_path)] | None = None
    url: Annotated[_Text, AfterValidator(values.git_url)] | None = None
    branch: _Branch | None = None
    commit: Annotated[str, Field(strict=True), AfterValidator(values.commit)] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give exactly one of path and url")
        return self


class OptionsDocument(_Document):
    """How the job is done and judged."""

    hard_cap_usd: _Usd = _DEFAULTS.hard_cap_usd
    soft_alert_usd: _Usd | None = None
    min_score: _Points = _DEFAULTS.min_score
    policy: Policy = _DEFAULTS.policy
    setup_command: _Command | None = None
    test_command: _Command | None = None
    include: _Patterns = ()
    exclude: _Patterns = ()
    allow_model: Annotated[bool, Field(strict=True)] = True

    @model_validator(mode="after")
    def _alert_before_cap(self) -> Self:
        if self.soft_alert_usd is not None and self.soft_alert_usd > self.hard_cap_usd:
            raise ValueError(
                f"soft_alert_usd {self.soft_alert_usd} is above hard_cap_usd {self.hard_cap_usd}; lower the alert or raise the cap"
            )
        return self


class ManifestDocument(_Document):
    """A customer's order as it is written: one repository, its findings (absent: they are discovered), options."""

    customer: Annotated[str, Field(strict=True), AfterValidator(values.customer)]
    repo: Annotated[RepoDocument, BeforeValidator(values.repo_from_text, json_schema_input_type=str | RepoDocument)]
    findings: Annotated[str, Field(min_length=1, strict=True)] | dict[str, Any] | list[Any] | None = None
    tier: Tier = Tier.STANDARD
    webhook_url: Annotated[_Text, AfterValidator(values.webhook_url)] | None = None
    options: OptionsDocument = OptionsDocument()


def validated(fields: object, name: str) -> ManifestDocument:
    """The document with every field in its range.

    Raises:
        ManifestError: Names the file, each wrong field, its value and the mend.
    """
    if not isinstance(fields, Mapping):
        raise ManifestError(f"{name}: it holds {errors.kind(fields)}, not fields; begin with `customer: ...` and `repo: ...`")
    try:
        return ManifestDocument.model_validate(fields)
    except ValidationError as error:
        raise ManifestError(errors.explain(error, name, ManifestDocument)) from None


def manifest_schema() -> dict[str, Any]:
    """The JSON schema of a manifest, for editors and documentation."""
    schema = ManifestDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Job manifest"}
