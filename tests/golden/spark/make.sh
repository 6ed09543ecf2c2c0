#!/usr/bin/env bash
# Writes the tables of Spark and their expectations into OUTPUT_FOLDER/{tables,expected}.
#
#   tests/golden/spark/make.sh OUTPUT_FOLDER [--only TABLE ...]
set -euo pipefail
OUTPUT=$(realpath -m "${1:?usage: make.sh OUTPUT_FOLDER [--only TABLE ...]}")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
GOLDEN_SPARK_HOME=$(tests/golden/spark/setup.sh)
export GOLDEN_SPARK_HOME PYTHONDONTWRITEBYTECODE=1
exec "$GOLDEN_SPARK_HOME/venv/bin/python" -m tests.golden.spark "$OUTPUT" "$@"
