#!/usr/bin/env bash
# Every check of a built preset, in one go: tools/check.sh <preset>. Goes on after a failure, ends with a table and with
# the test runners' own closing lines, and fails if anything did.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
STEPS_NAME=test
. tools/steps.sh

preset=$1
python=.venv/bin/python
rows=()
failed=0

record() { # <name> <status> <seconds>
  local word=ok
  if [ "$2" -ne 0 ]; then
    word=FAILED
    failed=1
  fi
  rows+=("$(printf '  %-14s %-7s %4d s' "$1" $word "$3")")
}

# check <name> <what> <command...>: quiet unless it fails.
check() {
  local name=$1 what=$2 started=$SECONDS status=0
  shift 2
  step "test-$name" "$what" "$@" || status=$?
  record "$name" $status $((SECONDS - started))
}

# runner <name> <command...>: a test runner, whose output is shown as it comes.
runner() {
  local name=$1 started=$SECONDS status=0
  shift
  mkdir -p $LOGS
  printf '\ntest: %s\n' "$name"
  "$@" </dev/null 2>&1 | tee "$LOGS/test-$name.log" || status=$?
  record "$name" $status $((SECONDS - started))
}

# The closing lines of a runner's log: what follows its last empty line, at most ten lines.
closing() {
  sed '/^[[:space:]]*$/d' "$LOGS/test-$1.log" | grep -E "$2" | tail -n 3
}

check tidy "layers, sizes, names and words" $python tools/tidy.py
check format "layout of C++ and Python" tools/format.sh --check
check ruff "ruff" $python -m ruff check --quiet .
check types "mypy" $python -m mypy
check clang-tidy "clang-tidy" $python tools/lint_cpp.py "build/$preset"
runner ctest ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --parallel "$(nproc)" --progress
runner pytest $python -m pytest -p no:cacheprovider -n "$(nproc)" --dist loadfile --no-loadscope-reorder

printf '\nSummary (%s, %d s)\n' "$preset" "$SECONDS"
printf '%s\n' "${rows[@]}"
closing ctest '^[0-9]+% tests passed|^Total Test time'
closing pytest '=+ .* in [0-9.]+s'
exit $failed
