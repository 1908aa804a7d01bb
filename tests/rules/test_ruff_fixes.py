from orchestrator_assets.domain.fix import Edit, ImportNeed
from orchestrator_assets.rules.ruff_fixes import _without_imports


def test_an_import_that_ruff_adds_beside_its_change_goes_to_its_sorted_place() -> None:
    edits = (Edit(0, 0, "import contextlib\n"), Edit(40, 60, "with contextlib.suppress(KeyError):"))
    kept, imports = _without_imports(edits)
    assert kept == edits[1:]
    assert imports == (ImportNeed("contextlib"),)
    assert _without_imports((Edit(0, 0, "from typing import Any\n"),)) == ((Edit(0, 0, "from typing import Any\n"),), ())
