#include "catalog/metadata_folder.h"

#include <gtest/gtest.h>

#include "io/local_store.h"
#include "io/temporary_folder_test.h"

namespace icefield {
namespace {

// The start of a metadata file's name as catalogs give it.
std::string Numbered(const std::string& number) {
  return number + "-0f51a24f-e99a-4ae0-adf7-bfd23db56a88";
}

TEST(MetadataNumberTest, KnowsEveryForm) {
  EXPECT_EQ(MetadataNumber("v7.metadata.json"), 7);
  EXPECT_EQ(MetadataNumber("v12.gz.metadata.json"), 12);
  EXPECT_EQ(MetadataNumber("v12.metadata.json.gz"), 12);
  EXPECT_EQ(MetadataNumber(Numbered("00000") + ".metadata.json"), 0);
  EXPECT_EQ(MetadataNumber(Numbered("100000") + ".gz.metadata.json"), 100000);
}

TEST(MetadataNumberTest, RefusesOtherNames) {
  for (const std::string& name :
       {std::string("v.metadata.json"), std::string("v-1.metadata.json"), std::string("v1.json"),
        std::string("v1x.metadata.json"), std::string("7.metadata.json"),
        std::string("00001-short.metadata.json"), std::string("version-hint.text"),
        std::string("v99999999999999999999.metadata.json"),
        // A temporary name that is a UUID whose first letters happen to be digits.
        std::string("12345678-1234-1234-1234-123456789012.metadata.json")}) {
    EXPECT_EQ(MetadataNumber(name), std::nullopt) << name;
  }
}

class MetadataFolderTest : public testing::Test {
 protected:
  void Add(const std::string& name, const std::string& content = "") const {
    folder_.Write("metadata/" + name, content);
  }

  // The name of the newest file, or the error with the folder's path cut out.
  std::string Newest() const {
    const Result<std::string> newest = NewestMetadata(*store_, folder_.path());
    std::string text = newest.ok() ? *newest : newest.error().ToString();
    for (size_t at; (at = text.find(folder_.path())) != std::string::npos;) {
      text.erase(at, folder_.path().size());
    }
    return text;
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<ObjectStore> store_ = MakeLocalStore();
};

TEST_F(MetadataFolderTest, TakesTheHighestNumber) {
  Add("v9.metadata.json");
  Add("v10.metadata.json");
  Add("v2.gz.metadata.json");
  Add("snap-1.avro");
  EXPECT_EQ(Newest(), "/metadata/v10.metadata.json");
  Add(Numbered("00011") + ".metadata.json");
  EXPECT_EQ(Newest(), Numbered("/metadata/00011") + ".metadata.json");
}

TEST_F(MetadataFolderTest, RefusesTwoNewest) {
  Add(Numbered("00003") + ".metadata.json");
  Add("v3.metadata.json");
  Add("v2.metadata.json");
  EXPECT_EQ(Newest(),
            "CorruptData: /metadata has more than one newest metadata file: " + Numbered("00003") +
                ".metadata.json, v3.metadata.json; open the table through its catalog,"
                " or by the location of the right file");
}

TEST_F(MetadataFolderTest, AHintMayBeBehindButNotAhead) {
  Add("v3.metadata.json");
  Add("v4.metadata.json");
  Add("version-hint.text", "3\n");
  EXPECT_EQ(Newest(), "/metadata/v4.metadata.json");
  Add("version-hint.text", "5");
  EXPECT_EQ(Newest(),
            "CorruptData: /metadata/version-hint.text says version 5, but the newest metadata"
            " file there is v4.metadata.json");
  Add("version-hint.text", "");
  EXPECT_EQ(Newest(), "/metadata/v4.metadata.json");
}

TEST_F(MetadataFolderTest, AHintMayNameTheFile) {
  const std::string other = "-ffffffff-e99a-4ae0-adf7-bfd23db56a88";
  Add(Numbered("00003") + ".metadata.json");
  Add("00003" + other + ".metadata.json");
  Add("version-hint.text", "00003" + other);
  EXPECT_EQ(Newest(), "/metadata/00003" + other + ".metadata.json");
  Add("version-hint.text", Numbered("00003") + ".metadata.json\n");
  EXPECT_EQ(Newest(), Numbered("/metadata/00003") + ".metadata.json");
  Add("version-hint.text", "../../elsewhere");
  EXPECT_EQ(Newest(),
            "CorruptData: /metadata/version-hint.text names '../../elsewhere', which is not in"
            " that folder");
}

TEST_F(MetadataFolderTest, SaysWhatIsNoTable) {
  EXPECT_EQ(Newest(),
            "NotFound: no table at : it has no folder metadata/; give the folder of a table or"
            " the location of its metadata.json");
  Add("snap-1.avro");
  EXPECT_EQ(Newest(),
            "NotFound: no table at /metadata: no file there is named like v1.metadata.json or"
            " 00000-<uuid>.metadata.json");
  EXPECT_FALSE(*IsTableFolder(*store_, folder_.path()));
  Add("v1.metadata.json");
  EXPECT_TRUE(*IsTableFolder(*store_, folder_.path()));
}

}  // namespace
}  // namespace icefield
