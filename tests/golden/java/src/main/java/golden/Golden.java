package golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.UpdatePartitionSpec;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.data.GenericFileWriterFactory;
import org.apache.iceberg.data.InternalRecordWrapper;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.deletes.EqualityDeleteWriter;
import org.apache.iceberg.deletes.PositionDelete;
import org.apache.iceberg.deletes.PositionDeleteWriter;
import org.apache.iceberg.encryption.EncryptedFiles;
import org.apache.iceberg.encryption.EncryptedOutputFile;
import org.apache.iceberg.hadoop.HadoopTables;
import org.apache.iceberg.io.DataWriter;
import org.apache.iceberg.io.OutputFile;

/**
 * One golden table while it is made: the Iceberg table, and a model of it that says which positions
 * of which files are rows. Every commit remembers the model, so that every snapshot has its
 * expected rows.
 */
final class Golden {
  static final Path HOME = Path.of("/tmp/icefield-golden");

  final String name;
  final Table table;
  String about = "";
  boolean libraryDiffers;
  List<String> points = List.of();

  /** The columns whose cells are JSON text, of which layout and key order say nothing. */
  List<String> variants = List.of();

  /** The rows of the branch that is being written; a commit files them under its snapshot. */
  List<Part.Live> live = new ArrayList<>();

  final Map<Long, List<Part.Live>> states = new HashMap<>();
  final List<Read> reads = new ArrayList<>();

  /** Snapshots that get no read of all their columns (refused or expired ones). */
  final Set<Long> silent = new HashSet<>();

  private final List<Part> uncommitted = new ArrayList<>();
  private final boolean keepsLineage;
  private long nextRowId;
  private int files;

  Golden(
      String name,
      int version,
      Schema schema,
      UnaryOperator<PartitionSpec.Builder> partition,
      String... properties) {
    this(location(name), name, version, schema, partition, properties);
  }

  /** A table of version 2 with an id and a name, at a location that is spelt in its own way. */
  static Golden at(String location, String name) {
    return new Golden(location, name, 2, EqualityDeletes.ID_NAME, builder -> builder);
  }

  private Golden(
      String location,
      String name,
      int version,
      Schema schema,
      UnaryOperator<PartitionSpec.Builder> partition,
      String... properties) {
    this.name = name;
    this.keepsLineage = version >= 3;
    Map<String, String> all = new HashMap<>();
    all.put(TableProperties.FORMAT_VERSION, String.valueOf(version));
    all.put(TableProperties.METADATA_PREVIOUS_VERSIONS_MAX, "1");
    all.put(TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED, "true");
    for (int i = 0; i < properties.length; i += 2) {
      all.put(properties[i], properties[i + 1]);
    }
    try {
      Output.deleteTree(HOME.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    PartitionSpec spec = partition.apply(PartitionSpec.builderFor(schema)).build();
    this.table = new HadoopTables().create(schema, spec, all, location);
  }

  Golden(String name, int version, Schema schema, String... properties) {
    this(name, version, schema, builder -> builder, properties);
  }

  static String location(String table) {
    return HOME.resolve(table).toString();
  }

  Golden about(String sentence, String... coveredPoints) {
    about = sentence;
    points = List.of(coveredPoints);
    return this;
  }

  /** The cross-check with the library's generic reader is known to fail, and why. */
  Golden libraryDiffers(String why) {
    about += " The library's own reader differs: " + why + ".";
    libraryDiffers = true;
    return this;
  }

  int id(String column) {
    return table.schema().findField(column).fieldId();
  }

  int[] ids(String... columns) {
    return Arrays.stream(columns).mapToInt(this::id).toArray();
  }

  Golden evolve(UnaryOperator<UpdateSchema> change) {
    change.apply(table.updateSchema()).commit();
    return this;
  }

  Golden partition(UnaryOperator<UpdatePartitionSpec> change) {
    change.apply(table.updateSpec()).commit();
    return this;
  }

  /** Sets a schema that the library's own schema updates would refuse to reach. */
  Golden force(Schema schema) {
    TableOperations operations = ((BaseTable) table).operations();
    TableMetadata base = operations.current();
    operations.commit(base, base.updateSchema(schema));
    table.refresh();
    return this;
  }

  Golden set(String key, String value) {
    table.updateProperties().set(key, value).commit();
    return this;
  }

  /** A place for a new file of the table: data/<kind><number>.<extension>. */
  OutputFile place(String kind, String extension) {
    files++;
    String location = table.location() + "/data/" + kind + files + "." + extension;
    return table.io().newOutputFile(location);
  }

  private EncryptedOutputFile place(String kind, FileFormat format) {
    return EncryptedFiles.plainAsEncryptedOutput(place(kind, format.name().toLowerCase()));
  }

  /** The partition of a record under a spec. */
  StructLike partitionOf(PartitionSpec spec, Schema schema, Record record) {
    PartitionKey key = new PartitionKey(spec, schema);
    key.partition(new InternalRecordWrapper(schema.asStruct()).wrap(record));
    return key;
  }

  /** A Parquet data file under the table's schema and spec; the first row gives the partition. */
  Part part(Object[]... rows) {
    return part(FileFormat.PARQUET, table.schema(), table.spec(), Map.of(), rows);
  }

  Part part(
      FileFormat format,
      Schema schema,
      PartitionSpec spec,
      Map<String, String> properties,
      Object[]... rows) {
    List<Record> records = new ArrayList<>();
    for (Object[] row : rows) {
      records.add(Rows.record(schema.asStruct(), row));
    }
    StructLike partition =
        spec.isUnpartitioned() ? null : partitionOf(spec, schema, records.get(0));
    DataFile file = write(format, schema, spec, partition, properties, records);
    return new Part(file, spec, schema.asStruct(), records);
  }

  /** A data file that holds only the named columns of the rows; the partition has the others. */
  Part partWithout(List<String> heldColumns, Object[]... rows) {
    Schema full = table.schema();
    Schema held = full.select(heldColumns);
    List<Record> records = new ArrayList<>();
    List<Record> projected = new ArrayList<>();
    for (Object[] row : rows) {
      Record record = Rows.record(full.asStruct(), row);
      records.add(record);
      projected.add(Rows.project(record, full.asStruct(), held.asStruct()));
    }
    StructLike partition = partitionOf(table.spec(), full, records.get(0));
    DataFile file = write(FileFormat.PARQUET, held, table.spec(), partition, Map.of(), projected);
    return new Part(file, table.spec(), full.asStruct(), records);
  }

  private DataFile write(
      FileFormat format,
      Schema schema,
      PartitionSpec spec,
      StructLike partition,
      Map<String, String> properties,
      List<Record> records) {
    GenericFileWriterFactory factory =
        new GenericFileWriterFactory.Builder(table)
            .dataFileFormat(format)
            .dataSchema(schema)
            .writerProperties(properties)
            .build();
    DataWriter<Record> writer = factory.newDataWriter(place("f", format), spec, partition);
    try (writer) {
      records.forEach(writer::write);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.toDataFile();
  }

  /** A file that others wrote, with the rows that a reader has to find in it. */
  Part imported(DataFile file, PartitionSpec spec, Schema schema, Object[]... rows) {
    List<Record> records = new ArrayList<>();
    for (Object[] row : rows) {
      records.add(Rows.record(schema.asStruct(), row));
    }
    return new Part(file, spec, schema.asStruct(), records);
  }

  /** An equality-delete file of an unpartitioned spec that holds only the key columns. */
  DeleteFile equalityDeletes(List<String> keys, Object[]... rows) {
    return equalityDeletes(keys, keys, table.schema(), unpartitioned(), null, rows);
  }

  /** The table's own spec without fields: deletes written under it are global. */
  PartitionSpec unpartitioned() {
    return table.specs().values().stream()
        .filter(PartitionSpec::isUnpartitioned)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(name + " was never unpartitioned"));
  }

  /** An equality-delete file for the partition of a data file. */
  DeleteFile equalityDeletesLike(Part part, List<String> keys, Object[]... rows) {
    return equalityDeletes(keys, keys, table.schema(), part.spec, part.file.partition(), rows);
  }

  /**
   * An equality-delete file.
   *
   * @param columns what the file holds, in the order of the schema
   */
  DeleteFile equalityDeletes(
      List<String> keys,
      List<String> columns,
      Schema schema,
      PartitionSpec spec,
      StructLike partition,
      Object[]... rows) {
    return equalityDeletes(FileFormat.PARQUET, keys, columns, schema, spec, partition, rows);
  }

  DeleteFile equalityDeletes(
      FileFormat format,
      List<String> keys,
      List<String> columns,
      Schema schema,
      PartitionSpec spec,
      StructLike partition,
      Object[]... rows) {
    Schema held = schema.select(columns);
    GenericFileWriterFactory factory =
        new GenericFileWriterFactory.Builder(table)
            .deleteFileFormat(format)
            .equalityFieldIds(
                keys.stream().mapToInt(key -> schema.findField(key).fieldId()).toArray())
            .equalityDeleteRowSchema(held)
            .build();
    EqualityDeleteWriter<Record> writer =
        factory.newEqualityDeleteWriter(place("eq", format), spec, partition);
    try (writer) {
      for (Object[] row : rows) {
        writer.write(Rows.record(held.asStruct(), row));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.toDeleteFile();
  }

  /** A position-delete file for one data file. */
  DeleteFile positionDeletes(Part part, long... positions) {
    return positionDeletes(
        FileFormat.PARQUET, part.spec, part.file.partition(), hits(part, positions));
  }

  /** A position of a file that is to be deleted. */
  record Hit(String path, long position) {}

  static List<Hit> hits(Part part, long... positions) {
    return Arrays.stream(positions).mapToObj(at -> new Hit(part.path(), at)).toList();
  }

  /** A position-delete file for several data files; the hits are sorted by path and position. */
  DeleteFile positionDeletes(
      FileFormat format, PartitionSpec spec, StructLike partition, List<Hit> hits) {
    GenericFileWriterFactory factory =
        new GenericFileWriterFactory.Builder(table).deleteFileFormat(format).build();
    PositionDeleteWriter<Record> writer =
        factory.newPositionDeleteWriter(place("pos", format), spec, partition);
    try (writer) {
      PositionDelete<Record> delete = PositionDelete.create();
      for (Hit hit : hits) {
        writer.write(delete.set(hit.path(), hit.position()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.toDeleteFile();
  }

  /** Positions of one file for a deletion vector. */
  record Marks(Part part, long... positions) {}

  /** Deletion vectors in one Puffin file. */
  @SuppressWarnings("deprecation") // the other constructor names the file itself
  List<DeleteFile> vectors(Marks... marks) {
    OutputFile file = place("dv", "puffin");
    BaseDVFileWriter writer = new BaseDVFileWriter(() -> file, path -> null);
    try (writer) {
      for (Marks mark : marks) {
        for (long position : mark.positions()) {
          writer.delete(
              mark.part().path(), position, mark.part().spec, mark.part().file.partition());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return writer.result().deleteFiles();
  }

  /** The rows of these files are there from the next commit on. */
  Golden add(Part... parts) {
    for (Part part : parts) {
      uncommitted.add(part);
      if (keepsLineage) {
        part.firstRowId = nextRowId;
        nextRowId += part.records.size();
      }
      for (int i = 0; i < part.records.size(); i++) {
        live.add(new Part.Live(part, i));
      }
    }
    return this;
  }

  /** These positions of the file are no rows from the next commit on. */
  Golden gone(Part part, int... positions) {
    for (int position : positions) {
      if (!live.remove(new Part.Live(part, position))) {
        throw new IllegalStateException(name + ": no row " + position + " in " + part.path());
      }
    }
    return this;
  }

  Golden gone(Part part) {
    live.removeIf(row -> row.part() == part);
    return this;
  }

  /** Adds files and their rows in one append. */
  long append(Part... parts) {
    var update = table.newAppend();
    for (Part part : parts) {
      update.appendFile(part.file);
    }
    add(parts);
    return commit(update);
  }

  /** A row delta that knows the snapshot that it was planned from. */
  RowDelta delta() {
    RowDelta delta = table.newRowDelta();
    Snapshot current = table.currentSnapshot();
    return current == null ? delta : delta.validateFromSnapshot(current.snapshotId());
  }

  long commit(SnapshotUpdate<?> update) {
    return commit(update, "main");
  }

  /** Commits, and files the rows under the new snapshot of the branch. */
  long commit(SnapshotUpdate<?> update, String branch) {
    pause();
    if (!branch.equals("main")) {
      update.toBranch(branch);
    }
    update.commit();
    table.refresh();
    Snapshot snapshot = table.snapshot(branch);
    uncommitted.forEach(part -> part.sequence = snapshot.sequenceNumber());
    uncommitted.clear();
    states.put(snapshot.snapshotId(), List.copyOf(live));
    return snapshot.snapshotId();
  }

  /** Snapshots of one table differ in their time. */
  private static void pause() {
    try {
      Thread.sleep(3);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  Read read() {
    Read read = new Read();
    reads.add(read);
    return read;
  }
}
