package golden;

import java.util.List;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.types.Types;

/** One data file with the rows that were written to it. */
final class Part {
  final DataFile file;
  final PartitionSpec spec;
  final Types.StructType type;
  final List<Record> records;

  /** Set by the commit that adds the file. */
  Long sequence;

  /** Set where a table keeps row lineage: the id of the first row. */
  Long firstRowId;

  /** The first snapshot, by sequence number, in which the file has row ids: 0 for all of them. */
  long lineageSince;

  Part(DataFile file, PartitionSpec spec, Types.StructType type, List<Record> records) {
    this.file = file;
    this.spec = spec;
    this.type = type;
    this.records = records;
  }

  String path() {
    return file.location();
  }

  /** A row of the model: a position of a file. */
  record Live(Part part, int position) {
    Record record() {
      return part.records.get(position);
    }
  }
}
