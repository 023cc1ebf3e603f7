#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace coupon::ledger {

/// What SQLite will make of a write-ahead log, and whether that is what was written.
///
/// At its start SQLite takes the frames up to the first that does not fit and forgets the rest in
/// silence. That is right for a torn tail, the remains of one commit that was never acknowledged;
/// after damage it would forget acknowledged commits. See docs/decisions/0004.
struct WalScan {
    enum class Verdict {
        kEmpty,     ///< no frame that was ever committed
        kIntact,    ///< every frame of this log fits
        kTornTail,  ///< what does not fit may be one commit that a crash cut off
        kDamaged,   ///< SQLite would forget something that was committed: `what` says why
        kHeaderDamaged,  ///< SQLite would take nothing: nothing is lost if the database has `pages`
        kForeign,  ///< another page size: not this program's, not judged
    };
    Verdict verdict = Verdict::kEmpty;
    std::uint64_t frames_valid = 0;  ///< from the log's start to the first that does not fit
    std::uint64_t frames_committed = 0;  ///< those of them that SQLite takes
    std::string what = {};
    /// kHeaderDamaged only: by page number, where in the log the newest committed content begins.
    std::map<std::uint32_t, std::size_t> pages = {};
};

inline constexpr std::size_t kWalPageBytes = 4096;  ///< of every store: OpenStore sets it

/// `log` is the whole content of a -wal file. Pure; any thread. Trusts the part of a frame's header
/// that lies in one 512-byte sector to be written whole or not at all.
WalScan ScanWal(std::span<const std::byte> log);

}  // namespace coupon::ledger
