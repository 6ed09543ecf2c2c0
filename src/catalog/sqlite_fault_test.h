/// Faults of the disk below SQLite, for tests of commits.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdint>
#include <cstring>

#include "io/fault_store_test.h"

namespace icefield {

/// While it lives, SQLite's calls to the system that change files or sync them are counted, and one
/// fails: before or after it was done, once or with all that follow (a dead disk, or a process that
/// died). Not for several threads. One at a time.
class SqliteFaults {
 public:
  explicit SqliteFaults(Fault fault) {
    fault_ = fault;
    calls_ = 0;
    below_ = sqlite3_vfs_find(nullptr);
    vfs_ = *below_;
    vfs_.zName = "icefield-faults";
    vfs_.szOsFile = below_->szOsFile + static_cast<int>(sizeof(File));
    vfs_.xOpen = &Open;
    vfs_.xDelete = &Delete;
    EXPECT_EQ(sqlite3_vfs_register(&vfs_, 1), SQLITE_OK);
  }
  ~SqliteFaults() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(below_, 1);
  }
  SqliteFaults(const SqliteFaults&) = delete;
  SqliteFaults& operator=(const SqliteFaults&) = delete;

  static int64_t calls() { return calls_; }
  static bool fired() { return fault_.call >= 0 && calls_ > fault_.call; }

 private:
  // The real file lies behind it in memory.
  struct File {
    sqlite3_file base;
  };
  static sqlite3_file* Real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
  }

  template <typename Work>
  static int Run(int code, Work work) {
    const int64_t call = calls_++;
    const bool dead = fault_.dies && fault_.call >= 0 && call > fault_.call;
    if (call != fault_.call && !dead) return work();
    if (fault_.after && !dead) (void)work();
    return code;
  }

  static int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    const auto open = [&] { return below_->xOpen(below_, name, Real(file), flags, out); };
    const bool makes = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;
    std::memset(file, 0, sizeof(File));
    const int code = makes ? Run(SQLITE_CANTOPEN, open) : open();
    if (code != SQLITE_OK) {
      if (Real(file)->pMethods != nullptr && makes) Real(file)->pMethods->xClose(Real(file));
      return code;
    }
    static const sqlite3_io_methods methods = Methods();
    file->pMethods = &methods;
    return SQLITE_OK;
  }

  static int Delete(sqlite3_vfs*, const char* name, int sync) {
    return Run(SQLITE_IOERR_DELETE, [&] { return below_->xDelete(below_, name, sync); });
  }

  static sqlite3_io_methods Methods() {
    sqlite3_io_methods m{};
    m.iVersion = 1;  // Without shared memory: rollback journals alone.
    m.xClose = [](sqlite3_file* f) { return Real(f)->pMethods->xClose(Real(f)); };
    m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
      return Real(f)->pMethods->xRead(Real(f), to, n, at);
    };
    m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
      return Run(SQLITE_IOERR_WRITE,
                 [&] { return Real(f)->pMethods->xWrite(Real(f), from, n, at); });
    };
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      return Run(SQLITE_IOERR_TRUNCATE,
                 [&] { return Real(f)->pMethods->xTruncate(Real(f), size); });
    };
    m.xSync = [](sqlite3_file* f, int flags) {
      return Run(SQLITE_IOERR_FSYNC, [&] { return Real(f)->pMethods->xSync(Real(f), flags); });
    };
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return Real(f)->pMethods->xFileSize(Real(f), size);
    };
    m.xLock = [](sqlite3_file* f, int kind) {
      return Run(SQLITE_IOERR_LOCK, [&] { return Real(f)->pMethods->xLock(Real(f), kind); });
    };
    m.xUnlock = [](sqlite3_file* f, int kind) { return Real(f)->pMethods->xUnlock(Real(f), kind); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return Real(f)->pMethods->xCheckReservedLock(Real(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* argument) {
      return Real(f)->pMethods->xFileControl(Real(f), op, argument);
    };
    m.xSectorSize = [](sqlite3_file* f) { return Real(f)->pMethods->xSectorSize(Real(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) {
      return Real(f)->pMethods->xDeviceCharacteristics(Real(f));
    };
    return m;
  }

  static inline Fault fault_;
  static inline int64_t calls_ = 0;
  static inline sqlite3_vfs* below_ = nullptr;
  static inline sqlite3_vfs vfs_{};
};

}  // namespace icefield
