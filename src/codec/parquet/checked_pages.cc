#include "codec/parquet/checked_pages.h"

#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>

#include <utility>

#include "codec/parquet/page_check.h"

namespace icefield {
namespace {

class CheckedPageReader final : public parquet::PageReader {
 public:
  CheckedPageReader(std::unique_ptr<parquet::PageReader> pages,
                    const parquet::ColumnDescriptor& column,
                    const parquet::ColumnChunkMetaData& chunk)
      : pages_(std::move(pages)), check_(column, chunk) {}

  std::shared_ptr<parquet::Page> NextPage() override {
    std::shared_ptr<parquet::Page> page = pages_->NextPage();
    if (page == nullptr) {
      check_.End();
    } else {
      check_.Take(*page);
    }
    return page;
  }

  void set_max_page_header_size(uint32_t size) override { pages_->set_max_page_header_size(size); }

 private:
  std::unique_ptr<parquet::PageReader> pages_;
  PageCheck check_;
};

class CheckedRowGroup final : public parquet::RowGroupReader::Contents {
 public:
  CheckedRowGroup(std::shared_ptr<parquet::RowGroupReader> row_group,
                  const parquet::ReaderProperties& properties)
      : row_group_(std::move(row_group)), properties_(properties) {}

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int column) override {
    return std::make_unique<CheckedPageReader>(row_group_->GetColumnPageReader(column),
                                               *metadata()->schema()->Column(column),
                                               *metadata()->ColumnChunk(column));
  }
  const parquet::RowGroupMetaData* metadata() const override { return row_group_->metadata(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

 private:
  std::shared_ptr<parquet::RowGroupReader> row_group_;
  parquet::ReaderProperties properties_;
};

class CheckedContents final : public parquet::ParquetFileReader::Contents {
 public:
  CheckedContents(std::unique_ptr<parquet::ParquetFileReader::Contents> contents,
                  parquet::ReaderProperties properties)
      : contents_(std::move(contents)), properties_(std::move(properties)) {}

  void Close() override { contents_->Close(); }
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int number) override {
    return std::make_shared<parquet::RowGroupReader>(
        std::make_unique<CheckedRowGroup>(contents_->GetRowGroup(number), properties_));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return contents_->metadata(); }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override {
    return contents_->GetPageIndexReader();
  }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    return contents_->GetBloomFilterReader();
  }

 private:
  std::unique_ptr<parquet::ParquetFileReader::Contents> contents_;
  parquet::ReaderProperties properties_;
};

}  // namespace

std::unique_ptr<parquet::ParquetFileReader> OpenChecked(
    std::shared_ptr<arrow::io::RandomAccessFile> source,
    const parquet::ReaderProperties& properties, std::shared_ptr<parquet::FileMetaData> metadata) {
  auto reader = std::make_unique<parquet::ParquetFileReader>();
  reader->Open(
      std::make_unique<CheckedContents>(parquet::ParquetFileReader::Contents::Open(
                                            std::move(source), properties, std::move(metadata)),
                                        properties));
  return reader;
}

}  // namespace icefield
