"""A reference join, and random cases that compare the engine with it and with DuckDB."""
