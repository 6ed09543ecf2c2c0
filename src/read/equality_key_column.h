/// One column of equality-delete keys: read from a batch, and kept. Both give equal hashes to equal
/// values.
#pragma once

#include <arrow/array.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefield {

/// How the values of a key column lie in memory. All but the last two are words: at most 64 bits.
enum class KeyForm : uint8_t { kNull, kBoolean, kInt32, kInt64, kFloat, kDouble, kFixed, kBytes };

/// The form of a scalar type of the type table; Unsupported for any other type.
Result<KeyForm> KeyFormOf(const arrow::DataType& type);

/// The values of a batch's column. Borrows the column.
class KeyColumnView {
 public:
  /// `form` is that of the column's type.
  KeyColumnView(const arrow::Array& column, KeyForm form);

  KeyForm form() const { return form_; }

  bool IsNull(int64_t row) const {
    return validity_ != nullptr ? !BitAt(validity_, offset_ + row) : form_ == KeyForm::kNull;
  }

  /// A value of a word form: integers sign-extended, floats and doubles by their bits, with one
  /// NaN. Undefined for null.
  uint64_t Word(int64_t row) const;

  /// A value of a form that is none. Undefined for null, but readable.
  std::string_view Bytes(int64_t row) const;

  /// Takes the rows from `first` on into the hashes of their keys.
  void AddHashes(int64_t first, std::span<uint64_t> hashes) const;

 private:
  static bool BitAt(const uint8_t* bits, int64_t at) {
    return (bits[at >> 3] >> (at & 7) & 1) != 0;
  }

  template <typename HashAt>
  void AddEach(int64_t first, std::span<uint64_t> hashes, const HashAt& hash_at) const;

  KeyForm form_;
  const uint8_t* validity_ = nullptr;  ///< Null where no value is null.
  int64_t offset_ = 0;                 ///< Of the bits, in validity and booleans.
  const uint8_t* values_ = nullptr;    ///< Of the first row, but for booleans.
  const int32_t* ends_ = nullptr;      ///< kBytes: starts and ends in `values_`.
  int64_t width_ = 0;                  ///< kFixed
};

/// Values of a key column by the order in which they were appended.
class KeptKeyColumn {
 public:
  /// `width`: the bytes of a value of kFixed.
  KeptKeyColumn(KeyForm form, int64_t width) : form_(form), width_(static_cast<size_t>(width)) {}

  KeyForm form() const { return form_; }

  void Append(const KeyColumnView& view, int64_t row);

  /// Null equals null and nothing else.
  bool Equals(uint32_t at, const KeyColumnView& view, int64_t row) const;

  /// Takes the value into the hash of its key, as KeyColumnView::AddHashes does.
  uint64_t AddHash(uint32_t at, uint64_t hash) const;

 private:
  std::string_view BytesAt(uint32_t at) const;

  KeyForm form_;
  size_t width_;
  std::vector<bool> null_;
  std::vector<uint64_t> words_;  ///< Word forms.
  std::string bytes_;            ///< The others.
  std::vector<uint64_t> ends_;   ///< kBytes
};

}  // namespace icefield
