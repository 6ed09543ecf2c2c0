#include "read/scan_stream.h"

#include <arrow/memory_pool.h>
#include <arrow/util/byte_size.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/executor.h"
#include "base/progress.h"
#include "base/strings.h"
#include "read/live_rows.h"
#include "read/row_filter_plan.h"

namespace icefield {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

// Batches that a row group may be ahead of the reader.
constexpr size_t kBatchesAhead = 4;

// Bytes that all row groups together may be ahead of the reader.
constexpr int64_t kBytesAhead = int64_t{12} << 20;

// Bytes that the decoders of all row groups in work may keep; one may always run.
constexpr int64_t kDecoderBytesMax = int64_t{160} << 20;

// What one row group has given so far.
struct GroupQueue {
  std::vector<BatchPtr> batches;  // At most kBatchesAhead.
  std::optional<Error> error;
  bool finished = false;
  int64_t decoder_bytes = 0;  // That reading it keeps; 0: not yet known.
};

// Row groups are decoded by several threads, each into its own queue; the reader empties the queues
// in order. Only row groups within a window behind the reader's are started, so that memory stays
// bounded.
class OrderedScan final : public BatchStream {
 public:
  OrderedScan(ScanStreamRequest request, std::shared_ptr<arrow::Schema> schema)
      : request_(std::move(request)),
        schema_(std::move(schema)),
        read_{request_.plan.schema, request_.columns},
        filter_(RowFilterPlan::Make(request_.plan.predicate, read_)),
        left_(request_.limit.value_or(INT64_MAX)) {}

  ~OrderedScan() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }

  Status Open() {
    ICEFIELD_ASSIGN(files_, OpenFiles(*request_.store, request_.plan, request_.options));
    live_ = std::make_unique<LiveRows>(files_, read_, request_.options);
    if (request_.options.bytes_max || request_.options.progress != nullptr)
      ICEFIELD_TRY(MeasureBytes());
    queues_.resize(files_.row_groups.size());
    window_ = static_cast<size_t>(ThreadCount(request_.options.threads)) + 1;
    return {};
  }

  bool started() const { return !threads_.empty(); }
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }

  Result<BatchPtr> Next() override {
    if (left_ == 0) return BatchPtr();
    if (threads_.empty()) ICEFIELD_TRY(Start());
    std::unique_lock lock(mutex_);
    while (current_ < queues_.size()) {
      GroupQueue& queue = queues_[current_];
      while (queue.batches.empty() && !queue.finished) {
        changed_.wait_for(lock, std::chrono::milliseconds(100));
        lock.unlock();
        ICEFIELD_TRY(CheckInterrupted(request_.options, /*worker=*/0));
        lock.lock();
      }
      if (!queue.batches.empty()) {
        BatchPtr batch = std::move(queue.batches.front());
        queue.batches.erase(queue.batches.begin());
        changed_.notify_all();
        queued_bytes_ -= arrow::util::TotalBufferSize(*batch);
        batch = batch->Slice(0, std::min(left_, batch->num_rows()));
        left_ -= batch->num_rows();
        CountGiven(batch->num_rows());
        return batch;
      }
      if (queue.error) return *std::move(queue.error);
      CountGroupEnd();
      ++current_;
      changed_.notify_all();
    }
    return BatchPtr();
  }

 private:
  void CountGiven(int64_t rows) {
    if (!pass_) return;
    pass_->AddRows(rows);
    group_rows_given_ += rows;
  }

  // Rows that were deleted, or did not pass the filter, count when their row group ends.
  void CountGroupEnd() {
    if (!pass_) return;
    const int64_t given = std::exchange(group_rows_given_, 0);
    pass_->AddRows(files_.RowsOf(files_.row_groups[current_]) - given);
  }

  // What is to be read, for the limit and for who looks at the progress.
  Status MeasureBytes() {
    int64_t bytes = 0;
    ICEFIELD_ASSIGN(const std::vector<ColumnPlan> columns,
                    PlanColumnsOfFiles(files_, read_, request_.options));
    for (const RowGroupTask& task : files_.row_groups)
      bytes += files_.files[task.file].BytesOf(task.row_group, columns[task.file].leaves());
    if (Progress* const progress = request_.options.progress) {
      progress->Enter(StrCat("reading ", request_.plan.table_name));
      progress->Expect(bytes);
      pass_.emplace(progress, bytes, files_.rows());
    }
    return CheckPlannedBytes(request_.options, bytes + request_.plan.DeleteBytes(),
                             StrCat("the scan of table ", request_.plan.table_name),
                             "select fewer columns or rows");
  }

  // At least one thread must start; fewer than asked do the same work.
  Status Start() {
    const size_t count = std::min(static_cast<size_t>(ThreadCount(request_.options.threads)),
                                  std::max<size_t>(queues_.size(), 1));
    try {
      for (size_t thread = 0; thread < count; ++thread) {
        threads_.emplace_back([this] { Work(); });
      }
    } catch (const std::system_error& failure) {
      if (threads_.empty()) {
        return Fail(ErrorCode::kResourceExhausted, "no thread could be started: ", failure.what());
      }
    }
    return {};
  }

  void Work() {
    while (std::optional<size_t> group = Claim()) {
      Status status = Caught([&] { return Decode(*group); });
      // Decoders of many columns leave more behind than an allocator should keep.
      if (ColumnThreads(*group) > 1) arrow::default_memory_pool()->ReleaseUnused();
      const std::lock_guard lock(mutex_);
      decoder_bytes_ -= queues_[*group].decoder_bytes;
      if (!status.ok()) queues_[*group].error = std::move(status).error();
      queues_[*group].finished = true;
      changed_.notify_all();
    }
  }

  std::optional<size_t> Claim() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      if (stopping_ || claimed_ >= queues_.size()) return true;
      return claimed_ < current_ + window_ && FitsBeside(claimed_);
    });
    if (stopping_ || claimed_ >= queues_.size()) return std::nullopt;
    decoder_bytes_ += queues_[claimed_].decoder_bytes;
    return claimed_++;
  }

  // With the mutex held.
  bool FitsBeside(size_t group) {
    int64_t& bytes = queues_[group].decoder_bytes;
    // An error shows again when the row group is read.
    if (bytes == 0) bytes = live_->DecoderBytesOf(group).value_or(1);
    return decoder_bytes_ == 0 || decoder_bytes_ + bytes <= kDecoderBytesMax;
  }

  // Of wide rows one row group is in work at a time: then its columns share the threads.
  int ColumnThreads(size_t group) const {
    const bool alone = 2 * queues_[group].decoder_bytes > kDecoderBytesMax;
    return alone ? ThreadCount(request_.options.threads) : 1;
  }

  Status Decode(size_t group) {
    ICEFIELD_ASSIGN(std::unique_ptr<LiveBatchStream> stream,
                    live_->Read(group, ColumnThreads(group)));
    while (true) {
      ICEFIELD_ASSIGN(LiveBatch live, stream->Next());
      if (live.rows == nullptr) return {};
      ICEFIELD_TRY(filter_.Apply(live));
      if (live.rows->num_rows() == 0) continue;
      if (!Push(group,
                arrow::RecordBatch::Make(schema_, live.rows->num_rows(), live.rows->columns())))
        return {};
    }
  }

  // False when the reader has gone.
  bool Push(size_t group, BatchPtr batch) {
    const int64_t bytes = arrow::util::TotalBufferSize(*batch);
    std::unique_lock lock(mutex_);
    const std::vector<BatchPtr>& queue = queues_[group].batches;
    changed_.wait(lock, [&] {
      // What the reader waits for is always taken: it could never make room otherwise.
      if (stopping_ || (group == current_ && queue.empty())) return true;
      return queue.size() < kBatchesAhead && queued_bytes_ + bytes <= kBytesAhead;
    });
    if (stopping_) return false;
    queued_bytes_ += bytes;
    queues_[group].batches.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }

  ScanStreamRequest request_;
  std::shared_ptr<arrow::Schema> schema_;
  ReadSchema read_;
  RowFilterPlan filter_;
  OpenScan files_;
  std::unique_ptr<LiveRows> live_;
  int64_t left_;
  size_t window_ = 1;
  std::optional<PassProgress> pass_;  // Where somebody looks.
  int64_t group_rows_given_ = 0;      // Of the row group that is given.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<GroupQueue> queues_;
  size_t current_ = 0;
  size_t claimed_ = 0;
  int64_t queued_bytes_ = 0;
  int64_t decoder_bytes_ = 0;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

// A scan whose process may fork. A child has neither the threads nor a lock that it could trust: it
// leaves what it inherited alone.
class ForkedSafely final : public BatchStream {
 public:
  explicit ForkedSafely(std::unique_ptr<OrderedScan> scan) : scan_(std::move(scan)) {}
  ForkedSafely(const ForkedSafely&) = delete;
  ForkedSafely& operator=(const ForkedSafely&) = delete;
  ~ForkedSafely() override {
    if (!IsInherited()) return;
    const OrderedScan* const left_alone = scan_.release();
    static_cast<void>(left_alone);
  }

  const std::shared_ptr<arrow::Schema>& schema() const override { return scan_->schema(); }

  Result<BatchPtr> Next() override {
    if (IsInherited()) {
      return InvalidArgument(
          "a reader that was read from before fork cannot be read in the child; scan the table "
          "again "
          "there");
    }
    process_ = ::getpid();
    return scan_->Next();
  }

 private:
  bool IsInherited() const { return scan_->started() && process_ != ::getpid(); }

  std::unique_ptr<OrderedScan> scan_;
  pid_t process_ = 0;  // That started the threads.
};

}  // namespace

Result<std::unique_ptr<BatchStream>> OpenScanStream(ScanStreamRequest request) {
  ICEFIELD_TRY(CheckReadOptions(request.options));
  if (request.limit && *request.limit < 0)
    return InvalidArgument("limit is ", *request.limit, "; give 0 or more");
  ICEFIELD_ASSIGN(std::shared_ptr<arrow::Schema> schema,
                  OutputSchema({.schema = request.plan.schema, .columns = request.columns}));
  auto scan = std::make_unique<OrderedScan>(std::move(request), std::move(schema));
  ICEFIELD_TRY(scan->Open());
  return std::unique_ptr<BatchStream>(std::make_unique<ForkedSafely>(std::move(scan)));
}

}  // namespace icefield
