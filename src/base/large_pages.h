/// Memory for large tables that are read at random places: in pages so large that a processor finds
/// them all.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

namespace icefield {

/// An allocator that asks the system to back large blocks by large pages. Where it has none the
/// memory is as any other.
template <typename T>
class LargePageAllocator {
 public:
  using value_type = T;

  LargePageAllocator() = default;
  template <typename Other>
  explicit LargePageAllocator(const LargePageAllocator<Other>& /*other*/) {}

  T* allocate(size_t count) {
    if (!IsLarge(count)) return Small().allocate(count);
    if (count > (SIZE_MAX - kPage) / sizeof(T)) throw std::bad_array_new_length();
    const size_t bytes = (count * sizeof(T) + kPage - 1) / kPage * kPage;
    void* block = std::aligned_alloc(kPage, bytes);
    if (block == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    madvise(block, bytes, MADV_HUGEPAGE);  // A wish: that it is refused changes nothing.
#endif
    return static_cast<T*>(block);
  }

  void deallocate(T* block, size_t count) {
    if (!IsLarge(count)) return Small().deallocate(block, count);
    std::free(block);
  }

  bool operator==(const LargePageAllocator&) const { return true; }

 private:
  using Small = std::allocator<T>;
  static constexpr size_t kPage = size_t{2} << 20;
  static bool IsLarge(size_t count) { return count >= kPage / sizeof(T); }
};

/// A vector in such memory.
template <typename T>
using LargeVector = std::vector<T, LargePageAllocator<T>>;

}  // namespace icefield
