#include "codec/parquet/row_group.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <random>

#include "codec/parquet/page_index.h"
#include "codec/parquet/parquet_bytes_test.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using parquet::Encoding;
using Random = std::mt19937_64;

int64_t Below(Random& random, int64_t bound) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
}

// Values of few or many kinds, in runs or not, with or without nulls.
struct Shape {
  int64_t kinds = 10;
  int64_t run = 1;
  int nulls_percent = 0;
};

template <typename Builder, typename Append>
ArrayPtr Fill(Builder& builder, int64_t rows, const Shape& shape, Random& random,
              const Append& append) {
  for (int64_t row = 0; row < rows;) {
    const int64_t kind = Below(random, shape.kinds);
    const bool is_null = Below(random, 100) < shape.nulls_percent;
    for (int64_t end = std::min(rows, row + 1 + Below(random, shape.run)); row < end; ++row) {
      if (is_null) {
        EXPECT_TRUE(builder.AppendNull().ok());
      } else {
        append(kind);
      }
    }
  }
  return builder.Finish().ValueOrDie();
}

template <typename Builder>
ArrayPtr Numbers(Builder&& builder, int64_t rows, const Shape& shape, Random& random) {
  return Fill(builder, rows, shape, random, [&](int64_t kind) {
    using Value = typename std::remove_reference_t<Builder>::value_type;
    EXPECT_TRUE(builder.Append(static_cast<Value>(kind * 7 - 20)).ok());
  });
}

template <typename Builder>
ArrayPtr Texts(Builder&& builder, int64_t rows, const Shape& shape, Random& random) {
  return Fill(builder, rows, shape, random, [&](int64_t kind) {
    EXPECT_TRUE(
        builder.Append(std::string(static_cast<size_t>(kind % 9), 'x') + std::to_string(kind))
            .ok());
  });
}

ArrayPtr FixedBytes(const std::shared_ptr<arrow::DataType>& type, int64_t rows, const Shape& shape,
                    Random& random) {
  arrow::FixedSizeBinaryBuilder builder(type);
  return Fill(builder, rows, shape, random, [&](int64_t kind) {
    std::string value(static_cast<size_t>(builder.byte_width()), 'v');
    std::memcpy(value.data(), &kind, 5);
    EXPECT_TRUE(builder.Append(value).ok());
  });
}

ArrayPtr Decimals(int64_t rows, const Shape& shape, Random& random) {
  arrow::Decimal128Builder builder(arrow::decimal128(12, 2));
  return Fill(builder, rows, shape, random,
              [&](int64_t kind) { EXPECT_TRUE(builder.Append(arrow::Decimal128(kind * 3)).ok()); });
}

ArrayPtr Lists(int64_t rows, const Shape& shape, Random& random) {
  auto values = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder builder(arrow::default_memory_pool(), values);
  return Fill(builder, rows, shape, random, [&](int64_t kind) {
    EXPECT_TRUE(builder.Append().ok());
    for (int64_t at = 0; at < kind % 4; ++at)
      EXPECT_TRUE(values->Append(static_cast<int32_t>(kind + at)).ok());
  });
}

std::shared_ptr<arrow::Table> MakeTable(int64_t rows, Random& random) {
  const auto shape = [&] {
    constexpr int64_t kKinds[] = {1, 2, 40, 1 << 20};
    constexpr int64_t kRuns[] = {1, 1, 30};
    constexpr int kNulls[] = {0, 0, 5, 60, 100};
    return Shape{kKinds[Below(random, 4)], kRuns[Below(random, 3)], kNulls[Below(random, 5)]};
  };
  const auto with = [&](auto&& builder) { return Numbers(builder, rows, shape(), random); };
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  const auto add = [&](const std::string& name, ArrayPtr array) {
    const bool nullable = array->null_count() > 0 || Below(random, 2) == 0;
    fields.push_back(arrow::field(name, array->type(), nullable));
    arrays.push_back(std::move(array));
  };
  add("bool", with(arrow::BooleanBuilder()));
  add("int", with(arrow::Int32Builder()));
  add("long", with(arrow::Int64Builder()));
  add("float", with(arrow::FloatBuilder()));
  add("list", Lists(rows, shape(), random));
  add("double", with(arrow::DoubleBuilder()));
  add("date", with(arrow::Date32Builder()));
  add("instant", with(arrow::TimestampBuilder(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                              arrow::default_memory_pool())));
  add("decimal", Decimals(rows, shape(), random));
  add("text", Texts(arrow::StringBuilder(), rows, shape(), random));
  add("bytes", Texts(arrow::BinaryBuilder(), rows, shape(), random));
  add("fixed", FixedBytes(arrow::fixed_size_binary(5), rows, shape(), random));
  return arrow::Table::Make(arrow::schema(fields), arrays, rows);
}

// An encoding that is neither plain nor a dictionary, where the type has one.
Encoding::type OddEncoding(const arrow::DataType& type, Random& random) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return Encoding::RLE;
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
      return Below(random, 2) == 0 ? Encoding::DELTA_BINARY_PACKED : Encoding::BYTE_STREAM_SPLIT;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::FIXED_SIZE_BINARY:
      return Encoding::BYTE_STREAM_SPLIT;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return Below(random, 2) == 0 ? Encoding::DELTA_BYTE_ARRAY : Encoding::DELTA_LENGTH_BYTE_ARRAY;
    default:
      return Encoding::PLAIN;
  }
}

std::string Write(const arrow::Table& table, Random& random) {
  parquet::WriterProperties::Builder properties;
  constexpr arrow::Compression::type kCodecs[] = {
      arrow::Compression::UNCOMPRESSED, arrow::Compression::SNAPPY, arrow::Compression::ZSTD};
  properties.compression(kCodecs[Below(random, 3)]);
  properties.data_page_version(Below(random, 2) == 0 ? parquet::ParquetDataPageVersion::V1
                                                     : parquet::ParquetDataPageVersion::V2);
  properties.max_rows_per_page(1 + Below(random, 500));
  properties.dictionary_pagesize_limit(Below(random, 2) == 0 ? 300 : 1 << 20);
  properties.write_batch_size(1 + Below(random, 100));
  properties.max_row_group_length(table.num_rows() / 2 + 1);
  if (Below(random, 2) == 0) properties.enable_write_page_index();
  if (Below(random, 2) == 0) properties.enable_page_checksum();
  for (const std::shared_ptr<arrow::Field>& field : table.schema()->fields()) {
    const bool dictionary = Below(random, 2) == 0;
    if (dictionary || field->type()->id() == arrow::Type::LIST) continue;
    properties.disable_dictionary(field->name());
    if (Below(random, 2) == 0)
      properties.encoding(field->name(), OddEncoding(*field->type(), random));
  }
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, 1 << 20,
                                         properties.build())
                  .ok());
  return sink->Finish().ValueOrDie()->ToString();
}

std::vector<int> SomeLeaves(int count, Random& random) {
  std::vector<int> leaves;
  for (int leaf = 0; leaf < count; ++leaf) {
    if (Below(random, 3) > 0) leaves.push_back(leaf);
  }
  if (leaves.empty()) leaves.push_back(0);
  return leaves;
}

// What Arrow's own reader gives of a row group.
std::shared_ptr<arrow::Table> ByArrow(const std::string& bytes, int group,
                                      const std::vector<int>& leaves) {
  const auto file = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
  auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
  return reader->ReadRowGroup(group, leaves).ValueOrDie();
}

void ExpectSame(const arrow::RecordBatch& got, const arrow::Table& expected) {
  ASSERT_TRUE(got.ValidateFull().ok()) << got.ValidateFull().ToString();
  ASSERT_EQ(got.num_columns(), expected.num_columns());
  ASSERT_EQ(got.num_rows(), expected.num_rows());
  for (int column = 0; column < got.num_columns(); ++column) {
    const arrow::ChunkedArray mine(got.column(column));
    EXPECT_TRUE(mine.Equals(*expected.column(column)))
        << got.column_name(column) << ": " << mine.ToString() << "\ninstead of\n"
        << expected.column(column)->ToString();
  }
}

std::shared_ptr<arrow::Table> Chosen(const arrow::Table& table, std::span<const int64_t> rows) {
  arrow::Int64Builder builder;
  EXPECT_TRUE(builder.AppendValues(rows.data(), static_cast<int64_t>(rows.size())).ok());
  const ArrayPtr indices = builder.Finish().ValueOrDie();
  return arrow::compute::Take(arrow::Datum(table.Slice(0)), arrow::Datum(indices))
      .ValueOrDie()
      .table();
}

std::vector<int64_t> SomeRows(int64_t rows, Random& random) {
  constexpr int64_t kGaps[] = {1, 2, 40, 1000};
  const int64_t gap = kGaps[Below(random, 4)];
  std::vector<int64_t> chosen;
  for (int64_t row = Below(random, gap); row < rows; row += 1 + Below(random, gap))
    chosen.push_back(row);
  return chosen;
}

std::vector<RowRun> SomeRuns(int64_t rows, Random& random) {
  std::vector<RowRun> runs;
  for (int64_t row = Below(random, rows); row < rows;) {
    const int64_t count = 1 + Below(random, rows - row);
    runs.push_back({row, count});
    row += count + 1 + Below(random, rows);
  }
  return runs;
}

class RowGroups : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    random_.seed(static_cast<uint64_t>(GetParam()));
    const auto table = MakeTable(1 + Below(random_, 3000), random_);
    bytes_ = Write(*table, random_);
    footer_ = FooterOf(bytes_);
    group_ = static_cast<int>(Below(random_, static_cast<int64_t>(footer_.row_groups().size())));
    rows_ = footer_.row_groups()[static_cast<size_t>(group_)].rows;
    read_ = {.row_group = group_,
             .leaves = SomeLeaves(12, random_),
             .batch_rows = 1 + Below(random_, 1500),
             .runs = {},
             .places = {},
             .counts = &counts_};
    expected_ = ByArrow(bytes_, group_, read_.leaves);
    Result<PageIndexPlaces> places =
        ReadPagePlaces(BytesFile(bytes_), footer_, group_, read_.leaves);
    ASSERT_TRUE(places.ok());
    if (Below(random_, 4) > 0) read_.places = *std::move(places);
  }

  std::unique_ptr<InputFile> File() const { return std::make_unique<BytesFile>(bytes_); }

  // What was read is what PlanChunkReads says of these rows, as far as the index helped.
  void ExpectPlanned(const std::vector<RowRun>& runs) {
    const auto planned = PlanChunkReads(BytesFile(bytes_), footer_, group_, read_.leaves, runs);
    ASSERT_TRUE(planned.ok()) << planned.error();
    int64_t bytes = 0;
    std::optional<int64_t> pages = 0;
    for (const ChunkRead& chunk : *planned) {
      bytes += chunk.bytes;
      pages = pages && chunk.pages ? std::optional(*pages + *chunk.pages) : std::nullopt;
    }
    if (pages) {
      EXPECT_EQ(counts_.pages, *pages);
    }
    if (!read_.places.empty() || !pages) {
      EXPECT_LE(counts_.bytes, bytes);
    }
    EXPECT_LE(bytes, footer_.BytesOf(group_, read_.leaves));
  }

  Random random_;
  std::string bytes_;
  ParquetFooter footer_;
  int group_ = 0;
  int64_t rows_ = 0;
  ReadCounts counts_;
  RowGroupRead read_;
  std::shared_ptr<arrow::Table> expected_;
};

TEST_P(RowGroups, AreReadAsArrowReadsThem) {
  auto stream = ReadRowGroup(File(), footer_, read_);
  ASSERT_TRUE(stream.ok()) << stream.error();
  int64_t row = 0;
  while (true) {
    auto batch = (*stream)->Next();
    ASSERT_TRUE(batch.ok()) << batch.error();
    if (*batch == nullptr) break;
    ASSERT_LE((*batch)->num_rows(), read_.batch_rows);
    ExpectSame(**batch, *expected_->Slice(row, (*batch)->num_rows()));
    row += (*batch)->num_rows();
  }
  EXPECT_EQ(row, rows_);
}

TEST_P(RowGroups, AreReadInRuns) {
  read_.runs = SomeRuns(rows_, random_);
  auto stream = ReadRowGroup(File(), footer_, read_);
  ASSERT_TRUE(stream.ok()) << stream.error();
  for (RowRun run : read_.runs) {
    while (run.count > 0) {
      auto batch = (*stream)->Next();
      ASSERT_TRUE(batch.ok()) << batch.error();
      ASSERT_NE(*batch, nullptr);
      const int64_t count = (*batch)->num_rows();
      ASSERT_LE(count, run.count);
      ExpectSame(**batch, *expected_->Slice(run.first, count));
      run.first += count;
      run.count -= count;
    }
  }
  auto end = (*stream)->Next();
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(*end, nullptr);
  stream->reset();  // Counts.
  ExpectPlanned(read_.runs);
}

TEST_P(RowGroups, GiveChosenRows) {
  const std::vector<int64_t> rows = SomeRows(rows_, random_);
  auto batches = PickRows(File(), footer_, read_, rows);
  ASSERT_TRUE(batches.ok()) << batches.error();
  size_t at = 0;
  for (const auto& batch : *batches) {
    const auto count = static_cast<size_t>(batch->num_rows());
    ExpectSame(*batch, *Chosen(*expected_, std::span(rows).subspan(at, count)));
    at += count;
  }
  EXPECT_EQ(at, rows.size());
}

TEST_P(RowGroups, GiveChosenRowsStepByStep) {
  const std::vector<int64_t> rows = SomeRows(rows_, random_);
  auto picker = OpenPicker(File(), footer_, read_);
  ASSERT_TRUE(picker.ok()) << picker.error();
  for (std::span<const int64_t> left = rows; !left.empty();) {
    const auto count = static_cast<size_t>(
        1 + Below(random_, std::min<int64_t>(static_cast<int64_t>(left.size()), 200)));
    auto batch = (*picker)->Pick(left.first(count));
    ASSERT_TRUE(batch.ok()) << batch.error();
    ExpectSame(**batch, *Chosen(*expected_, left.first(count)));
    left = left.subspan(count);
  }
}

INSTANTIATE_TEST_SUITE_P(Random, RowGroups, testing::Range(0, 150));

// Rows of many pages, written with a page index.
struct Indexed {
  std::string bytes;
  ParquetFooter footer;
  RowGroupRead read;
};

Indexed MakeIndexed(int64_t rows, bool checksums = false) {
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < rows; ++row) EXPECT_TRUE(builder.Append(row * 977 % 7919).ok());
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("a", arrow::int64())}),
                                        {builder.Finish().ValueOrDie()}, rows);
  parquet::WriterProperties::Builder properties;
  properties.max_rows_per_page(100)
      ->write_batch_size(50)
      ->disable_dictionary()
      ->enable_write_page_index();
  if (checksums) properties.enable_page_checksum();
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, rows,
                                         properties.build())
                  .ok());
  Indexed made{.bytes = sink->Finish().ValueOrDie()->ToString(), .footer = {}, .read = {}};
  made.footer = FooterOf(made.bytes);
  made.read.leaves = {0};
  return made;
}

TEST(RowGroup, DecompressesPagesWithChosenRowsAlone) {
  Indexed made = MakeIndexed(10000);
  ReadCounts counts;
  made.read.counts = &counts;
  const std::vector<int64_t> rows = {5, 6, 99, 4200, 9999};
  auto batches = PickRows(std::make_unique<BytesFile>(made.bytes), made.footer, made.read, rows);
  ASSERT_TRUE(batches.ok()) << batches.error();
  EXPECT_EQ(counts.pages, 3);
}

TEST(RowGroup, ReadsNoOtherBytesWherePagesAreIndexed) {
  Indexed made = MakeIndexed(10000);
  ReadCounts counts;
  made.read.counts = &counts;
  made.read.places = *ReadPagePlaces(BytesFile(made.bytes), made.footer, 0, made.read.leaves);
  ASSERT_EQ(made.read.places.at(0).size(), 100U);
  const std::vector<int64_t> rows = {5, 4200, 9999};
  auto batches = PickRows(std::make_unique<BytesFile>(made.bytes), made.footer, made.read, rows);
  ASSERT_TRUE(batches.ok()) << batches.error();
  EXPECT_EQ(counts.pages, 3);
  int64_t three_pages = 0;
  for (const size_t page : {0, 42, 99}) three_pages += made.read.places.at(0)[page].bytes;
  EXPECT_EQ(counts.bytes, three_pages);
}

TEST(RowGroup, ReadsPagesOfRunsTogetherAndNoOthers) {
  Indexed made = MakeIndexed(10000);
  const BytesFile file(made.bytes);
  ReadCounts counts;
  made.read.counts = &counts;
  made.read.places = *ReadPagePlaces(file, made.footer, 0, made.read.leaves);
  made.read.runs = {{150, 100}, {4200, 1}, {9900, 100}};
  auto stream = ReadRowGroup(std::make_unique<BytesFile>(made.bytes), made.footer, made.read);
  ASSERT_TRUE(stream.ok()) << stream.error();
  for (int batch = 0; batch < 3; ++batch) ASSERT_NE(*(*stream)->Next(), nullptr);
  stream->reset();
  int64_t bytes = 0;
  for (const size_t page : {1, 2, 42, 99}) bytes += made.read.places.at(0)[page].bytes;
  EXPECT_EQ(counts.pages, 4);
  EXPECT_EQ(counts.bytes, bytes);
  const auto planned = PlanChunkReads(file, made.footer, 0, {0}, made.read.runs);
  ASSERT_TRUE(planned.ok());
  EXPECT_EQ(planned->front(), (ChunkRead{.bytes = bytes, .pages = 4}));
  const auto all = PlanChunkReads(file, made.footer, 0, {0}, {});
  EXPECT_EQ(all->front(), (ChunkRead{.bytes = made.footer.BytesOf(0, {0}), .pages = 100}));
}

TEST(RowGroup, RefusesAnIndexOfOtherPages) {
  Indexed made = MakeIndexed(10000);
  made.read.places = *ReadPagePlaces(BytesFile(made.bytes), made.footer, 0, made.read.leaves);
  PagePlaces& moved = made.read.places.at(0);
  for (size_t page = 50; page < moved.size(); ++page) moved[page].first_row -= 1;
  const std::vector<int64_t> rows = {4960};
  auto batches = PickRows(std::make_unique<BytesFile>(made.bytes), made.footer, made.read, rows);
  ASSERT_FALSE(batches.ok());
  EXPECT_EQ(batches.error().code, ErrorCode::kCorruptData);
  EXPECT_NE(batches.error().message.find("page index"), std::string::npos);
}

// Of every page one bit of a value is flipped, which nothing but the checksum tells.
TEST(RowGroup, APagesChecksumIsComparedWhereItIsAskedForAlone) {
  constexpr int64_t kPages = 20;
  const Indexed made = MakeIndexed(100 * kPages, /*checksums=*/true);
  const auto places = *ReadPagePlaces(BytesFile(made.bytes), made.footer, 0, made.read.leaves);
  const std::vector<PagePlace>& pages = places.at(0);
  ASSERT_EQ(pages.size(), size_t{kPages});
  for (int64_t damaged = 0; damaged < kPages; ++damaged) {
    const PagePlace& place = pages[static_cast<size_t>(damaged)];
    std::string bytes = made.bytes;
    bytes[static_cast<size_t>(place.offset + place.bytes - 3)] ^= 4;
    for (const bool is_indexed : {false, true}) {
      RowGroupRead read = made.read;
      if (is_indexed) read.places = places;
      for (int64_t asked = 0; asked < kPages; ++asked) {
        const std::vector<int64_t> rows = {100 * asked + 17};
        const auto batches = PickRows(std::make_unique<BytesFile>(bytes), made.footer, read, rows);
        ASSERT_EQ(batches.ok(), asked != damaged) << asked << ' ' << damaged << ' ' << is_indexed;
        if (batches.ok()) continue;
        EXPECT_EQ(batches.error().code, ErrorCode::kCorruptData);
        EXPECT_NE(batches.error().message.find("column 'a' of row group 0: a page's checksum"),
                  std::string::npos)
            << batches.error();
      }
    }
  }
}

TEST(RowGroup, StatisticsOfPagesAreKnown) {
  const Indexed made = MakeIndexed(1000);
  const auto pages =
      ReadPageStatistics(BytesFile(made.bytes), made.footer, 0, 0, {PrimitiveKind::kLong});
  ASSERT_TRUE(pages.ok());
  ASSERT_EQ(pages->first_rows.size(), 10U);
  EXPECT_EQ(pages->first_rows[3], 300);
  EXPECT_EQ(pages->statistics[3].value_count, 100);
  EXPECT_EQ(pages->statistics[3].null_count, 0);
  int64_t least = INT64_MAX;
  for (int64_t row = 300; row < 400; ++row) least = std::min(least, row * 977 % 7919);
  EXPECT_EQ(pages->statistics[3].lower, Value(least));
}

}  // namespace
}  // namespace icefield
