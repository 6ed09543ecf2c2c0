#include "read/leaf_cast.h"

#include <arrow/api.h>
#include <arrow/extension/uuid.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "codec/arrow/arrow_types.h"

namespace icefield {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;
using Form = LeafForm::Kind;
using arrow::TimeUnit;

ArrayPtr Column(const TypePtr& type, std::string_view json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

Result<ArrayPtr> Cast(const ArrayPtr& values, std::string_view type, LeafForm form = {}) {
  const PrimitiveType target = *ParsePrimitiveType(type);
  return CastLeaf({values, std::move(form)}, target, *ToArrowType(target), "f, column 'c'");
}

// The values, as Arrow writes those of the output's numbers or bytes; or the error.
std::string Text(const Result<ArrayPtr>& cast) {
  if (!cast.ok()) return cast.error().ToString();
  ArrayPtr values = *cast;
  EXPECT_TRUE(values->ValidateFull().ok());
  if (values->type_id() == arrow::Type::EXTENSION)
    values = static_cast<const arrow::ExtensionArray&>(*values).storage();
  if (values->type_id() == arrow::Type::TIMESTAMP || values->type_id() == arrow::Type::TIME64)
    values = values->View(arrow::int64()).ValueOrDie();
  std::string out;
  for (int64_t row = 0; row < values->length(); ++row)
    out += (row > 0 ? " " : "") + values->GetScalar(row).ValueOrDie()->ToString();
  return out;
}

TEST(LeafCast, PromotionsAreExact) {
  EXPECT_EQ(Text(Cast(Column(arrow::int32(), "[-2147483648, null]"), "long")), "-2147483648 null");
  EXPECT_EQ(Text(Cast(Column(arrow::float32(), "[0.5]"), "double")), "0.5");
  EXPECT_EQ(Text(Cast(Column(arrow::decimal128(4, 2), R"(["-12.34"])"), "decimal(38, 2)")),
            "-12.34");
  EXPECT_EQ(Text(Cast(Column(arrow::null(), "[null]"), "decimal(9, 2)")), "null");
  EXPECT_EQ(Text(Cast(Column(arrow::null(), "[null]"), "timestamp")), "null");
  for (const TypePtr& narrow : {arrow::int8(), arrow::int16(), arrow::uint8(), arrow::uint16()})
    EXPECT_EQ(Text(Cast(Column(narrow, "[7]"), "int")), "7");
  EXPECT_EQ(Text(Cast(Column(arrow::uint32(), "[4294967295]"), "long")), "4294967295");
}

TEST(LeafCast, NothingElseBecomesANumber) {
  const std::string mismatch = "CorruptData: f, column 'c': the file has ";
  EXPECT_EQ(Text(Cast(Column(arrow::int64(), "[1]"), "int")),
            mismatch + "int64 where the table has int");
  EXPECT_EQ(Text(Cast(Column(arrow::uint32(), "[1]"), "int")),
            mismatch + "uint32 where the table has int");
  EXPECT_EQ(Text(Cast(Column(arrow::uint64(), "[1]"), "long")),
            mismatch + "uint64 where the table has long");
  EXPECT_EQ(Text(Cast(Column(arrow::float64(), "[1]"), "float")),
            mismatch + "double where the table has float");
  EXPECT_EQ(Text(Cast(Column(arrow::decimal128(4, 1), R"(["1.5"])"), "decimal(9, 2)")),
            mismatch + "decimal128(4, 1) where the table has decimal(9, 2)");
  EXPECT_EQ(Text(Cast(Column(arrow::decimal128(10, 2), R"(["1.50"])"), "decimal(9, 2)")),
            mismatch + "decimal128(10, 2) where the table has decimal(9, 2)");
  EXPECT_EQ(Text(Cast(Column(arrow::int64(), "[1]"), "timestamp")),
            mismatch + "int64 where the table has timestamp");
  EXPECT_EQ(Text(Cast(Column(arrow::utf8(), R"(["1"])"), "int")),
            mismatch + "string where the table has int");
}

TEST(LeafCast, DaysBecomeTheirMidnightButNoInstant) {
  const ArrayPtr days = Column(arrow::date32(), "[-1, null, 1]");
  EXPECT_EQ(Text(Cast(days, "timestamp")), "-86400000000 null 86400000000");
  EXPECT_EQ(Text(Cast(days, "timestamp_ns")), "-86400000000000 null 86400000000000");
  EXPECT_EQ(Text(Cast(days, "timestamptz")),
            "CorruptData: f, column 'c': the file has date32[day] where the table has timestamptz");
  EXPECT_EQ(Text(Cast(Column(arrow::date32(), "[106752]"), "timestamp_ns")),
            "CorruptData: f, column 'c': 106752 as date32[day] does not fit timestamp[ns]");
}

TEST(LeafCast, InstantsAreScaledExactlyOrFloored) {
  const auto stored = [](TimeUnit::type unit, std::string_view json) {
    return Column(arrow::timestamp(unit), json);
  };
  EXPECT_EQ(Text(Cast(stored(TimeUnit::MILLI, "[-1]"), "timestamp")), "-1000");
  EXPECT_EQ(Text(Cast(stored(TimeUnit::NANO, "[-1, 1999, null]"), "timestamp")), "-1 1 null");
  EXPECT_EQ(Text(Cast(stored(TimeUnit::MICRO, "[3]"), "timestamp_ns")), "3000");
  EXPECT_EQ(Text(Cast(stored(TimeUnit::MICRO, "[9223372036854776]"), "timestamp_ns")),
            "CorruptData: f, column 'c': 9223372036854776 as timestamp[us] does not fit "
            "timestamp[ns]");
  EXPECT_EQ(Text(Cast(stored(TimeUnit::MILLI, "[9223372036854776]"), "timestamp")),
            "CorruptData: f, column 'c': 9223372036854776 as timestamp[ms] does not fit "
            "timestamp[us]");
}

TEST(LeafCast, ZonesNeverMixUnlessTheFileDoesNotSay) {
  const ArrayPtr plain = Column(arrow::timestamp(TimeUnit::MICRO), "[5]");
  const ArrayPtr zoned = Column(arrow::timestamp(TimeUnit::MICRO, "UTC"), "[5]");
  EXPECT_EQ(Text(Cast(plain, "timestamptz")),
            "CorruptData: f, column 'c': the file has timestamp[us], the table timestamp[us, "
            "tz=UTC]; the two never mix silently");
  EXPECT_FALSE(Cast(zoned, "timestamp").ok());
  EXPECT_FALSE(Cast(zoned, "timestamp_ns").ok());
  EXPECT_EQ(Text(Cast(zoned, "timestamptz_ns")), "5000");
  for (const Form form : {Form::kInt96, Form::kUnzonedInstant}) {
    for (const char* type : {"timestamp", "timestamptz"}) {
      const Result<ArrayPtr> cast = Cast(plain, type, {.kind = form});
      EXPECT_EQ(Text(cast), "5") << type;
      EXPECT_TRUE((*cast)->type()->Equals(**ToArrowType(*ParsePrimitiveType(type))));
    }
  }
  EXPECT_EQ(Text(Cast(plain, "timestamptz_ns", {.kind = Form::kUnzonedInstant})), "5000");
  EXPECT_EQ(Text(Cast(plain, "timestamp_ns", {.kind = Form::kInt96})),
            "Unsupported: f, column 'c': INT96 values in a column of nanoseconds are not read; "
            "leave the column out");
}

TEST(LeafCast, TimesOfAnyUnit) {
  EXPECT_EQ(Text(Cast(Column(arrow::time32(TimeUnit::MILLI), "[86399999]"), "time")),
            "86399999000");
  EXPECT_EQ(Text(Cast(Column(arrow::time64(TimeUnit::NANO), "[1999]"), "time")), "1");
}

TEST(LeafCast, DecimalsInBytesOfAnyWidth) {
  const auto bytes = [](const std::vector<std::string>& values) {
    arrow::BinaryBuilder builder;
    EXPECT_TRUE(builder.AppendValues(values).ok());
    EXPECT_TRUE(builder.AppendNull().ok());
    return builder.Finish().ValueOrDie();
  };
  const LeafForm form{.kind = Form::kDecimalBytes, .precision = 9, .scale = 2};
  EXPECT_EQ(Text(Cast(bytes({"\x7f", std::string("\xff\x80", 2), std::string("\0\0\x80", 3),
                             std::string(19, '\xff') + "\x01"}),
                      "decimal(9, 2)", form)),
            "1.27 -1.28 1.28 -2.55 null");
  EXPECT_EQ(Text(Cast(bytes({std::string("\x01") + std::string(4, '\0')}), "decimal(18, 2)", form)),
            "42949672.96 null");
  const std::string misfit =
      "CorruptData: f, column 'c': a stored decimal does not fit decimal128(9, 2)";
  EXPECT_EQ(Text(Cast(bytes({std::string("\x3b\x9a\xca\0", 4)}), "decimal(9, 2)", form)), misfit);
  EXPECT_EQ(Text(Cast(bytes({"\x01" + std::string(16, '\0')}), "decimal(9, 2)", form)), misfit);
  // Cut to 16 bytes this one would change its sign.
  EXPECT_EQ(
      Text(Cast(bytes({std::string(1, '\0') + std::string(16, '\xff')}), "decimal(9, 2)", form)),
      misfit);
  EXPECT_EQ(Text(Cast(bytes({""}), "decimal(9, 2)", form)), misfit);
  EXPECT_EQ(Text(Cast(bytes({"a"}), "decimal(9, 3)", form)),
            "CorruptData: f, column 'c': the file has decimal(9, 2) where the table has "
            "decimal(9, 3)");
  EXPECT_FALSE(Cast(bytes({"a"}), "string", form).ok());
}

TEST(LeafCast, BytesWithAndWithoutAnnotations) {
  const ArrayPtr bytes = Column(arrow::binary(), R"(["abc", null])");
  EXPECT_EQ(Text(Cast(bytes, "string")), "abc null");
  EXPECT_EQ(Text(Cast(Column(arrow::utf8(), R"(["abc"])"), "binary")), "abc");
  EXPECT_EQ(Text(Cast(bytes, "fixed[3]")), "abc null");
  EXPECT_EQ(Text(Cast(Column(arrow::fixed_size_binary(3), R"(["abc"])"), "binary")), "abc");
  arrow::BinaryBuilder builder;
  ASSERT_TRUE(builder.Append("\xff").ok());
  const std::string not_text = Text(Cast(builder.Finish().ValueOrDie(), "string"));
  EXPECT_TRUE(not_text.starts_with("CorruptData: f, column 'c': ")) << not_text;
  EXPECT_TRUE(Text(Cast(bytes, "fixed[2]")).starts_with("CorruptData: f, column 'c': "));
  EXPECT_FALSE(Cast(Column(arrow::fixed_size_binary(3), R"(["abc"])"), "fixed[4]").ok());
}

TEST(LeafCast, UuidsOfSixteenBytes) {
  const ArrayPtr stored = Column(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])");
  const Result<ArrayPtr> cast = Cast(stored, "uuid");
  ASSERT_TRUE(cast.ok()) << cast.error();
  EXPECT_TRUE((*cast)->type()->Equals(arrow::extension::uuid()));
  EXPECT_EQ(Text(cast), "0123456789abcdef");
  EXPECT_FALSE(Cast(Column(arrow::fixed_size_binary(15), R"(["0123456789abcde"])"), "uuid").ok());
}

}  // namespace
}  // namespace icefield
