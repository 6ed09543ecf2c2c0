/// What another program does to a catalog database, for tests.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace icefield {

/// A writing connection of its own. Faults fail the test.
class SqliteWriter {
 public:
  explicit SqliteWriter(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle_), SQLITE_OK);
  }
  ~SqliteWriter() { Close(); }
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  void Close() {
    sqlite3_close(handle_);
    handle_ = nullptr;
  }

  void Run(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle_) << " in " << sql;
  }

  /// The tables as pyiceberg 0.12 makes them.
  void CreateCatalog() {
    Run("CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL,"
        " table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,"
        " metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000),"
        " iceberg_type VARCHAR(5), PRIMARY KEY (catalog_name, table_namespace, table_name))");
    Run("CREATE TABLE iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL,"
        " namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL,"
        " property_value VARCHAR(1000) NOT NULL,"
        " PRIMARY KEY (catalog_name, namespace, property_key))");
  }

  void AddTable(const std::string& catalog, const std::string& dotted_namespace,
                const std::string& name, const std::string& location) {
    Run("INSERT INTO iceberg_tables VALUES ('" + catalog + "', '" + dotted_namespace + "', '" +
        name + "', '" + location + "', NULL, 'TABLE')");
  }

  /// What a commit to a table of any catalog does.
  void MoveTable(const std::string& dotted_namespace, const std::string& name,
                 const std::string& location) {
    Run("UPDATE iceberg_tables SET metadata_location = '" + location +
        "' WHERE table_namespace = '" + dotted_namespace + "' AND table_name = '" + name + "'");
  }

  void AddNamespace(const std::string& catalog, const std::string& dotted_namespace) {
    Run("INSERT INTO iceberg_namespace_properties VALUES ('" + catalog + "', '" + dotted_namespace +
        "', 'exists', 'true')");
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace icefield
