package golden;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.expressions.Expression;

/** One read of the expected file: what is asked, and where the model or the refusal comes from. */
final class Read {
  List<String> select;
  String filter;
  Expression expression;
  Predicate<Record> passes = row -> true;
  Long snapshotId;
  String ref;
  Long asOfMs;
  String error;
  List<String> refusal;

  /** The columns in the order asked for; members of structs by dotted name. */
  Read select(String... columns) {
    select = List.of(columns);
    return this;
  }

  /**
   * Rows that pass. The text is pyiceberg's, the expression Iceberg's, and the predicate, over the
   * row with all columns, decides what is expected.
   */
  Read where(String text, Expression javaExpression, Predicate<Record> test) {
    filter = text;
    expression = javaExpression;
    passes = test;
    return this;
  }

  Read at(long id) {
    snapshotId = id;
    return this;
  }

  Read ref(String name) {
    ref = name;
    return this;
  }

  Read asOf(long timestampMs) {
    asOfMs = timestampMs;
    return this;
  }

  /** The read must fail as unsupported, with all these parts in the message. */
  Read refused(String... messageParts) {
    return fails("UnsupportedError", messageParts);
  }

  Read fails(String errorClass, String... messageParts) {
    error = errorClass;
    refusal = new ArrayList<>(List.of(messageParts));
    return this;
  }

  @Override
  public String toString() {
    return "select=%s filter=%s snapshot=%s ref=%s asOf=%s"
        .formatted(select, filter, snapshotId, ref, asOfMs);
  }
}
