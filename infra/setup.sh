#!/usr/bin/env bash
# Makes the virtual environment and the wheelhouse. Called by the Makefile when something that they are made of has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}

"$PYTHON" - <<'PY'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Python {sys.version.split()[0]} is too old: install Python 3.11 or newer, or name it (make PYTHON=python3.12 ...)")
PY
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || infra/install_system.sh python-venv

echo "== virtual environment ($VENV)"
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
uv=$(grep '^uv==' requirements.txt | cut -d' ' -f1)
"$VENV/bin/python" -m pip install -q --disable-pip-version-check "$uv"
# uv is several times faster; pip does the same where uv cannot reach the index that pip is configured for.
"$VENV/bin/uv" pip install -q -p "$VENV/bin/python" --compile-bytecode -r requirements.txt ||
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check -r requirements.txt
"$VENV/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .

echo "== wheelhouse (what customers' test environments start from)"
"$VENV/bin/python" -m pip download -q --disable-pip-version-check --only-binary :all: -d .wheelhouse \
  -r infra/sandbox/base-requirements.txt -r examples/parcel-desk/requirements.txt
touch "$VENV/.ready"
