#include "retrieval/key_encodings.h"

#include <arrow/builder.h>
#include <arrow/table.h>
#include <gtest/gtest.h>

#include "retrieval/pruning.h"

namespace icefield {
namespace {

constexpr int64_t kRows = 3 * kRowsPerAsk + 1;
constexpr int64_t kKeys = 1000;

Field KeyField() { return {.id = FieldId{1}, .name = "k", .type = PrimitiveKind::kLong}; }

// Rows of keys 0, 1, ..., kKeys - 1, 0, ...
EntityFrame MakeFrame() {
  arrow::Int64Builder keys;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  for (int64_t row = 0; row < kRows; ++row) {
    EXPECT_TRUE(keys.Append(row % kKeys).ok());
    EXPECT_TRUE(times.Append(row).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("k", arrow::int64()), arrow::field("at", times.type())});
  return *EntityFrame::Make(arrow::Table::Make(schema, {*keys.Finish(), *times.Finish()}), "at");
}

BoundView MakeView() {
  BoundView view;
  view.name = "v";
  view.frame_keys = {"k"};
  view.keys = {KeyField()};
  return view;
}

TEST(KeyEncodings, StepsGiveOneKeyOneId) {
  const EntityFrame frame = MakeFrame();
  const ReadOptions options;
  KeyEncodings encodings(frame, options);
  const Result<const EncodedKeys*> keys = encodings.For(MakeView());
  ASSERT_TRUE(keys.ok()) << keys.error();
  EXPECT_EQ((*keys)->encoder.size(), kKeys);
  ASSERT_EQ((*keys)->ids.size(), static_cast<size_t>(kRows));
  for (size_t row = 0; row < (*keys)->ids.size(); ++row)
    ASSERT_EQ((*keys)->ids[row], row % static_cast<size_t>(kKeys));
}

TEST(KeyEncodings, StopWhereTheCallerAsks) {
  const EntityFrame frame = MakeFrame();
  int asked = 0;
  ReadOptions options;
  options.interrupted = [&] { return ++asked == 3; };
  KeyEncodings encodings(frame, options);
  const Result<const EncodedKeys*> keys = encodings.For(MakeView());
  ASSERT_FALSE(keys.ok());
  EXPECT_EQ(keys.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(asked, 3);
}

TEST(AmongKeys, StopsWhereTheCallerAsks) {
  const EntityFrame frame = MakeFrame();
  const PinnedView pinned{.source = {}, .selected = {}, .view = MakeView()};
  int asked = 0;
  ReadOptions options;
  const arrow::ArrayVector keys = {*frame.PlainColumn("k", "a test")};
  const Result<Predicate> all = AmongKeys(pinned, {&keys, 1}, options);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->values.size(), static_cast<size_t>(kKeys));
  options.interrupted = [&] { return ++asked == 4; };
  const Result<Predicate> stopped = AmongKeys(pinned, {&keys, 1}, options);
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace icefield
