"""The rules of the house, one module for each kind; `tools/tidy.py` runs them all."""
