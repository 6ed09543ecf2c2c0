"""Golden tables by pyiceberg: `make.sh` runs this package in the project's own environment."""
