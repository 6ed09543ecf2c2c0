#!/bin/sh
# Writes the golden tables of the Iceberg Java library: OUTPUT_FOLDER/tables/java_* and
# OUTPUT_FOLDER/expected/java_*.json. Families may be named; without, all are written.
# Needs Java 17 and Maven. Tables are made under /tmp/icefield-golden and copied from there.
set -eu
if [ $# -lt 1 ]; then
  echo "usage: $0 OUTPUT_FOLDER [FAMILY...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
build=${GOLDEN_BUILD:-${TMPDIR:-/tmp}/icefield-golden-build}
mkdir -p "$1" "$build"
output=$(cd "$1" && pwd)
shift
if ! diff -q "$here/pom.xml" "$build/pom.xml" >/dev/null 2>&1; then
  mvn -q -B -f "$here/pom.xml" "-Dgolden.build=$build/target" \
    dependency:build-classpath "-Dmdep.outputFile=$build/classpath"
  cp "$here/pom.xml" "$build/pom.xml"
fi
if [ $# -eq 0 ]; then
  rm -rf "$output"/tables/java_* "$output"/expected/java_*.json
fi
rm -rf "$build/classes"
mkdir -p "$build/classes"
javac -nowarn -d "$build/classes" -cp "$(cat "$build/classpath")" \
  "$here"/src/main/java/golden/*.java
exec java -Xmx1g -cp "$build/classes:$(cat "$build/classpath")" golden.Main "$output" "$@"
