#!/usr/bin/env bash
# Configures and builds a preset: tools/build.sh <preset>. On a terminal the compiler's progress is shown.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
STEPS_NAME=build
. tools/steps.sh

preset=$1
folder=build/$preset
jobs=$(nproc)

# The checkout may have been moved, or an earlier configuration interrupted: then CMake's notes are of no use.
if [ -f "$folder/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$(pwd -P)" "$folder/CMakeCache.txt"; then
  rm -rf "$folder"
fi
if [ ! -f "$folder/build.ninja" ]; then
  step "configure-$preset" "CMake ($preset)" cmake --preset "$preset" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
fi
if [ -t 1 ]; then
  cmake --build --preset "$preset" -j "$jobs"
elif cmake --build --preset "$preset" -- -n 2>/dev/null | grep -q 'no work to do'; then
  exit 0
else
  step "build-$preset" "C++ and the Python extension ($preset, $jobs jobs)" cmake --build --preset "$preset" -j "$jobs"
fi
