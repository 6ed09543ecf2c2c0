"""An Iceberg table writer for tests that can write what no library lets one write."""

from tests.raw.data_file import Stats, TableFile
from tests.raw.table import RawTable

__all__ = ["RawTable", "Stats", "TableFile"]
