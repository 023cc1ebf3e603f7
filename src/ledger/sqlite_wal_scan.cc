#include "ledger/sqlite_wal_scan.h"

#include <fmt/format.h>

#include <bit>
#include <optional>

namespace coupon::ledger {

namespace {

// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
constexpr std::uint32_t kMagicLittle = 0x377F0682;  ///< checksums read little-endian words
constexpr std::uint32_t kMagicBig = 0x377F0683;
constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::size_t kFrameBytes = kFrameHeaderBytes + kWalPageBytes;
constexpr std::size_t kSectorBytes = 512;
constexpr int kWordBits = 32;

using Bytes = std::span<const std::byte>;

std::uint32_t Word(Bytes bytes, std::size_t at, std::endian order = std::endian::big) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t from = order == std::endian::big ? i : 3 - i;
        word = word << 8 | std::to_integer<std::uint32_t>(bytes[at + from]);
    }
    return word;
}

struct Checksum {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    bool operator==(const Checksum&) const = default;

    /// `bytes`: a multiple of eight.
    void Add(Bytes bytes, std::endian order) {
        for (std::size_t at = 0; at < bytes.size(); at += 8) {
            first += Word(bytes, at, order) + second;
            second += Word(bytes, at + 4, order) + first;
        }
    }
};

int BitsApart(std::uint32_t a, std::uint32_t b) { return std::popcount(a ^ b); }

int BitsApart(Checksum a, Checksum b) {
    return BitsApart(a.first, b.first) + BitsApart(a.second, b.second);
}

/// One frame: page number, size of the database after a commit (else 0), two salts, checksum; then
/// the page.
struct Frame {
    Bytes bytes;
    std::size_t offset;

    bool IsCommit() const { return Word(bytes, 4) != 0; }
    std::uint64_t Salts() const { return std::uint64_t{Word(bytes, 8)} << 32 | Word(bytes, 12); }
    Checksum Stored() const { return {Word(bytes, 16), Word(bytes, 20)}; }
    Checksum Computed(Checksum before, std::endian order) const {
        before.Add(bytes.first(8), order);
        before.Add(bytes.subspan(kFrameHeaderBytes), order);
        return before;
    }
    /// A header within one sector is all old or all new after a crash.
    bool HeaderIsInOneSector() const {
        return offset % kSectorBytes <= kSectorBytes - kFrameHeaderBytes;
    }
};

/// The weight of one word in a checksum, by the word's place.
struct Weight {
    std::uint32_t first;
    std::uint32_t second;

    Weight OnePairEarlier() const { return {first + second, first + 2 * second}; }
    /// Whether some bit of `word`, flipped, moves a checksum by `error`.
    bool Explains(Checksum error, std::uint32_t word) const {
        for (int bit = 0; bit < kWordBits; ++bit) {
            const std::uint32_t value = std::uint32_t{1} << bit;
            // A bit that is set was clear, and the other way round.
            const std::uint32_t change = (word & value) != 0 ? value : 0U - value;
            if (first * change == error.first && second * change == error.second) return true;
        }
        return false;
    }
};

/// Whether a single flipped bit in what the checksum covers explains its error. The sum is linear:
/// a changed word moves it by the change times the word's weight. Walked from the end, where the
/// words of the last pair weigh (1, 1) and (0, 1).
bool OneBitExplains(const Frame& frame, Checksum computed, std::endian order) {
    const Checksum error{computed.first - frame.Stored().first,
                         computed.second - frame.Stored().second};
    Weight even{1, 1};
    Weight odd{0, 1};
    for (std::size_t at = kFrameBytes; at > 0;) {
        at -= 8;
        if (at == kFrameHeaderBytes - 8) at = 0;  // salts and checksum are not covered
        if (odd.Explains(error, Word(frame.bytes, at + 4, order)) ||
            even.Explains(error, Word(frame.bytes, at, order)))
            return true;
        even = even.OnePairEarlier();
        odd = odd.OnePairEarlier();
    }
    return false;
}

class Scanner {
public:
    explicit Scanner(Bytes log) : log_(log), frames_((log.size() - kLogHeaderBytes) / kFrameBytes) {
        const std::uint32_t magic = Word(log_, 0);
        if (magic == kMagicBig) order_ = std::endian::big;
        if (magic == kMagicLittle) order_ = std::endian::little;
        header_computed_.Add(log_.first(24), order_);
        header_is_sound_ =
            (magic == kMagicBig || magic == kMagicLittle) && header_computed_ == HeaderStored();
    }

    WalScan Run() {
        if (!header_is_sound_) return WithoutHeader();
        if (Word(log_, 8) != kWalPageBytes) return {.verdict = WalScan::Verdict::kForeign};
        salts_ = std::uint64_t{Word(log_, 16)} << 32 | Word(log_, 20);
        WalScan scan;
        Checksum sum = HeaderStored();
        for (; scan.frames_valid < frames_; ++scan.frames_valid) {
            const Frame frame = At(scan.frames_valid);
            const Checksum computed = frame.Computed(sum, order_);
            if (frame.Salts() != salts_ || computed != frame.Stored()) return Judge(scan, sum);
            if (frame.IsCommit()) scan.frames_committed = scan.frames_valid + 1;
            sum = computed;
        }
        if (scan.frames_committed > 0) scan.verdict = WalScan::Verdict::kIntact;
        if (scan.frames_committed < scan.frames_valid) scan.verdict = WalScan::Verdict::kTornTail;
        return scan;
    }

private:
    Frame At(std::uint64_t index) const {
        const std::size_t offset = kLogHeaderBytes + index * kFrameBytes;
        return {log_.subspan(offset, kFrameBytes), offset};
    }
    Checksum HeaderStored() const { return {Word(log_, 24), Word(log_, 28)}; }

    /// Whether a frame continues the one before it, as that one stands in the log.
    bool Continues(std::uint64_t index) const {
        const Frame before = At(index - 1);
        const Frame frame = At(index);
        return frame.Salts() == before.Salts() &&
               frame.Computed(before.Stored(), order_) == frame.Stored();
    }

    /// A crash tears a header only when the log is begun anew, and that happens once the database
    /// has everything: if it does not have the pages of these frames, the header was damaged later.
    WalScan WithoutHeader() {
        order_ = std::endian::native;
        WalScan scan;
        std::map<std::uint32_t, std::size_t> pages;
        for (std::uint64_t index = 0; index < frames_; ++index) {
            if (index == 0 ? !BeginsTheChain() : !Continues(index)) break;
            const Frame frame = At(index);
            pages[Word(frame.bytes, 0)] = frame.offset + kFrameHeaderBytes;
            if (!frame.IsCommit()) continue;
            scan.verdict = WalScan::Verdict::kHeaderDamaged;
            scan.what = "the header of the log (-wal) is damaged";
            scan.pages = pages;
        }
        return scan;
    }

    /// Frame 0 continues the header, or what the header should be, or is continued itself.
    bool BeginsTheChain() const {
        const Checksum stored = At(0).Stored();
        return At(0).Computed(HeaderStored(), order_) == stored ||
               At(0).Computed(header_computed_, order_) == stored || (frames_ > 1 && Continues(1));
    }

    /// Frame `scan.frames_valid` does not fit; `sum` is what it should continue.
    WalScan Judge(WalScan scan, Checksum sum) const {
        const std::uint64_t bad = scan.frames_valid;
        if (IsOneBitOff(At(bad), sum)) {
            scan.verdict = WalScan::Verdict::kDamaged;
            scan.what =
                fmt::format("frame {} of {} in the log (-wal) has a flipped bit", bad + 1, frames_);
            return scan;
        }
        if (const std::optional<std::uint64_t> later = LaterTransaction(bad)) {
            scan.verdict = WalScan::Verdict::kDamaged;
            scan.what = fmt::format(
                "frame {} in the log (-wal) is damaged, and a later commit follows in frame {}",
                bad + 1, *later + 1);
            return scan;
        }
        const bool has_tail = scan.frames_committed < bad || At(bad).Salts() == salts_;
        if (scan.frames_committed > 0) scan.verdict = WalScan::Verdict::kIntact;
        if (has_tail) scan.verdict = WalScan::Verdict::kTornTail;
        return scan;
    }

    bool IsOneBitOff(const Frame& frame, Checksum before) const {
        const Checksum computed = frame.Computed(before, order_);
        const int salt_bits = std::popcount(frame.Salts() ^ salts_);
        if (salt_bits > 0) return salt_bits == 1 && computed == frame.Stored();
        return BitsApart(computed, frame.Stored()) == 1 || OneBitExplains(frame, computed, order_);
    }

    /// The first frame behind `bad` that provably belongs to a later transaction than a commit at
    /// or after `bad`: that commit was fsynced before it was written. Everything else behind `bad`
    /// may be of the one transaction that the crash cut off, in whatever order the disk took it.
    std::optional<std::uint64_t> LaterTransaction(std::uint64_t bad) const {
        bool before_is_proved = false;
        for (std::uint64_t index = bad + 1; index < frames_; ++index) {
            const Frame before = At(index - 1);
            const bool proved = before.Salts() == salts_ && Continues(index);
            if (proved && before.IsCommit() && (before_is_proved || before.HeaderIsInOneSector())) {
                return index;
            }
            before_is_proved = proved;
        }
        return std::nullopt;
    }

    Bytes log_;
    std::uint64_t frames_;  ///< complete ones, of whatever generation
    std::endian order_ = std::endian::native;
    Checksum header_computed_;
    bool header_is_sound_ = false;
    std::uint64_t salts_ = 0;  ///< of the frames that belong to this header
};

}  // namespace

WalScan ScanWal(std::span<const std::byte> log) {
    if (log.size() < kLogHeaderBytes) return {};
    return Scanner(log).Run();
}

}  // namespace coupon::ledger
