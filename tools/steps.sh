# Sourced by the scripts beside it: one line of progress for each step, its whole output in build/logs/.

LOGS=build/logs

die() {
  printf '%s: %s\n' "${STEPS_NAME:-icefield}" "$*" >&2
  exit 1
}

# step <log name> <what is being done> <command...>
# Prints the line with the step's seconds, and on failure the end of its output. Returns the command's status.
step() {
  local log="$LOGS/$1.log" what=$2 started=$SECONDS status=0
  shift 2
  mkdir -p $LOGS
  printf '%s: %-60s' "${STEPS_NAME:-icefield}" "$what"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ $status -eq 0 ]; then
    printf ' %5d s\n' $((SECONDS - started))
  else
    printf ' failed\n'
    tail -n "${STEPS_TAIL:-40}" "$log"
    printf '%s: "%s" failed; its whole output is in %s\n' "${STEPS_NAME:-icefield}" "$what" "$log"
  fi
  return $status
}
