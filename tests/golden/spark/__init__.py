"""Golden tables by Spark: `make.sh` runs this package in Spark's own environment."""
