#!/usr/bin/env bash
# Runs every fuzz target of build/asan for some seconds each: tools/fuzz.sh <seconds>. Inputs found useful are kept in
# build/fuzz-corpus/<target>, a crashing one in build/fuzz-crashes/, where its path is printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
STEPS_NAME=fuzz
STEPS_TAIL=60
. tools/steps.sh

# Without this, undefined behaviour would only be printed.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

seconds=$1
status=0
shopt -s nullglob
targets=(build/asan/*_fuzz)
[ ${#targets[@]} -gt 0 ] || die "there is no fuzz target in build/asan"
# A page of a Parquet file may claim up to 2 GiB, which its library then takes.
for target in "${targets[@]}"; do
  name=$(basename "$target")
  corpus=build/fuzz-corpus/$name
  mkdir -p "$corpus" build/fuzz-crashes
  seeds=()
  [ ! -d "fuzz/seeds/$name" ] || seeds=("fuzz/seeds/$name")
  step "$name" "$name, $seconds s" "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
    -artifact_prefix="build/fuzz-crashes/$name-" "$corpus" "${seeds[@]}" || status=1
done
exit $status
