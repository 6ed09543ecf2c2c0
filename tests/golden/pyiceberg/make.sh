#!/usr/bin/env bash
# Writes the tables of pyiceberg and their expectations into OUTPUT_FOLDER/{tables,expected}.
#
#   tests/golden/pyiceberg/make.sh OUTPUT_FOLDER [--only TABLE ...]
#
# Runs in the project's environment, whose lock pins the versions.
set -euo pipefail
OUTPUT=$(realpath -m "${1:?usage: make.sh OUTPUT_FOLDER [--only TABLE ...]}")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
export PYTHONDONTWRITEBYTECODE=1
exec .venv/bin/python -m tests.golden.pyiceberg "$OUTPUT" "$@"
