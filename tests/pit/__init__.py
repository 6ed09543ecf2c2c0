"""Declarative point-in-time cases and the runner that puts them through every mode."""
