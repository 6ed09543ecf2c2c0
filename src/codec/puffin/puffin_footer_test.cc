#include "codec/puffin/puffin_footer.h"

#include <arrow/util/compression.h>

#include "codec/puffin/puffin_bytes_test.h"
#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

constexpr const char* kTwoBlobs =
    R"({"blobs": [{"type": "b", "fields": [1], "snapshot-id": -1, "sequence-number": -1,
                   "offset": 6, "length": 3, "compression-codec": "zstd"},
                  {"type": "a", "fields": [], "snapshot-id": 5, "sequence-number": 7,
                   "offset": 4, "length": 2, "properties": {"x": "y"}}],
        "properties": {"created-by": "a test"}})";

Result<PuffinFooter> Read(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::unique_ptr<ObjectStore> store = MakeLocalStore();
  ICEFIELD_ASSIGN(const std::unique_ptr<InputFile> file, store->Open(folder.Write("f", bytes)));
  Result<PuffinFooter> footer = ReadPuffinFooter(*file);
  if (!footer.ok()) {
    EXPECT_NE(footer.error().message.find(file->location()), std::string::npos) << footer.error();
  }
  return footer;
}

void ExpectError(const std::string& bytes, ErrorCode code, std::string_view piece) {
  const auto footer = Read(bytes);
  ASSERT_FALSE(footer.ok()) << piece;
  EXPECT_EQ(footer.error().code, code) << footer.error();
  EXPECT_NE(footer.error().message.find(piece), std::string::npos) << footer.error();
}

std::string Compressed(std::string_view text) {
  const auto codec = *arrow::util::Codec::Create(arrow::Compression::LZ4_FRAME);
  const auto* in = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(size, in)), '\0');
  const int64_t written = *codec->Compress(size, in, static_cast<int64_t>(out.size()),
                                           reinterpret_cast<uint8_t*>(out.data()));
  return out.substr(0, static_cast<size_t>(written));
}

void ExpectTwoBlobs(const Result<PuffinFooter>& footer) {
  ASSERT_TRUE(footer.ok()) << footer.error();
  const PuffinBlob a{.type = "a", .offset = 4, .length = 2, .properties = {{"x", "y"}}};
  const PuffinBlob b{.type = "b", .offset = 6, .length = 3, .compression_codec = "zstd"};
  EXPECT_EQ(footer->blobs, (std::vector<PuffinBlob>{a, b}));
  ASSERT_NE(footer->FindAt(6, 3), nullptr);
  EXPECT_EQ(*footer->FindAt(6, 3), b);
  EXPECT_EQ(footer->FindAt(5, 3), nullptr);
  EXPECT_EQ(footer->FindAt(6, 2), nullptr);
  EXPECT_EQ(footer->FindAt(6, 4), nullptr);
}

TEST(PuffinFooter, SaysWhichBlobsLieWhere) { ExpectTwoBlobs(Read(PuffinFile("aabbb", kTwoBlobs))); }

TEST(PuffinFooter, MayBeCompressed) {
  ExpectTwoBlobs(Read(PuffinFile("aabbb", Compressed(kTwoBlobs), /*flags=*/1)));
  const std::string cut = Compressed(kTwoBlobs).substr(0, 60);
  ExpectError(PuffinFile("aabbb", cut, 1), ErrorCode::kCorruptData, "compressed footer");
  ExpectError(PuffinFile("aabbb", Compressed(kTwoBlobs) + "x", 1), ErrorCode::kCorruptData,
              "1 bytes follow");
  ExpectError(PuffinFile("aabbb", kTwoBlobs, 1), ErrorCode::kCorruptData, "compressed footer");
  // Sixty-five megabytes of spaces.
  ExpectError(PuffinFile("", Compressed(std::string(size_t{65} << 20, ' ')), 1),
              ErrorCode::kResourceExhausted, "more than");
}

TEST(PuffinFooter, RefusesWhatItDoesNotKnow) {
  ExpectError(PuffinFile("", kTwoBlobs, 2), ErrorCode::kUnsupported, "unknown flags 2");
  ExpectError(PuffinFile("", kTwoBlobs, 1 << 8), ErrorCode::kUnsupported, "unknown flags 256");
}

TEST(PuffinFooter, RefusesBlobsOutsideTheFile) {
  ExpectError(PuffinFile("aabb", kTwoBlobs), ErrorCode::kCorruptData,
              "blobs[0] claims 3 bytes from 6 on");
  for (const char* place : {R"("offset": 3, "length": 1)", R"("offset": -1, "length": 1)",
                            R"("offset": 4, "length": -1)", R"("offset": 4, "length": 4)",
                            R"("offset": 4, "length": 9223372036854775807)",
                            R"("offset": 9223372036854775807, "length": 1)"}) {
    const std::string text = StrCat(R"({"blobs": [{"type": "t", )", place, "}]}");
    ExpectError(PuffinFile("abc", text), ErrorCode::kCorruptData, "blobs[0] claims");
  }
}

TEST(PuffinFooter, RefusesTextThatIsNoFooter) {
  ExpectError(PuffinFile("", "{"), ErrorCode::kCorruptData, "");
  ExpectError(PuffinFile("", "{}"), ErrorCode::kCorruptData, "blobs");
  ExpectError(PuffinFile("", R"({"blobs": [{"type": "t", "offset": 4}]})"), ErrorCode::kCorruptData,
              "length");
}

TEST(PuffinFooter, RefusesFilesThatAreCutOrMarkedOtherwise) {
  const std::string file = PuffinFile("aabbb", kTwoBlobs);
  for (size_t size = 0; size < file.size(); size += 9) {
    ExpectError(file.substr(0, size), ErrorCode::kCorruptData, "Puffin");
  }
  for (size_t at : {size_t{0}, size_t{9}, file.size() - 1, file.size() - 9, file.size() - 12}) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x80);
    ExpectError(changed, ErrorCode::kCorruptData, "Puffin");
  }
}

}  // namespace
}  // namespace icefield
