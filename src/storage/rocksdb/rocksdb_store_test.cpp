// SPDX-License-Identifier: Apache-2.0
// What is RocksDB's own: the directory and its lock, death at any moment, damage, full disks,
// backup. What every engine promises stands in storage/store_contract_test.cpp.
#include "storage/rocksdb/rocksdb_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "storage/testing_support.h"

namespace freshet::rocks {
namespace {

using storage::ApplyOutcome;
using storage::Change;
using storage::CommitGroup;
using storage::LogRecord;
using storage::Position;
using storage::Space;
using storage::SpaceKind;
using storage::Store;

constexpr Space kSpace{SpaceKind::Documents, 1};

ApplyOutcome write(Store& store, std::uint32_t number, std::size_t bytes = 100) {
  CommitGroup group;
  group.sequence = store.last_sequence() + 1;
  group.position = Position(number, 1);
  group.changes.push_back(
      {Change::Kind::Put, kSpace, std::to_string(number), std::string(bytes, 'v')});
  group.log.push_back(
      std::make_shared<LogRecord>(LogRecord{group.position, std::string(bytes, 'e')}));
  return store.apply(group);
}

class RocksdbStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open(RocksdbOptions options = {.disk_reserve_bytes = 0}) {
    return open_rocksdb(path_, std::move(options), log_.logger);
  }

  static RocksdbOptions expecting(std::uint64_t sequence) {
    return {.disk_reserve_bytes = 0,
            .check_recovered = [sequence](const storage::Snapshot& recovered) {
              if (recovered.sequence() < sequence) raise(ErrorCode::OperationFailed, "too short");
            }};
  }

  // The file of the write-ahead log that has something in it.
  std::string wal() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) return entry.path().string();
    }
    return {};
  }

  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::ifstream file(entry.path(), std::ios::binary);
      all[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return all;
  }

  static void flip(const std::string& name, std::uintmax_t at) {
    std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 4));
  }

  // Runs `body` in a process of its own; its exit status, or minus the signal that ended it.
  template <typename Body>
  static int in_child(const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

  storage::QuietLog log_;
  storage::TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/db";
};

TEST_F(RocksdbStoreTest, ADirectoryInUseIsSaid) {
  const auto store = open();
  try {
    open();
    FAIL() << "opened twice";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("in use by another process"), std::string::npos);
    EXPECT_NE(error.message().find(std::to_string(::getpid())), std::string::npos);
  }
  EXPECT_EQ(in_child([this] {
              try {
                open();
              } catch (const Error&) {
                return 7;
              }
              return 0;
            }),
            7);
}

TEST_F(RocksdbStoreTest, AnImpossibleDirectoryIsSaid) {
  std::ofstream(directory_.path() + "/file") << "x";
  path_ = directory_.path() + "/file";
  EXPECT_THROW(open(), Error);
  path_ = "/proc/freshet-no-such-directory";
  EXPECT_THROW(open(), Error);
}

TEST_F(RocksdbStoreTest, WhatWasAppliedSurvivesKill) {
  open();  // created before the fork
  EXPECT_EQ(in_child([this] {
              const auto store = open();
              for (std::uint32_t i = 1; i <= 300; ++i) {
                if (write(*store, i) != ApplyOutcome::Applied) return 1;
              }
              ::raise(SIGKILL);
              return 0;
            }),
            -SIGKILL);
  const auto store = open(expecting(300));
  EXPECT_EQ(store->last_sequence(), 300U);
  EXPECT_EQ(store->last_position(), Position(300, 1));
  const auto snapshot = store->snapshot();
  const auto cursor = store->read_log(Position{});
  for (std::uint32_t i = 1; i <= 300; ++i) {
    ASSERT_TRUE(snapshot->get(kSpace, std::to_string(i)));
    ASSERT_EQ(cursor->next()->position, Position(i, 1));
  }
  EXPECT_FALSE(cursor->next());
}

TEST_F(RocksdbStoreTest, AFlippedBitAnywhereInTheLogIsRefusedAndNothingIsChanged) {
  {
    const auto store = open();
    for (std::uint32_t i = 1; i <= 50; ++i)
      ASSERT_EQ(write(*store, i), ApplyOutcome::Applied);
    ASSERT_EQ(store->sync(), storage::SyncOutcome::Durable);
  }
  const std::string name = wal();
  ASSERT_FALSE(name.empty());
  const std::uintmax_t size = std::filesystem::file_size(name);
  for (std::uintmax_t at = 0; at < size; at += size / 23) {
    flip(name, at);
    const auto before = files();
    EXPECT_THROW(open(expecting(50)), Error) << "byte " << at;
    EXPECT_THROW(open(expecting(50)), Error) << "byte " << at << ", second try";
    auto after = files();
    EXPECT_EQ(after[std::filesystem::path(name).filename()],
              before.at(std::filesystem::path(name).filename()));
    flip(name, at);
  }
  EXPECT_EQ(open(expecting(50))->last_sequence(), 50U);
}

TEST_F(RocksdbStoreTest, ATornTailLeavesWholeGroupsBeforeIt) {
  {
    const auto store = open();
    for (std::uint32_t i = 1; i <= 20; ++i)
      ASSERT_EQ(write(*store, i), ApplyOutcome::Applied);
  }
  const std::string name = wal();
  std::filesystem::resize_file(name, std::filesystem::file_size(name) - 30);
  const auto store = open(expecting(19));
  EXPECT_EQ(store->last_sequence(), 19U);
  EXPECT_EQ(store->last_position(), Position(19, 1));
  EXPECT_EQ(store->snapshot()->get(kSpace, "20"), std::nullopt);
  EXPECT_EQ(write(*store, 21), ApplyOutcome::Applied);
}

TEST_F(RocksdbStoreTest, DamagedFilesAreSaidWhenRead) {
  {
    const auto store =
        open({.write_buffer_bytes_max = std::size_t{256} << 10, .disk_reserve_bytes = 0});
    for (std::uint32_t i = 1; i <= 60; ++i) {
      ASSERT_EQ(write(*store, i, 20'000), ApplyOutcome::Applied);
    }
  }
  open();  // recovery writes what is left of the log into files
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().extension() == ".sst") flip(entry.path(), 40);
  }
  bool said = false;
  try {
    const auto store = open();
    const auto snapshot = store->snapshot();
    for (std::uint32_t i = 1; i <= 60; ++i) {
      static_cast<void>(snapshot->get(kSpace, std::to_string(i)));
    }
  } catch (const Error& error) {
    said = error.message().find("damaged") != std::string::npos;
  }
  EXPECT_TRUE(said);
}

TEST_F(RocksdbStoreTest, ALowDiskRefusesWritesAndReadsGoOn) {
  {
    const auto store = open();
    ASSERT_EQ(write(*store, 1), ApplyOutcome::Applied);
  }
  const auto store = open({.disk_reserve_bytes = std::uint64_t{1} << 60});
  EXPECT_EQ(write(*store, 2), ApplyOutcome::NoSpace);
  EXPECT_EQ(write(*store, 2), ApplyOutcome::NoSpace);
  EXPECT_TRUE(store->snapshot()->get(kSpace, "1"));
  EXPECT_EQ(store->last_sequence(), 1U);
}

TEST_F(RocksdbStoreTest, AFailedWriteOfTheLogIsFinalAndTakesNothingBack) {
  open();
  const int applied = in_child([this] {
    const auto store = open();
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::uint32_t i = 1;
    while (write(*store, i, 2'000) == ApplyOutcome::Applied)
      ++i;
    if (write(*store, i) != ApplyOutcome::Failed) return 0;
    if (store->sync() != storage::SyncOutcome::Failed) return 0;
    if (!store->snapshot()->get(kSpace, "1")) return 0;
    ::_exit(static_cast<int>(i - 1));
  });
  ASSERT_GT(applied, 10);
  const auto store = open();
  EXPECT_EQ(store->last_sequence(), static_cast<std::uint64_t>(applied));
  EXPECT_EQ(write(*store, 1'000), ApplyOutcome::Applied);
}

TEST_F(RocksdbStoreTest, ABackupIsAStoreOfItsOwn) {
  const auto store = open();
  for (std::uint32_t i = 1; i <= 30; ++i)
    ASSERT_EQ(write(*store, i), ApplyOutcome::Applied);
  const std::string target = directory_.path() + "/backup";
  store->backup(target);
  ASSERT_EQ(write(*store, 31), ApplyOutcome::Applied);
  EXPECT_THROW(store->backup(target), Error);
  const auto copy = open_rocksdb(target, {.disk_reserve_bytes = 0}, log_.logger);
  EXPECT_EQ(copy->last_sequence(), 30U);
  EXPECT_EQ(copy->last_position(), Position(30, 1));
  EXPECT_TRUE(copy->snapshot()->get(kSpace, "30"));
  EXPECT_EQ(write(*copy, 40), ApplyOutcome::Applied);
}

TEST_F(RocksdbStoreTest, TheFrontOfALargeLogGoesFromTheDisk) {
  const auto store =
      open({.write_buffer_bytes_max = std::size_t{256} << 10, .disk_reserve_bytes = 0});
  for (std::uint32_t i = 1; i <= 400; ++i) {
    CommitGroup group;
    group.sequence = store->last_sequence() + 1;
    group.position = Position(i, 1);
    SeededRandom random(i);
    group.log.push_back(
        std::make_shared<LogRecord>(LogRecord{group.position, random.bytes(10'000)}));
    ASSERT_EQ(store->apply(group), ApplyOutcome::Applied);
  }
  const std::uint64_t before = store->log_bytes();
  EXPECT_GT(before, 3'000'000U);
  store->truncate_log_before(Position(390, 1));
  EXPECT_LT(store->log_bytes(), before / 3);
  EXPECT_EQ(store->first_log_position(), Position(390, 1));
  EXPECT_EQ(store->read_log(Position{})->next()->position, Position(390, 1));
}

}  // namespace
}  // namespace freshet::rocks
