#include "codec/parquet/page_header.h"

#include <gtest/gtest.h>
#include <parquet/exception.h>

#include <initializer_list>
#include <string>

namespace icefield {
namespace {

std::string Bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out.push_back(static_cast<char>(byte));
  return out;
}

// Parts of a header in Thrift's compact protocol. A field begins with the step from the number of
// the one before and its type; numbers are zigzag.
const std::string kTypeAndSizes = Bytes({0x15, 0, 0x15, 0xa0, 0x1f, 0x15, 0xd0, 0x0f});  // 1, 2, 3.
const std::string kChecksum = Bytes({0x15, 0xb3, 0x9b, 0xde, 0xc0, 0x06});               // 4.
const std::string kPage = Bytes({0x15, 0xc8, 0x01, 0x15, 0, 0x15, 6, 0x15, 6, 0});       // In 5.
const std::string kStop = Bytes({0});
constexpr uint32_t kChecksumValue = 0xcbf43926;

TEST(PageHeader, HasAChecksumOrNone) {
  EXPECT_EQ(ChecksumIn(kTypeAndSizes + kChecksum + Bytes({0x1c}) + kPage + kStop), kChecksumValue);
  EXPECT_EQ(ChecksumIn(kTypeAndSizes + Bytes({0x2c}) + kPage + kStop), std::nullopt);
  EXPECT_EQ(ChecksumIn(kStop), std::nullopt);
  const std::string zero = Bytes({0x15, 0});
  EXPECT_EQ(ChecksumIn(kTypeAndSizes + zero + kStop), 0U);
}

TEST(PageHeader, FieldsMayComeInAnyForm) {
  const std::string value = kChecksum.substr(1);
  // The number of the field in full; behind the page's own header.
  EXPECT_EQ(ChecksumIn(Bytes({0x05, 0x08}) + value + kStop), kChecksumValue);
  EXPECT_EQ(ChecksumIn(Bytes({0x5c}) + kPage + Bytes({0x05, 0x08}) + value + kStop),
            kChecksumValue);
  // Numbers of fields beyond 16 bits, and steps from the greatest one.
  EXPECT_EQ(ChecksumIn(Bytes({0x05, 0xfe, 0xff, 0x03, 2, 0x55}) + value + kStop), std::nullopt);
  EXPECT_EQ(ChecksumIn(Bytes({0x05, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2}) +
                       Bytes({0xf5, 2}) + kStop),
            std::nullopt);
  // A field 4 inside of another one, and one of another type, are none.
  EXPECT_EQ(ChecksumIn(Bytes({0x5c, 0x45}) + value + kStop + kStop), std::nullopt);
  EXPECT_EQ(ChecksumIn(Bytes({0x46}) + value + kStop), std::nullopt);
}

TEST(PageHeader, UnknownFieldsArePassed) {
  const std::string number = Bytes({0x05, 0x08}) + kChecksum.substr(1);
  for (const std::string& unknown : {
           Bytes({0x91}),
           Bytes({0x92}),
           Bytes({0x93, 7}),
           Bytes({0x94, 2}),                       // Booleans, numbers.
           Bytes({0x97, 1, 2, 3, 4, 5, 6, 7, 8}),  // A double.
           Bytes({0x98, 3, 'a', 'b', 'c'}),        // A text.
           Bytes({0x99, 0x35, 2, 4, 6}),
           Bytes({0x9a, 0x21, 1, 2}),  // A list, a set.
           Bytes({0x99, 0xf3, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5}),
           Bytes({0x9b, 0}),
           Bytes({0x9b, 1, 0x58, 2, 1, 'x'}),   // Maps.
           Bytes({0x9c, 0x1c, 0x15, 2, 0, 0}),  // Structs in one another.
       }) {
    EXPECT_EQ(ChecksumIn(unknown + number + kStop), kChecksumValue)
        << testing::PrintToString(unknown);
    EXPECT_EQ(ChecksumIn(number + unknown + kStop), kChecksumValue);
  }
}

TEST(PageHeader, BytesThatAreNoneAreRefused) {
  const std::string whole = kTypeAndSizes + kChecksum + Bytes({0x1c}) + kPage + kStop;
  for (size_t end = 0; end < whole.size(); ++end)
    EXPECT_THROW(ChecksumIn(whole.substr(0, end)), parquet::ParquetException) << end;
  EXPECT_THROW(ChecksumIn(Bytes({0x1d, 0}) + kStop), parquet::ParquetException);  // No such type.
  EXPECT_THROW(ChecksumIn(Bytes({0x18, 0xff, 0xff, 0xff, 0xff, 0x0f})), parquet::ParquetException);
  EXPECT_THROW(ChecksumIn(std::string(100, '\x1c')), parquet::ParquetException);  // Too deep.
  EXPECT_THROW(ChecksumIn(Bytes({0x15}) + std::string(11, '\x80') + kStop),
               parquet::ParquetException);  // A number of more than 64 bits.
}

}  // namespace
}  // namespace icefield
