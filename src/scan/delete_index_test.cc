#include "scan/delete_index.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace icefield {
namespace {

constexpr FieldId kDeletedPath{2147483546};
using Tuple = PartitionValues;

const Tuple kPartOne{{int32_t{1}}};
const Tuple kPartTwo{{int32_t{2}}};
const Tuple kPartNull{{std::nullopt}};

// 0: identity(part); 1: no fields; 2: void fields only; 3: bucket(part); 4: an unknown transform.
std::vector<PartitionSpec> Specs() {
  const auto spec = [](int32_t id, TransformKind kind) {
    return PartitionSpec{{id}, {{{2}, {1000}, "part", {kind}}}};
  };
  return {spec(0, TransformKind::kIdentity),
          {{1}, {}},
          spec(2, TransformKind::kVoid),
          spec(3, TransformKind::kBucket),
          spec(4, TransformKind::kUnknown)};
}

struct Place {
  int64_t sequence_number = 5;
  int32_t spec_id = 0;
  Tuple partition = kPartOne;
};

FileTask Data(const std::string& path, Place place = {}) {
  FileTask task{.spec_id = {place.spec_id}, .data_sequence_number = {place.sequence_number}};
  task.file.path = path;
  task.file.partition = place.partition;
  return task;
}

DeleteFile Deletes(FileContent content, const std::string& path, Place place) {
  DeleteFile deletes{.spec_id = {place.spec_id}, .data_sequence_number = {place.sequence_number}};
  deletes.file.content = content;
  deletes.file.path = path;
  deletes.file.format = "PARQUET";
  deletes.file.partition = place.partition;
  return deletes;
}

DeleteFile Positions(const std::string& path, Place place = {}) {
  return Deletes(FileContent::kPositionDeletes, path, std::move(place));
}

DeleteFile PositionsIn(const std::string& path, const std::string& lower, const std::string& upper,
                       Place place = {}) {
  DeleteFile deletes = Positions(path, std::move(place));
  deletes.file.lower_bounds[kDeletedPath] = lower;
  deletes.file.upper_bounds[kDeletedPath] = upper;
  return deletes;
}

DeleteFile PositionsOf(const std::string& path, const std::string& data, Place place = {}) {
  DeleteFile deletes = Positions(path, std::move(place));
  deletes.file.referenced_data_file = data;
  return deletes;
}

DeleteFile Equality(const std::string& path, Place place = {}) {
  DeleteFile deletes = Deletes(FileContent::kEqualityDeletes, path, std::move(place));
  deletes.file.equality_ids = {{1}};
  return deletes;
}

DeleteFile Vector(const std::string& path, const std::string& data, Place place = {},
                  int64_t offset = 4) {
  DeleteFile deletes = PositionsOf(path, data, std::move(place));
  deletes.file.format = "PUFFIN";
  deletes.file.content_offset = offset;
  deletes.file.content_size_bytes = 40;
  return deletes;
}

// The paths of the deletes that apply, in the order of the index; or the error.
std::vector<std::string> Applied(std::vector<DeleteFile> deletes, const FileTask& data) {
  const Result<DeleteIndex> index = DeleteIndex::Make(std::move(deletes), Specs());
  if (!index.ok()) return {index.error().ToString()};
  std::vector<uint32_t> found;
  const Status status = index->Find(data, found);
  if (!status.ok()) return {status.error().ToString()};
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  std::vector<std::string> paths;
  for (const uint32_t at : found) paths.push_back(index->files()[at].file.path);
  return paths;
}

using Paths = std::vector<std::string>;

// iceberg-traps 1.
TEST(DeleteIndexTest, EqualityReachesOlderDataPositionsAlsoThatOfTheirOwnCommit) {
  const std::vector<DeleteFile> deletes{Equality("e4", {4}),
                                        Equality("e5", {5}),
                                        Equality("e6", {6}),
                                        Positions("p4", {4}),
                                        Positions("p5", {5}),
                                        Positions("p6", {6}),
                                        PositionsOf("r4", "a", {4}),
                                        PositionsOf("r5", "a", {5}),
                                        PositionsIn("b4", "a", "b", {4}),
                                        PositionsIn("b5", "a", "b", {5})};
  EXPECT_EQ(Applied(deletes, Data("a", {5})), (Paths{"b5", "p5", "r5", "e6", "p6"}));
  EXPECT_EQ(Applied(deletes, Data("a", {6})), Paths{"p6"});
  EXPECT_EQ(Applied(deletes, Data("a", {7})), Paths{});
  EXPECT_EQ(Applied(deletes, Data("a", {0})),
            (Paths{"b4", "e4", "p4", "r4", "b5", "e5", "p5", "r5", "e6", "p6"}));
  EXPECT_EQ(Applied({Vector("v", "a", {5})}, Data("a", {5})), Paths{"v"});
}

// iceberg-traps 2 and 3.
TEST(DeleteIndexTest, DeletesApplyInTheirOwnPartitionOfTheirOwnSpec) {
  const std::vector<DeleteFile> deletes{
      Equality("e-one", {9, 0, kPartOne}),    Equality("e-two", {9, 0, kPartTwo}),
      Equality("e-null", {9, 0, kPartNull}),  Equality("e-bucket", {9, 3, kPartOne}),
      Positions("p-one", {9, 0, kPartOne}),   Positions("p-null", {9, 0, kPartNull}),
      Positions("p-bucket", {9, 3, kPartOne})};
  EXPECT_EQ(Applied(deletes, Data("a", {5, 0, kPartOne})), (Paths{"e-one", "p-one"}));
  EXPECT_EQ(Applied(deletes, Data("a", {5, 0, kPartTwo})), Paths{"e-two"});
  EXPECT_EQ(Applied(deletes, Data("a", {5, 0, kPartNull})), (Paths{"e-null", "p-null"}));
  EXPECT_EQ(Applied(deletes, Data("a", {5, 3, kPartOne})), (Paths{"e-bucket", "p-bucket"}));
  EXPECT_EQ(Applied(deletes, Data("a", {5, 3, kPartTwo})), Paths{});
}

TEST(DeleteIndexTest, NanIsAPartitionLikeAnyOther) {
  const auto place = [](int64_t sequence_number, Value value) {
    return Place{sequence_number, 0, {{std::move(value)}}};
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<DeleteFile> deletes{
      Equality("e-nan", place(9, nan)), Equality("e-one", place(9, 1.0)),
      Positions("p-nan", place(9, -nan)), PositionsOf("p-of-a", "a", place(9, nan))};
  EXPECT_EQ(Applied(deletes, Data("b", place(5, nan))), (Paths{"e-nan", "p-nan"}));
  EXPECT_EQ(Applied(deletes, Data("b", place(5, 1.0))), Paths{"e-one"});
  EXPECT_EQ(Applied(deletes, Data("b", place(5, 2.0))), Paths{});
  EXPECT_EQ(Applied(deletes, Data("a", place(5, nan))), (Paths{"e-nan", "p-nan", "p-of-a"}));
}

TEST(DeleteIndexTest, EqualityDeletesWithoutPartitionsAreGlobal) {
  const std::vector<DeleteFile> deletes{
      Equality("e-none", {9, 1, {}}), Equality("e-void", {9, 2, kPartNull}),
      Equality("e-unknown", {9, 4, kPartNull}), Positions("p-none", {9, 1, {}}),
      Positions("p-void", {9, 2, kPartNull})};
  EXPECT_EQ(Applied(deletes, Data("a", {5, 0, kPartOne})), (Paths{"e-none", "e-void"}));
  EXPECT_EQ(Applied(deletes, Data("a", {5, 1, {}})), (Paths{"e-none", "e-void", "p-none"}));
  EXPECT_EQ(Applied(deletes, Data("a", {5, 2, kPartNull})), (Paths{"e-none", "e-void", "p-void"}));
  // Unknown transforms partition: their values take part in equality.
  EXPECT_EQ(Applied(deletes, Data("a", {5, 4, kPartNull})),
            (Paths{"e-none", "e-unknown", "e-void"}));
  EXPECT_EQ(Applied(deletes, Data("a", {5, 4, kPartOne})), (Paths{"e-none", "e-void"}));
  EXPECT_EQ(Applied(deletes, Data("a", {9, 0, kPartOne})), Paths{});
}

TEST(DeleteIndexTest, PositionDeletesOfOneFileApplyToItAlone) {
  const std::vector<DeleteFile> deletes{PositionsOf("named", "s3://b/x"),
                                        PositionsIn("bounded", "s3://b/y", "s3://b/y"),
                                        Positions("any")};
  EXPECT_EQ(Applied(deletes, Data("s3://b/x")), (Paths{"any", "named"}));
  EXPECT_EQ(Applied(deletes, Data("s3://b/y")), (Paths{"any", "bounded"}));
  EXPECT_EQ(Applied(deletes, Data("s3://b/z")), Paths{"any"});
}

// Bounds may be shortened: the lower one down, the upper one up.
TEST(DeleteIndexTest, PathBoundsRuleOutOnlyWhatLiesOutside) {
  std::vector<DeleteFile> deletes{PositionsIn("wide", "f-1", "f-9"), PositionsIn("cut", "f-", "f."),
                                  PositionsIn("high", "f-5", "f-\xc3\xa9")};
  EXPECT_EQ(Applied(deletes, Data("f-1")), (Paths{"cut", "wide"}));
  EXPECT_EQ(Applied(deletes, Data("f-10")), (Paths{"cut", "wide"}));
  EXPECT_EQ(Applied(deletes, Data("f-0")), Paths{"cut"});
  EXPECT_EQ(Applied(deletes, Data("f-9")), (Paths{"cut", "high", "wide"}));
  EXPECT_EQ(Applied(deletes, Data("f-90")), (Paths{"cut", "high"}));
  EXPECT_EQ(Applied(deletes, Data("f-\xc3\xa8")), (Paths{"cut", "high"}));
  EXPECT_EQ(Applied(deletes, Data("g")), Paths{});
  // iceberg-traps 11: what is missing, or makes no sense, rules nothing out.
  deletes = {PositionsIn("no upper", "z", ""), PositionsIn("no lower", "", "a"),
             PositionsIn("other column", "z", "z")};
  deletes[0].file.upper_bounds.clear();
  deletes[1].file.lower_bounds.clear();
  deletes[2].file.lower_bounds = deletes[2].file.upper_bounds = {{FieldId{7}, "z"}};
  EXPECT_EQ(Applied(deletes, Data("f")), (Paths{"no lower", "no upper", "other column"}));
  EXPECT_EQ(Applied({PositionsIn("turned", "z", "a")}, Data("f")), Paths{"turned"});
}

TEST(DeleteIndexTest, ManyPathBoundsAgreeWithLookingAtEach) {
  std::mt19937 random(7);
  const auto text = [&random] { return std::to_string(random() % 1000); };
  std::vector<DeleteFile> deletes;
  for (int i = 0; i < 200; ++i) {
    std::string lower = text();
    std::string upper = random() % 3 == 0 ? lower + text() : text();
    if (upper <= lower) upper = lower + "0";
    deletes.push_back(PositionsIn("d" + std::to_string(i), lower, upper,
                                  {.sequence_number = static_cast<int64_t>(random() % 10)}));
  }
  for (int i = 0; i < 300; ++i) {
    const FileTask data = Data(text(), {.sequence_number = static_cast<int64_t>(random() % 10)});
    Paths expected;
    for (const DeleteFile& each : deletes) {
      if (each.file.lower_bounds.at(kDeletedPath) <= data.file.path &&
          each.file.upper_bounds.at(kDeletedPath) >= data.file.path &&
          each.data_sequence_number >= data.data_sequence_number)
        expected.push_back(each.file.path);
    }
    Paths found = Applied(deletes, data);
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, expected) << data.file.path;
  }
}

// iceberg-traps 7.
TEST(DeleteIndexTest, ADeletionVectorReplacesThePositionDeletesOfItsFile) {
  const std::vector<DeleteFile> deletes{
      Positions("p", {9}),          PositionsOf("r-a", "a", {8}),
      PositionsOf("r-b", "b", {8}), PositionsIn("bounds", "a", "b", {9}),
      Equality("e", {9}),           Vector("v", "a", {6}),
      Equality("g", {9, 1, {}})};
  EXPECT_EQ(Applied(deletes, Data("a")), (Paths{"v", "e", "g"}));
  EXPECT_EQ(Applied(deletes, Data("b")), (Paths{"r-b", "bounds", "e", "g", "p"}));
}

TEST(DeleteIndexTest, OneFileMayHoldManyVectors) {
  const std::vector<DeleteFile> deletes{Vector("v", "b", {}, 90), Vector("v", "a", {}, 4)};
  const Result<DeleteIndex> index = DeleteIndex::Make(deletes, Specs());
  ASSERT_TRUE(index.ok()) << index.error();
  EXPECT_EQ(index->files(), (std::vector<DeleteFile>{deletes[1], deletes[0]}));
  std::vector<uint32_t> found;
  ASSERT_TRUE(index->Find(Data("b"), found).ok());
  EXPECT_EQ(found, std::vector<uint32_t>{1});
}

TEST(DeleteIndexTest, RefusesWhatContradictsItself) {
  const auto error = [](std::vector<DeleteFile> deletes) {
    return Applied(std::move(deletes), Data("a")).front();
  };
  EXPECT_EQ(error({Vector("v1", "a"), Vector("v2", "a", {}, 77)}),
            "CorruptData: data file a has two deletion vectors: in v1 at byte 4 and in v2 at byte "
            "77");
  DeleteFile broken = Vector("v", "a");
  broken.file.referenced_data_file.reset();
  EXPECT_EQ(error({broken}), "CorruptData: the deletion vector in v does not name its data file");
  broken = Vector("v", "a");
  broken.file.content_offset.reset();
  EXPECT_EQ(error({broken}),
            "CorruptData: the deletion vector in v for a has no content_offset or no "
            "content_size_in_bytes");
  broken = Vector("v", "a");
  broken.file.content_size_bytes.reset();
  EXPECT_NE(error({broken}).find("content_size_in_bytes"), std::string::npos);
  broken = Vector("v", "a");
  broken.file.content = FileContent::kEqualityDeletes;
  EXPECT_EQ(error({broken}),
            "CorruptData: delete file v is of format PUFFIN, but no deletion vector");
  broken = Equality("e");
  broken.file.equality_ids.clear();
  EXPECT_EQ(error({broken}), "CorruptData: equality delete file e has no equality ids");
  EXPECT_EQ(error({Equality("e", {9, 7})}),
            "CorruptData: delete file e has partition spec 7, which the table does not define");
}

// As Iceberg's Java library does: the writer named the data file, so nothing but damage explains
// it.
TEST(DeleteIndexTest, RefusesDeletesThatNameAFileTheyCannotApplyTo) {
  EXPECT_EQ(Applied({Vector("v", "a", {4})}, Data("a", {5})).front(),
            "CorruptData: the deletion vector in v has the sequence number 4, which is below 5 of "
            "the data file a that it speaks of");
  EXPECT_EQ(Applied({Vector("v", "a", {5, 0, kPartTwo})}, Data("a")).front(),
            "CorruptData: the deletion vector in v is in another partition than the data file a "
            "that it speaks of");
  EXPECT_EQ(Applied({PositionsOf("p", "a", {5, 3})}, Data("a")).front(),
            "CorruptData: position delete file p is in another partition than the data file a that "
            "it speaks of");
  EXPECT_EQ(Applied({PositionsOf("p", "a", {4, 3})}, Data("a", {5})), Paths{});
}

}  // namespace
}  // namespace icefield
