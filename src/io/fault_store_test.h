/// A store that fails where a test says, for tests of what is left behind.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/object_store.h"

namespace icefield {

/// Which call of a store fails, and how.
struct Fault {
  int64_t call = -1;   ///< Counted from 0 over all calls of the store and its files; -1: none.
  bool after = false;  ///< The call does its work first, then says that it failed.
  bool dies = false;   ///< Every later call fails too, without doing anything.
  ErrorCode code = ErrorCode::kUnavailable;
};

/// Another store, borrowed, with one fault. Destructors of its files work as they are: a process
/// that dies for good would leave more behind.
class FaultStore final : public ObjectStore {
 public:
  FaultStore(const ObjectStore& below, Fault fault) : below_(below), fault_(fault) {}

  /// Calls so far.
  int64_t calls() const { return calls_; }
  /// Whether the fault came.
  bool fired() const { return fault_.call >= 0 && calls_ > fault_.call; }

  Result<std::unique_ptr<InputFile>> Open(std::string_view location) const override {
    return Run<std::unique_ptr<InputFile>>("open", location, [&] {
      Result<std::unique_ptr<InputFile>> file = below_.Open(location);
      if (!file.ok()) return file;
      return Result<std::unique_ptr<InputFile>>(std::make_unique<Input>(*this, *std::move(file)));
    });
  }

  Result<std::vector<std::string>> List(std::string_view location) const override {
    return Run<std::vector<std::string>>("list", location, [&] { return below_.List(location); });
  }

  Result<std::unique_ptr<OutputFile>> Create(std::string_view location) const override {
    return Run<std::unique_ptr<OutputFile>>("create", location, [&] {
      Result<std::unique_ptr<OutputFile>> file = below_.Create(location);
      if (!file.ok()) return file;
      return Result<std::unique_ptr<OutputFile>>(std::make_unique<Output>(*this, *std::move(file)));
    });
  }

  Status Replace(std::string_view location, std::string_view bytes) const override {
    return Run<void>("replace", location, [&] { return below_.Replace(location, bytes); });
  }

  Status Delete(std::string_view location) const override {
    return Run<void>("delete", location, [&] { return below_.Delete(location); });
  }

  std::string Resolve(std::string_view location) const override { return below_.Resolve(location); }

 private:
  class Input final : public InputFile {
   public:
    Input(const FaultStore& store, std::unique_ptr<InputFile> file)
        : store_(store), file_(std::move(file)) {}
    const std::string& location() const override { return file_->location(); }
    int64_t size_bytes() const override { return file_->size_bytes(); }
    Status ReadAt(int64_t offset, std::span<std::byte> out) const override {
      return store_.Run<void>("read", location(), [&] { return file_->ReadAt(offset, out); });
    }

   private:
    const FaultStore& store_;
    std::unique_ptr<InputFile> file_;
  };

  class Output final : public OutputFile {
   public:
    Output(const FaultStore& store, std::unique_ptr<OutputFile> file)
        : store_(store), file_(std::move(file)) {}
    const std::string& location() const override { return file_->location(); }
    int64_t size_bytes() const override { return file_->size_bytes(); }
    Status Write(std::string_view bytes) override {
      return store_.Run<void>("write", location(), [&] { return file_->Write(bytes); });
    }
    Status Close() override {
      return store_.Run<void>("close", location(), [&] { return file_->Close(); });
    }

   private:
    const FaultStore& store_;
    std::unique_ptr<OutputFile> file_;
  };

  template <typename T, typename Work>
  Result<T> Run(std::string_view what, std::string_view location, Work work) const {
    const int64_t call = calls_++;
    const bool dead = fault_.dies && fault_.call >= 0 && call > fault_.call;
    if (call != fault_.call && !dead) return work();
    if (fault_.after && !dead) {
      const Result<T> done = work();
      if (!done.ok()) return done.error();
    }
    return Fail(fault_.code, "a fault was asked for: ", what, " ", location);
  }

  const ObjectStore& below_;
  const Fault fault_;
  mutable std::atomic<int64_t> calls_ = 0;
};

}  // namespace icefield
