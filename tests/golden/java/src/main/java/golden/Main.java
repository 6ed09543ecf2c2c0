package golden;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Writes the golden tables of all families, or of those that are named. */
public final class Main {
  private static final Map<String, Consumer<Output>> FAMILIES = new LinkedHashMap<>();

  static {
    FAMILIES.put("equality", EqualityDeletes::write);
    FAMILIES.put("equality-keys", EqualityKeys::write);
    FAMILIES.put("position", PositionDeletes::write);
    FAMILIES.put("vectors", DeletionVectors::write);
    FAMILIES.put("lineage", RowLineage::write);
    FAMILIES.put("evolution", SchemaEvolution::write);
    FAMILIES.put("defaults", Defaults::write);
    FAMILIES.put("mappings", NameMappings::write);
    FAMILIES.put("partitions", Partitions::write);
    FAMILIES.put("primitives", PrimitiveTypes::write);
    FAMILIES.put("nested", NestedTypes::write);
    FAMILIES.put("variants", VariantsAndGeo::write);
    FAMILIES.put("metadata", TableMetadataKinds::write);
    FAMILIES.put("refused", Refused::write);
  }

  private Main() {}

  /**
   * Arguments: the output folder, then any number of families. Fails where the model and the
   * library disagree about a table that is not marked for it, or agree about one that is.
   */
  public static void main(String[] arguments) {
    List<String> wanted = List.of(arguments).subList(1, arguments.length);
    Output output = new Output(Path.of(arguments[0]));
    FAMILIES.forEach(
        (name, family) -> {
          if (wanted.isEmpty() || wanted.contains(name)) {
            family.accept(output);
          }
        });
    System.out.printf("%d tables%n", output.tables());
    if (output.surprised()) {
      System.exit(1);
    }
  }
}
