#include "batch/zip_streams.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include <numeric>

namespace icefield {
namespace {

// The numbers from 0 on, in batches of these lengths; an error at the end where one is given.
class Numbers final : public BatchStream {
 public:
  Numbers(std::string name, std::vector<int64_t> lengths, bool fails = false)
      : schema_(arrow::schema({arrow::field(std::move(name), arrow::int64())})),
        lengths_(std::move(lengths)),
        fails_(fails) {}

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (at_ == lengths_.size() && fails_) return CorruptData("it fails");
    if (at_ == lengths_.size()) return std::shared_ptr<arrow::RecordBatch>();
    std::vector<int64_t> values(static_cast<size_t>(lengths_[at_++]));
    std::iota(values.begin(), values.end(), next_);
    next_ += static_cast<int64_t>(values.size());
    arrow::Int64Builder builder;
    EXPECT_TRUE(builder.AppendValues(values).ok());
    return arrow::RecordBatch::Make(schema_, static_cast<int64_t>(values.size()),
                                    {*builder.Finish()});
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int64_t> lengths_;
  bool fails_;
  size_t at_ = 0;
  int64_t next_ = 0;
};

std::unique_ptr<BatchStream> Zip(std::vector<int64_t> a, std::vector<int64_t> b,
                                 bool fails = false) {
  std::vector<std::unique_ptr<BatchStream>> parts;
  parts.push_back(std::make_unique<Numbers>("a", std::move(a)));
  parts.push_back(std::make_unique<Numbers>("b", std::move(b), fails));
  return ZipStreams(std::move(parts), "f");
}

TEST(ZipStreams, GivesTheSameRowsHoweverPartsAreCut) {
  const std::unique_ptr<BatchStream> zipped = Zip({3, 4, 1}, {5, 1, 2});
  EXPECT_EQ(zipped->schema()->ToString(), "a: int64\nb: int64");
  int64_t rows = 0;
  while (true) {
    const auto batch = zipped->Next();
    ASSERT_TRUE(batch.ok()) << batch.error();
    if (*batch == nullptr) break;
    ASSERT_GT((*batch)->num_rows(), 0);
    EXPECT_TRUE((*batch)->column(0)->Equals((*batch)->column(1)));
    EXPECT_EQ((*batch)->column(0)->GetScalar(0).ValueOrDie()->ToString(), std::to_string(rows));
    rows += (*batch)->num_rows();
  }
  EXPECT_EQ(rows, 8);
}

TEST(ZipStreams, PartsOfDifferentLengthsAreCorrupt) {
  const std::unique_ptr<BatchStream> zipped = Zip({3}, {3, 1});
  ASSERT_TRUE(zipped->Next().ok());
  EXPECT_EQ(zipped->Next().error().code, ErrorCode::kCorruptData);
}

TEST(ZipStreams, ErrorsOfAPartComeAsTheyAre) {
  const std::unique_ptr<BatchStream> zipped = Zip({3, 1}, {3}, /*fails=*/true);
  ASSERT_TRUE(zipped->Next().ok());
  EXPECT_EQ(zipped->Next().error().message, "it fails");
}

}  // namespace
}  // namespace icefield
