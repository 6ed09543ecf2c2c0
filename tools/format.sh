#!/usr/bin/env bash
# Lays out all C++ and Python sources, or with --check only says which ones are not laid out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -d '' -t cpp < <(find src include python/bindings bench fuzz tests cmake -name '*.cc' -print0 -o -name '*.h' -print0)
if [ "${1:-}" = --check ]; then
  status=0
  [ ${#cpp[@]} -eq 0 ] || .venv/bin/clang-format --dry-run --Werror "${cpp[@]}" || status=1
  .venv/bin/ruff format --check --quiet --diff . || status=1
  exit $status
fi
[ ${#cpp[@]} -eq 0 ] || .venv/bin/clang-format -i "${cpp[@]}"
.venv/bin/ruff check --quiet --select I --fix .
.venv/bin/ruff format --quiet .
