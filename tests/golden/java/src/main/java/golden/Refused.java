package golden;

import static golden.Rows.row;
import static org.apache.iceberg.types.Types.NestedField.optional;
import static org.apache.iceberg.types.Types.NestedField.required;

import java.util.List;
import java.util.Map;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;

/** Data and delete files in Avro and ORC: refused by name, and only where they are needed. */
final class Refused {
  private static final Schema ID_P =
      new Schema(
          required(1, "id", Types.IntegerType.get()), optional(2, "p", Types.StringType.get()));

  private final Output output;

  private Refused(Output output) {
    this.output = output;
  }

  static void write(Output output) {
    Refused family = new Refused(output);
    family.data(FileFormat.AVRO);
    family.data(FileFormat.ORC);
    family.positionDeletes(FileFormat.AVRO);
    family.positionDeletes(FileFormat.ORC);
    family.equalityDeletes(FileFormat.AVRO);
    family.equalityDeletes(FileFormat.ORC);
  }

  private static String fileName(String location) {
    return location.substring(location.lastIndexOf('/') + 1);
  }

  /** Partition x can be read at every snapshot, partition y only at the first. */
  private void finish(Golden g, long refusedSnapshot, FileFormat format, String location) {
    String[] message = {format.name().toLowerCase(), fileName(location)};
    g.silent.add(refusedSnapshot);
    g.read().refused(message);
    g.read().at(refusedSnapshot).refused(message);
    g.read().select("id").refused(message);
    g.read()
        .select("id")
        .where("p = 'y'", Expressions.equal("p", "y"), r -> "y".equals(r.get(1)))
        .refused(message);
    g.read().where("p = 'x'", Expressions.equal("p", "x"), r -> "x".equals(r.get(1)));
    output.finish(g);
  }

  private void data(FileFormat format) {
    String kind = format.name().toLowerCase();
    Golden g = new Golden("java_refused_" + kind + "_data", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "One data file in " + kind + ": reads that need it are refused, others work.",
        "refused." + kind + ".data");
    g.append(g.part(row(1, "x"), row(2, "x")), g.part(row(3, "y")));
    Part other = g.part(format, g.table.schema(), g.table.spec(), Map.of(), row(4, "y"));
    long id = g.append(other);
    finish(g, id, format, other.path());
  }

  private void positionDeletes(FileFormat format) {
    String kind = format.name().toLowerCase();
    Golden g =
        new Golden("java_refused_" + kind + "_positions", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "A position-delete file in " + kind + " of one partition; the other one is read.",
        "refused." + kind + ".position-deletes");
    Part x = g.part(row(1, "x"), row(2, "x"));
    Part y = g.part(row(3, "y"), row(4, "y"));
    g.append(x, y);
    DeleteFile deletes = g.positionDeletes(format, y.spec, y.file.partition(), Golden.hits(y, 1));
    g.gone(y, 1);
    long id = g.commit(g.delta().addDeletes(deletes));
    finish(g, id, format, deletes.location());
  }

  private void equalityDeletes(FileFormat format) {
    String kind = format.name().toLowerCase();
    Golden g =
        new Golden("java_refused_" + kind + "_equality", 2, ID_P, spec -> spec.identity("p"));
    g.about(
        "An equality-delete file in " + kind + " of one partition; the other one is read.",
        "refused." + kind + ".equality-deletes");
    Part x = g.part(row(1, "x"), row(2, "x"));
    Part y = g.part(row(1, "y"), row(2, "y"));
    g.append(x, y);
    List<String> keys = List.of("id");
    DeleteFile deletes =
        g.equalityDeletes(format, keys, keys, g.table.schema(), y.spec, y.file.partition(), row(1));
    g.gone(y, 0);
    long id = g.commit(g.delta().addDeletes(deletes));
    finish(g, id, format, deletes.location());
  }
}
