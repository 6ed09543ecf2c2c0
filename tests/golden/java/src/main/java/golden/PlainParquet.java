package golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.io.OutputFile;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageTypeParser;
import org.apache.parquet.schema.Type;

/** Parquet files of a given physical schema, by the example writer, as other systems leave them. */
final class PlainParquet {
  private PlainParquet() {}

  /**
   * Writes rows and registers the file without statistics.
   *
   * @param schema a Parquet message type; fields get ids by " = 3"
   * @param partitionPath as in "p=x/q=1"; empty for none
   */
  static DataFile write(
      Golden g, PartitionSpec spec, String partitionPath, String schema, Object[]... rows) {
    return write(WriterVersion.PARQUET_1_0, g, spec, partitionPath, schema, rows);
  }

  /** The same with data pages of version 2 and their encodings, unpartitioned. */
  static DataFile writeVersion2(Golden g, String schema, Object[]... rows) {
    return write(WriterVersion.PARQUET_2_0, g, g.table.spec(), "", schema, rows);
  }

  private static DataFile write(
      WriterVersion version,
      Golden g,
      PartitionSpec spec,
      String partitionPath,
      String schema,
      Object[]... rows) {
    OutputFile place = g.place("plain", "parquet");
    GroupType type = MessageTypeParser.parseMessageType(schema);
    Path path = Path.of(place.location().replaceFirst("^file:", ""));
    path.getParent().toFile().mkdirs();
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(path))
            .withWriterVersion(version)
            .withType(MessageTypeParser.parseMessageType(schema))
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .build()) {
      for (Object[] row : rows) {
        Group group = new SimpleGroup(type);
        fill(group, type, row);
        writer.write(group);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    DataFiles.Builder file =
        DataFiles.builder(spec)
            .withPath(place.location())
            .withFormat("parquet")
            .withFileSizeInBytes(path.toFile().length())
            .withRecordCount(rows.length);
    return (partitionPath.isEmpty() ? file : file.withPartitionPath(partitionPath)).build();
  }

  private static void fill(Group group, GroupType type, Object[] values) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] != null) {
        add(group, type.getType(i), values[i]);
      }
    }
  }

  private static void add(Group group, Type type, Object value) {
    if (type.isPrimitive()) {
      addPrimitive(group, type, value);
      return;
    }
    GroupType child = type.asGroupType();
    Group added = group.addGroup(type.getName());
    if (child.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation) {
      GroupType repeated = child.getType(0).asGroupType();
      for (Object element : (List<?>) value) {
        fill(added.addGroup(repeated.getName()), repeated, new Object[] {element});
      }
    } else if (child.getLogicalTypeAnnotation() instanceof MapLogicalTypeAnnotation) {
      GroupType repeated = child.getType(0).asGroupType();
      ((Map<?, ?>) value)
          .forEach(
              (k, v) -> fill(added.addGroup(repeated.getName()), repeated, new Object[] {k, v}));
    } else {
      fill(added, child, (Object[]) value);
    }
  }

  private static void addPrimitive(Group group, Type type, Object value) {
    String name = type.getName();
    switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> group.add(name, (boolean) value);
      case INT32 -> group.add(name, ((Number) value).intValue());
      case INT64 -> group.add(name, ((Number) value).longValue());
      case FLOAT -> group.add(name, ((Number) value).floatValue());
      case DOUBLE -> group.add(name, ((Number) value).doubleValue());
      default ->
          group.add(
              name,
              value instanceof String text
                  ? Binary.fromString(text)
                  : Binary.fromConstantByteArray((byte[]) value));
    }
  }
}
