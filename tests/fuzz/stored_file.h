#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_input.h"

namespace coupon::fuzz {

/// What lies in a data folder when nobody has it open.
struct StoredFile {
    std::string database;  ///< coupon.db
    std::string log;       ///< coupon.db-wal; empty = there is none
    bool sound = true;     ///< nothing was damaged yet: it must be taken
};

/// Stores to damage, made once in `folder`: one that was closed, one whose process was killed (half
/// of its rows are in the log), one each that breaks a promise with rows whose checksums fit, and
/// one each whose values could be but were not written.
std::vector<StoredFile> MakeStores(const std::filesystem::path& folder);

/// Does to the file what the input says: bytes changed, pages and blocks copied over others, ends
/// cut off.
void Damage(StoredFile& file, FuzzInput& input);

/// Makes it the only content of the data folder.
void Put(const StoredFile& file, const std::filesystem::path& folder);

}  // namespace coupon::fuzz
