#!/usr/bin/env bash
# Sets up Spark with Iceberg in an environment of its own, once, and prints the environment's folder.
#
# Needs Java 17 or newer, Maven, and python3. The folder is build/golden/spark, or what GOLDEN_SPARK_HOME says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
PLACE="${GOLDEN_SPARK_HOME:-$(cd ../../.. && pwd)/build/golden/spark}"
JARS=(org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0 com.h2database:h2:2.3.232)

if ! cmp -s requirements.txt "$PLACE/venv/requirements.txt"; then
  mkdir -p "$PLACE"
  python3 -m venv --clear "$PLACE/venv"
  "$PLACE/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt >&2
  cp requirements.txt "$PLACE/venv/requirements.txt"
fi
for jar in "${JARS[@]}"; do
  name=${jar#*:}
  [ -f "$PLACE/jars/${name/:/-}.jar" ] || (cd / && mvn --quiet --batch-mode \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact="$jar" \
    -DoutputDirectory="$PLACE/jars" >&2)
done
echo "$PLACE"
