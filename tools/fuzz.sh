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
shopt -s nullglob
targets=(build/asan/*_fuzz)
[ ${#targets[@]} -gt 0 ] || die "there is no fuzz target in build/asan"

# A page of a Parquet file may claim up to 2 GiB, which its library then takes.
fuzz() { # <target>
  local name corpus seeds=()
  name=$(basename "$1")
  corpus=build/fuzz-corpus/$name
  mkdir -p "$corpus" build/fuzz-crashes
  [ ! -d "fuzz/seeds/$name" ] || seeds=("fuzz/seeds/$name")
  step "$name" "$name, $seconds s" "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
    -artifact_prefix="build/fuzz-crashes/$name-" "$corpus" "${seeds[@]}"
}

# One target a processor; what is said of each is printed when it ends.
status=0
running=()
for target in "${targets[@]}"; do
  if [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; then wait -n || true; fi
  {
    code=0
    said=$(fuzz "$target") || code=1
    printf '%s\n' "$said"
    exit $code
  } &
  running+=($!)
done
for process in "${running[@]}"; do
  wait "$process" || status=1
done
exit $status
