#include "read/position_deletes.h"

#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>

#include "codec/puffin/puffin_bytes_test.h"
#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

std::shared_ptr<arrow::Field> WithId(const std::string& name, const TypePtr& type, int32_t id) {
  return arrow::field(name, type)
      ->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(id)}));
}

const std::shared_ptr<arrow::Field> kPath = WithId("file_path", arrow::utf8(), 2147483546);
const std::shared_ptr<arrow::Field> kPosition = WithId("pos", arrow::int64(), 2147483545);

std::shared_ptr<arrow::Table> Rows(const arrow::FieldVector& fields, const std::string& json) {
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns;
  const auto all = arrow::json::ArrayFromJSONString(arrow::struct_(fields), json);
  EXPECT_TRUE(all.ok()) << all.status().ToString();
  for (const auto& column : static_cast<const arrow::StructArray&>(**all).fields()) {
    columns.push_back(std::make_shared<arrow::ChunkedArray>(column));
  }
  return arrow::Table::Make(arrow::schema(fields), columns, (*all)->length());
}

std::string ParquetBytes(const arrow::Table& table, int64_t row_group_rows = 1000) {
  const auto sink = *arrow::io::BufferOutputStream::Create();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, row_group_rows,
                                         parquet::default_writer_properties(), arrow_properties)
                  .ok());
  return (*sink->Finish())->ToString();
}

std::vector<int64_t> First(const PositionSet& set, int64_t end = 100) {
  std::vector<int64_t> positions;
  for (int64_t position = 0; position < end; ++position) {
    if (set.Contains(position)) positions.push_back(position);
  }
  return positions;
}

class PositionDeletes : public testing::Test {
 protected:
  DeleteFile Write(const std::string& bytes, int64_t rows) {
    DeleteFile deletes;
    deletes.file.content = FileContent::kPositionDeletes;
    deletes.file.path = folder_.Write("deletes", bytes);
    deletes.file.format = "PARQUET";
    deletes.file.record_count = rows;
    deletes.file.size_bytes = static_cast<int64_t>(bytes.size());
    return deletes;
  }
  DeleteFile Write(const arrow::FieldVector& fields, const std::string& json,
                   int64_t row_group_rows = 1000) {
    const auto table = Rows(fields, json);
    return Write(ParquetBytes(*table, row_group_rows), table->num_rows());
  }

  void ExpectRefused(const DeleteFile& deletes, std::string_view piece,
                     ErrorCode code = ErrorCode::kCorruptData) {
    PositionsByFile positions;
    positions["a"];
    const Status status = ReadPositionDeletes(*store_, deletes, positions);
    ASSERT_FALSE(status.ok()) << piece;
    EXPECT_EQ(status.error().code, code) << status.error();
    EXPECT_NE(status.error().message.find(deletes.file.path), std::string::npos) << status.error();
    EXPECT_NE(status.error().message.find(piece), std::string::npos) << status.error();
  }

  TemporaryFolder folder_;
  std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(PositionDeletes, AreThoseOfTheFilesAskedFor) {
  const DeleteFile deletes = Write({kPath, kPosition}, R"([["a", 1], ["a", 4], ["b", 2], ["c", 3],
      ["a", 0], ["c", 1], ["c", 1], ["a", 4611686018427387904]])");
  PositionsByFile positions;
  positions["a"].Add(50);
  positions["c"];
  positions["d"];
  const Status status = ReadPositionDeletes(*store_, deletes, positions);
  ASSERT_TRUE(status.ok()) << status.error();
  EXPECT_EQ(positions.size(), 3U);
  EXPECT_EQ(First(positions["a"]), (std::vector<int64_t>{0, 1, 4, 50}));
  EXPECT_TRUE(positions["a"].Contains(4611686018427387904));
  EXPECT_EQ(First(positions["c"]), (std::vector<int64_t>{1, 3}));
  EXPECT_TRUE(positions["d"].empty());
}

TEST_F(PositionDeletes, AreFoundByIdInAnyPlace) {
  const auto row = WithId("row", arrow::struct_({WithId("id", arrow::int64(), 1)}), 2147483544);
  const DeleteFile deletes =
      Write({WithId("p", arrow::int64(), 2147483545), row, WithId("f", arrow::utf8(), 2147483546)},
            R"([[1, null, "a"], [2, {"id": 7}, "a"]])");
  PositionsByFile positions;
  positions["a"];
  const Status status = ReadPositionDeletes(*store_, deletes, positions);
  ASSERT_TRUE(status.ok()) << status.error();
  EXPECT_EQ(First(positions["a"]), (std::vector<int64_t>{1, 2}));
}

TEST_F(PositionDeletes, MayHaveNamesAloneAndOtherArrowTypesOfText) {
  for (const TypePtr& type : {arrow::utf8(), arrow::large_utf8(), arrow::utf8_view(),
                              arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    const arrow::FieldVector fields = {arrow::field("file_path", type),
                                       arrow::field("pos", arrow::int64())};
    const DeleteFile deletes = Write(fields, R"([["a", 1], ["b", 4], ["a", 2]])");
    PositionsByFile positions;
    positions["a"];
    const Status status = ReadPositionDeletes(*store_, deletes, positions);
    ASSERT_TRUE(status.ok()) << status.error();
    EXPECT_EQ(First(positions["a"]), (std::vector<int64_t>{1, 2})) << type->ToString();
  }
}

TEST_F(PositionDeletes, OfSeveralRowGroupsAndBatches) {
  arrow::StringBuilder paths;
  arrow::Int64Builder numbers;
  const std::string prefix(100, 'p');
  for (int64_t file = 0; file < 50; ++file) {
    for (int64_t i = 0; i < 2000; ++i) {
      ASSERT_TRUE(paths.Append(prefix + std::to_string(100 + file)).ok());
      ASSERT_TRUE(numbers.Append(i * (file + 1)).ok());
    }
  }
  const auto table =
      arrow::Table::Make(arrow::schema({kPath, kPosition}), {*paths.Finish(), *numbers.Finish()});
  for (int64_t row_group_rows : {999, 30'000, 200'000}) {
    const DeleteFile deletes = Write(ParquetBytes(*table, row_group_rows), table->num_rows());
    PositionsByFile positions;
    for (int64_t file : {0, 17, 49}) positions[prefix + std::to_string(100 + file)];
    positions[prefix];
    const Status status = ReadPositionDeletes(*store_, deletes, positions);
    ASSERT_TRUE(status.ok()) << status.error();
    for (int64_t file : {0, 17, 49}) {
      const PositionSet& set = positions[prefix + std::to_string(100 + file)];
      EXPECT_EQ(set.size(), 2000) << file;
      EXPECT_TRUE(set.Contains(1999 * (file + 1))) << file;
    }
    EXPECT_TRUE(positions[prefix].empty());
  }
}

// The page of a row group that statistics leave out may be as damaged as it likes.
TEST_F(PositionDeletes, LeaveRowGroupsOutByPath) {
  std::string bytes =
      ParquetBytes(*Rows({kPath, kPosition}, R"([["a", 1], ["b", 2], ["c", 3], ["d", 4]])"), 2);
  bytes[5] =
      static_cast<char>(bytes[5] ^ 0xff);  // In the header of the first row group's first page.
  const DeleteFile deletes = Write(bytes, 4);
  PositionsByFile positions;
  positions["c"];
  positions["0"];
  const Status status = ReadPositionDeletes(*store_, deletes, positions);
  ASSERT_TRUE(status.ok()) << status.error();
  EXPECT_EQ(First(positions["c"]), (std::vector<int64_t>{3}));
  ExpectRefused(deletes, "");
}

TEST_F(PositionDeletes, RefusesColumnsThatAreNotThere) {
  ExpectRefused(Write({WithId("file_path", arrow::utf8(), 1), kPosition}, R"([["a", 1]])"),
                "without the column file_path (2147483546)");
  ExpectRefused(Write({kPath}, R"([["a"]])"), "without the column pos (2147483545)");
  ExpectRefused(Write({arrow::field("path", arrow::utf8()), arrow::field("pos", arrow::int64())},
                      R"([["a", 1]])"),
                "without the column file_path");
  ExpectRefused(
      Write({kPath, WithId("pos", arrow::list(arrow::int64()), 2147483545)}, R"([["a", [1]]])"),
      "without the column pos");
}

TEST_F(PositionDeletes, RefusesOtherTypesAndNulls) {
  ExpectRefused(Write({kPath, WithId("pos", arrow::int32(), 2147483545)}, R"([["a", 1]])"),
                "pos must be long, it is int32");
  ExpectRefused(
      Write({WithId("file_path", arrow::binary(), 2147483546), kPosition}, R"([["a", 1]])"),
      "file_path must be string, it is binary");
  ExpectRefused(Write({kPath, kPosition}, R"([["a", 1], [null, 1]])"), "null");
  ExpectRefused(Write({kPath, kPosition}, R"([["a", 1], ["a", null]])"), "null");
}

TEST_F(PositionDeletes, RefusesNegativePositions) {
  ExpectRefused(Write({kPath, kPosition}, R"([["a", 1], ["a", -1]])"), "negative position -1");
}

TEST_F(PositionDeletes, RefusesPathsOtherThanTheReferencedOne) {
  DeleteFile deletes = Write({kPath, kPosition}, R"([["a", 1], ["b", 1]])");
  deletes.file.referenced_data_file = "a";
  ExpectRefused(deletes, "deletes from b, its manifest says only from a");
}

TEST_F(PositionDeletes, RefusesAFileThatIsNotTheManifests) {
  const DeleteFile right = Write({kPath, kPosition}, R"([["a", 1], ["b", 1]])");
  DeleteFile deletes = right;
  ++deletes.file.record_count;
  ExpectRefused(deletes, "manifest says 3");
  deletes = right;
  ++deletes.file.size_bytes;
  ExpectRefused(deletes, "manifest says");
  deletes = right;
  deletes.file.path += "-gone";
  ExpectRefused(deletes, "", ErrorCode::kNotFound);
  ExpectRefused(Write("no Parquet", 2), "");
}

// ------------------------------------------------------------------------- deletion vectors

class DeletionVectors : public PositionDeletes {
 protected:
  static std::string FooterEntry(std::string_view type, std::string_view rest, size_t offset,
                                 size_t length) {
    return StrCat(R"({"type": ")", type, R"(", "offset": )", offset, R"(, "length": )", length,
                  rest, "}");
  }

  // Two vectors: {1, 5} of the data file a, {7} of b.
  void SetUp() override {
    a_ = VectorBlob(Bitmap64({{0, Bitmap32({ArrayContainer(0, {1, 5})})}}));
    b_ = VectorBlob(Bitmap64({{0, Bitmap32({ArrayContainer(0, {7})})}}));
  }

  DeleteFile WriteWith(std::string_view type,
                       std::string_view rest = R"(, "properties": {"referenced-data-file": "a"})") {
    const std::string payload =
        StrCat(R"({"blobs": [)", FooterEntry(type, rest, 4, a_.size()), ", ",
               FooterEntry("deletion-vector-v1", R"(, "properties": {"referenced-data-file": "b"})",
                           4 + a_.size(), b_.size()),
               "]}");
    DeleteFile deletes = Write(PuffinFile(a_ + b_, payload), 2);
    deletes.file.format = "PUFFIN";
    deletes.file.referenced_data_file = "a";
    deletes.file.content_offset = 4;
    deletes.file.content_size_bytes = static_cast<int64_t>(a_.size());
    return deletes;
  }
  DeleteFile WriteRight() { return WriteWith("deletion-vector-v1"); }

  void ExpectRefused(const DeleteFile& deletes, std::string_view piece,
                     ErrorCode code = ErrorCode::kCorruptData) {
    const auto set = ReadDeletionVector(*store_, deletes);
    ASSERT_FALSE(set.ok()) << piece;
    EXPECT_EQ(set.error().code, code) << set.error();
    EXPECT_NE(set.error().message.find(deletes.file.path), std::string::npos) << set.error();
    EXPECT_NE(set.error().message.find(piece), std::string::npos) << set.error();
  }

  std::string a_;
  std::string b_;
};

TEST_F(DeletionVectors, AreReadFromTheirPlace) {
  DeleteFile deletes = WriteRight();
  const auto footer = ReadFooterOf(*store_, deletes);
  ASSERT_TRUE(footer.ok()) << footer.error();
  const auto a = ReadDeletionVector(*store_, deletes, *footer);
  ASSERT_TRUE(a.ok()) << a.error();
  EXPECT_EQ(First(*a), (std::vector<int64_t>{1, 5}));

  deletes.file.referenced_data_file = "b";
  deletes.file.content_offset = 4 + static_cast<int64_t>(a_.size());
  deletes.file.content_size_bytes = static_cast<int64_t>(b_.size());
  deletes.file.record_count = 1;
  const auto b = ReadDeletionVector(*store_, deletes);
  ASSERT_TRUE(b.ok()) << b.error();
  EXPECT_EQ(First(*b), (std::vector<int64_t>{7}));
}

TEST_F(DeletionVectors, OfOneFileAreReadWithOneFooter) {
  const DeleteFile a = WriteRight();
  DeletionVectorReader reader(*store_);
  const auto first = reader.Read(a);
  ASSERT_TRUE(first.ok()) << first.error();
  // Another footer of the same length is not looked at again.
  std::string bytes = PuffinFile(a_ + b_, "");
  bytes.resize(static_cast<size_t>(a.file.size_bytes), ' ');
  Write(bytes, 2);
  const auto again = reader.Read(a);
  ASSERT_TRUE(again.ok()) << again.error();
  EXPECT_EQ(First(*again), (std::vector<int64_t>{1, 5}));
  EXPECT_FALSE(DeletionVectorReader(*store_).Read(a).ok());
}

TEST_F(DeletionVectors, RefusesABlobThatIsNotTheManifests) {
  const DeleteFile right = WriteRight();
  DeleteFile deletes = right;
  deletes.file.content_offset = 5;
  ExpectRefused(deletes, "no such blob");
  deletes = right;
  --*deletes.file.content_size_bytes;
  ExpectRefused(deletes, "no such blob");
  deletes = right;
  deletes.file.referenced_data_file = "b";
  ExpectRefused(deletes, "is for a, its manifest says for b");
  deletes = right;
  deletes.file.record_count = 3;
  ExpectRefused(deletes, "holds 2 positions, its manifest says 3");
  deletes = right;
  ++deletes.file.size_bytes;
  ExpectRefused(deletes, "its manifest says");
  deletes = right;
  deletes.file.path += "-gone";
  ExpectRefused(deletes, "", ErrorCode::kNotFound);
  for (auto member : {&DataFile::content_offset, &DataFile::content_size_bytes}) {
    deletes = right;
    deletes.file.*member = std::nullopt;
    ExpectRefused(deletes, "does not say where");
  }
  deletes = right;
  deletes.file.referenced_data_file = std::nullopt;
  ExpectRefused(deletes, "does not say where");
}

TEST_F(DeletionVectors, RefusesBlobsThatAreNone) {
  ExpectRefused(WriteWith("apache-datasketches-theta-v1"), "apache-datasketches-theta-v1");
  ExpectRefused(WriteWith("deletion-vector-v1", ""), "is for no data file");
  ExpectRefused(WriteWith("deletion-vector-v1",
                          R"(, "compression-codec": "zstd",
                             "properties": {"referenced-data-file": "a"})"),
                "compressed");
  a_[10] = static_cast<char>(a_[10] ^ 1);
  ExpectRefused(WriteRight(), "checksum");
}

}  // namespace
}  // namespace icefield
