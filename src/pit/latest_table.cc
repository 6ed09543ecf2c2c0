#include "pit/latest_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <utility>

#include "pit/coarse_time.h"
#include "pit/key_blocks.h"
#include "pit/key_words.h"
#include "pit/latest_part.h"

namespace icefield {
namespace {

// Keys are spread by hash: threads rarely meet, and one part's keys stay near the processor.
constexpr size_t kParts = 64;

// By bits that neither the dictionaries nor their filters begin with.
size_t PartOf(uint64_t hash) { return (hash >> 40) % kParts; }

// Memory for the long keys of a batch.
using LongKeys = std::pmr::monotonic_buffer_resource;

// How keys of one word are read and kept.
struct WordKeys {
  using Dictionary = NewestDictionary;
  using Kept = uint64_t;

  explicit WordKeys(const arrow::ArrayVector& columns) : blocks(*columns.front()) {}
  static uint64_t HashOf(uint64_t key) { return WordDictionary::Hash(key); }
  static uint64_t Keep(uint64_t key, LongKeys& /*long_keys*/) { return key; }

  WordBlocks blocks;
};

// One key for all rows.
struct OneKey {
  using Dictionary = WordDictionary;
  using Kept = uint64_t;

  explicit OneKey(const arrow::ArrayVector& /*columns*/) {}
  static uint64_t HashOf(uint64_t key) { return WordDictionary::Hash(key); }
  static uint64_t Keep(uint64_t key, LongKeys& /*long_keys*/) { return key; }

  struct Blocks {
    void Read(int64_t /*start*/, size_t rows_read) { rows = static_cast<uint32_t>(rows_read); }
    size_t units() const { return 1; }
    uint32_t first_row(size_t unit) const { return unit == 0 ? 0 : rows; }
    bool has_key(size_t /*unit*/) const { return true; }
    uint64_t HashOf(size_t /*unit*/) const { return WordDictionary::Hash(0); }
    uint64_t KeyOf(size_t /*unit*/) const { return 0; }
    uint32_t rows = 0;
  };
  Blocks blocks;
};

// Other keys, as records.
struct RecordKeys {
  using Dictionary = RecordDictionary;
  using Kept = KeyRecord;

  explicit RecordKeys(const arrow::ArrayVector& columns) : blocks(columns, long_records) {}
  static uint64_t HashOf(const KeyRecord& key) { return key.Hash(); }
  static KeyRecord Keep(const KeyRecord& key, LongKeys& long_keys) {
    if (!key.is_long()) return key;
    auto* const bytes = static_cast<char*>(long_keys.allocate(key.bytes.size(), 1));
    std::memcpy(bytes, key.bytes.data(), key.bytes.size());
    return {{}, {bytes, key.bytes.size()}};
  }

  std::vector<char> long_records;
  RecordBlocks blocks;
};

// So many rows are looked up together: what they need is brought near before it is looked at.
constexpr size_t kAhead = 64;

// Rows of a batch that may be the best of their keys, by the parts of these: a few for each part.
template <typename Key>
struct Chosen {
  struct Row {
    Key key;
    int64_t event_time;
    uint32_t row;
  };
  struct Part {
    size_t count = 0;
    std::array<Row, 2 * kAhead> rows;
  };
  std::vector<Part> parts = std::vector<Part>(kParts);
  LongKeys long_keys;
  int64_t keyless = 0;
};

// Of neighbouring rows of one key those of the greatest event time, to `take`.
template <typename Take>
void ForEachNewest(const ObservedRows& rows, std::span<const uint8_t> left_out, uint32_t first,
                   uint32_t end, const Take& take) {
  const auto is_taken = [&](uint32_t row) { return left_out.empty() || left_out[row] == 0; };
  if (end - first == 1) {
    if (is_taken(first)) take(first);
    return;
  }
  std::optional<int64_t> newest;
  for (uint32_t row = first; row < end; ++row) {
    if (is_taken(row) && (!newest || rows.event_times[row] > *newest))
      newest = rows.event_times[row];
  }
  for (uint32_t row = first; newest && row < end; ++row) {
    if (is_taken(row) && rows.event_times[row] == *newest) take(row);
  }
}

template <typename Keys>
class TypedLatestTable final : public LatestTable {
 public:
  using Dictionary = typename Keys::Dictionary;
  using Part = LatestPart<Dictionary>;

  explicit TypedLatestTable(const Options& options)
      : options_(options),
        packing_(options.files),
        coarse_times_(options.first_time, options.last_time),
        end_part_(kParts),
        chosen_(static_cast<size_t>(options.threads)) {
    for (size_t part = 0; part < kParts; ++part)
      parts_.push_back(std::make_unique<Part>(packing_, options.ties_max > 0));
  }

  Status Observe(const arrow::ArrayVector& keys, const ObservedRows& rows,
                 std::span<const uint8_t> left_out, int thread) override {
    const size_t count = rows.event_times.size();
    if (count == 0) return {};
    // Positions grow within a batch.
    ICEFIELD_TRY(packing_.Check({rows.file, rows.PositionOf(count - 1)}));
    Chosen<typename Keys::Kept>& chosen = chosen_[static_cast<size_t>(thread)];
    Keys own(keys);
    for (size_t start = 0; start < count;) start = Choose(own, rows, left_out, start, chosen);
    // Threads begin at different parts.
    const size_t shift = static_cast<size_t>(thread) * kParts / chosen_.size();
    for (size_t at = 0; at < kParts; ++at) Flush((at + shift) % kParts, rows, chosen);
    chosen.long_keys.release();
    return too_many_ties_ ? TooManyTies() : Status();
  }

  bool too_many_ties() const override { return too_many_ties_; }
  size_t end_part() const override { return end_part_; }
  size_t parts() const override { return kParts; }

  int64_t keyless() const override {
    int64_t rows = 0;
    for (const auto& chosen : chosen_) rows += chosen.keyless;
    return options_.first_part == 0 ? rows : 0;
  }

  int64_t bytes() const override {
    int64_t bytes = 0;
    for (const std::unique_ptr<Part>& part : parts_) bytes += part->bytes;
    return bytes;
  }

  void Shed(int64_t bytes_max) override {
    const std::lock_guard alone(shedding_);
    while (bytes() > bytes_max && end_part_ > options_.first_part + 1) {
      const size_t end = end_part_;
      const size_t kept = options_.first_part + (end - options_.first_part) / 2;
      end_part_ = kept;
      for (size_t number = kept; number < end; ++number) {
        Part& part = *parts_[number];
        const std::lock_guard lock(part.mutex);
        ties_ -= part.best.ties().size();
        part.dictionary = Dictionary();
        part.best = BestRows(packing_, options_.ties_max > 0);
        part.bytes = 0;
      }
    }
  }

  size_t CountContenders() override {
    starts_ = {0};
    tied_.clear();
    for (size_t number = 0; number < kParts; ++number) {
      BestRows& best = parts_[number]->best;
      starts_.push_back(starts_.back() + best.size());
      best.DropStaleTies();
      for (const Tie& tie : best.ties())
        tied_.push_back({tie.event_time, tie.row, tie.slot * kParts + number});
    }
    return first_tied() + tied_.size();
  }

  size_t first_tied() const override { return starts_.back(); }

  void GetContenders(size_t first, std::span<uint64_t> rows) const override {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), first);
    auto part = static_cast<size_t>(after - starts_.begin()) - 1;
    for (size_t at = 0; at < rows.size(); ++at) {
      const size_t number = first + at;
      while (part < kParts && number >= starts_[part + 1]) ++part;
      rows[at] = part < kParts
                     ? parts_[part]->best.RowOf(static_cast<uint32_t>(number - starts_[part]))
                     : tied_[number - first_tied()].row;
    }
  }

  Status Settle(const FoundRows& found, const Workers& workers) override {
    ICEFIELD_TRY(ParallelFor(kParts, workers, [&](size_t part, int) -> Status {
      const size_t keys = starts_[part + 1] - starts_[part];
      parts_[part]->best.Name(found, found.numbers.subspan(starts_[part], keys));
      return {};
    }));
    const auto order_of = [&](size_t at) {
      return OrderOfTie(tied_[at], found.numbers[first_tied() + at], found);
    };
    DecideTies(tied_, order_of, [&](uint64_t slot, const Candidate& best) {
      parts_[slot % kParts]->best.Put(static_cast<uint32_t>(slot / kParts), best);
    });
    tied_ = {};
    return {};
  }

  Winners TakeWinners(std::span<const RowLocator> rows) override {
    constexpr uint32_t kNoPlace = UINT32_MAX;
    std::vector<uint32_t> places(rows.size(), kNoPlace);
    for (const std::unique_ptr<Part>& part : parts_)
      part->best.ForEach(
          [&](uint32_t /*key*/, const Candidate& best) { places[NumberOf(best)] = 0; });
    Winners winners;
    for (size_t number = 0; number < rows.size(); ++number) {
      if (places[number] == kNoPlace) continue;
      places[number] = static_cast<uint32_t>(winners.locators.size());
      winners.locators.push_back(rows[number]);
    }
    for (std::unique_ptr<Part>& part : parts_) {
      TakePart(*part, places, winners);
      part.reset();
    }
    return winners;
  }

 private:
  Status TooManyTies() const {
    return Fail(ErrorCode::kResourceExhausted, "more than ", options_.ties_max,
                " rows of one key and event time");
  }

  static size_t NumberOf(const Candidate& best) {
    return static_cast<size_t>(best.order.locator.position);
  }

  // Puts what is known of a part's best rows into their places.
  static void TakePart(const Part& part, std::span<const uint32_t> places, Winners& winners) {
    std::vector<uint64_t> words;
    if constexpr (std::is_same_v<Keys, WordKeys>) {
      words = part.dictionary.Words();
      winners.words.resize(winners.locators.size());
    }
    winners.event_times.resize(winners.locators.size());
    if (part.best.has_created_times()) winners.created_times.resize(winners.locators.size());
    part.best.ForEach([&](uint32_t key, const Candidate& best) {
      const uint32_t place = places[NumberOf(best)];
      winners.event_times[place] = best.order.event_time;
      if (part.best.has_created_times()) winners.created_times[place] = best.order.created_time;
      if (!words.empty()) winners.words[place] = words[key];
      winners.full_ties += best.tied ? 1 : 0;
    });
  }

  // Chooses among the rows from `start` on, at most of one block of keys. Returns where it ends.
  size_t Choose(Keys& keys, const ObservedRows& rows, std::span<const uint8_t> left_out,
                size_t start, Chosen<typename Keys::Kept>& chosen) {
    const size_t count = std::min(kKeyBlock, rows.event_times.size() - start);
    keys.blocks.Read(static_cast<int64_t>(start), count);
    const auto base = static_cast<uint32_t>(start);
    for (size_t unit = 0; unit < keys.blocks.units(); ++unit) {
      const uint32_t first = base + keys.blocks.first_row(unit);
      const uint32_t end = base + keys.blocks.first_row(unit + 1);
      if (!keys.blocks.has_key(unit)) {
        for (uint32_t row = first; row < end; ++row)
          chosen.keyless += left_out.empty() || left_out[row] == 0 ? 1 : 0;
        continue;
      }
      const size_t number = PartOf(keys.blocks.HashOf(unit));
      auto& part = chosen.parts[number];
      ForEachNewest(rows, left_out, first, end, [&](uint32_t row) {
        part.rows[part.count++] = {Keys::Keep(keys.blocks.KeyOf(unit), chosen.long_keys),
                                   rows.event_times[row], row};
        if (part.count == part.rows.size()) Flush(number, rows, chosen);
      });
    }
    return start + count;
  }

  // Takes the chosen rows of one part in, and forgets them.
  void Flush(size_t number, const ObservedRows& rows, Chosen<typename Keys::Kept>& chosen) {
    auto& of_part = chosen.parts[number];
    const std::span taken(of_part.rows.data(), std::exchange(of_part.count, 0));
    if (taken.empty() || number < options_.first_part) return;
    Part& part = *parts_[number];
    const std::lock_guard lock(part.mutex);
    if (number >= end_part_) return;  // It was let go of.
    for (size_t first = 0; first < taken.size(); first += kAhead)
      ObserveSome(part, rows, taken.subspan(first, std::min(kAhead, taken.size() - first)));
    LookThroughTies(part);
    part.CountBytes();
  }

  // The id of a row's key; kNoId for a row that is surely older than the best one of its key.
  template <typename Row>
  uint32_t Insert(Dictionary& dictionary, const Row& row, uint64_t hash) const {
    if constexpr (std::is_same_v<Dictionary, NewestDictionary>) {
      return dictionary.InsertNewest(row.key, hash, coarse_times_.Of(row.event_time));
    } else {
      return dictionary.Insert(row.key, hash);
    }
  }

  void ObserveSome(Part& part, const ObservedRows& rows,
                   std::span<const typename Chosen<typename Keys::Kept>::Row> chosen) {
    std::array<uint64_t, kAhead> hashes;
    std::array<uint32_t, kAhead> ids;
    std::array<uint32_t, kAhead> newer;  // Places of the rows that may be better than the best.
    for (size_t at = 0; at < chosen.size(); ++at) {
      hashes[at] = Keys::HashOf(chosen[at].key);
      part.dictionary.Prefetch(hashes[at]);
    }
    size_t count = 0;
    for (size_t at = 0; at < chosen.size(); ++at) {
      const uint32_t id = Insert(part.dictionary, chosen[at], hashes[at]);
      ids[count] = id;
      newer[count] = static_cast<uint32_t>(at);
      count += id != kNoId ? 1 : 0;
      if (id != kNoId) part.best.Prefetch(id);
    }
    const size_t ties_before = part.best.ties().size();
    for (size_t at = 0; at < count; ++at) {
      const auto& row = chosen[newer[at]];
      part.best.Observe(ids[at], row.event_time, rows, row.row);
    }
    ties_ += part.best.ties().size() - ties_before;
  }

  // Drops stale ties whenever their number has doubled, so that it stays small where better rows
  // come later, and gives up where there are too many.
  void LookThroughTies(Part& part) {
    const size_t before = part.best.ties().size();
    if (before <= part.ties_looked_through_at && ties_ <= options_.ties_max) return;
    part.best.DropStaleTies();
    const size_t left = part.best.ties().size();
    ties_ -= before - left;
    part.ties_looked_through_at = std::max<size_t>(1024, 2 * left);
    if (ties_ > options_.ties_max) too_many_ties_ = true;
  }

  const Options options_;
  const RowPacking packing_;
  const CoarseTimes coarse_times_;
  std::atomic<size_t> end_part_;
  std::mutex shedding_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<Chosen<typename Keys::Kept>> chosen_;  ///< By thread.
  std::atomic<size_t> ties_{0};                      ///< Of all parts.
  std::atomic<bool> too_many_ties_{false};
  // From CountContenders to Settle.
  std::vector<size_t> starts_{0};  // Contenders of each part; one more at the end.
  std::vector<Tie> tied_;
};

}  // namespace

Result<std::unique_ptr<LatestTable>> LatestTable::Make(
    const std::vector<std::shared_ptr<arrow::DataType>>& key_types, const Options& options) {
  for (const std::shared_ptr<arrow::DataType>& type : key_types) {
    if (!IsKeyType(*type))
      return Unsupported("a column of type ", type->ToString(), " cannot be a join key");
  }
  std::unique_ptr<LatestTable> table;
  if (key_types.empty()) {
    table = std::make_unique<TypedLatestTable<OneKey>>(options);
  } else if (key_types.size() == 1 && IsWordKey(*key_types.front())) {
    table = std::make_unique<TypedLatestTable<WordKeys>>(options);
  } else {
    table = std::make_unique<TypedLatestTable<RecordKeys>>(options);
  }
  return table;
}

}  // namespace icefield
