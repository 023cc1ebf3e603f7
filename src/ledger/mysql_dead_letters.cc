#include "ledger/mysql_dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/limits_distributed.h"
#include "common/time_format.h"
#include "common/utf8.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_transaction.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

using Letters = std::span<const DeadLetter>;

constexpr std::array kReasons = {DeadLetterReason::kLostEpoch, DeadLetterReason::kConflict,
                                 DeadLetterReason::kInvalid, DeadLetterReason::kUnknownCoupon,
                                 DeadLetterReason::kNoStock};
constexpr std::array kStatuses = {DeadLetterStatus::kOpen, DeadLetterStatus::kRetried,
                                  DeadLetterStatus::kDropped};
constexpr std::string_view kLetterColumns =
    "id, coupon_id, user_id, sequence, epoch, issued_at, reason, detail, status, created_at";

template <class Word, std::size_t Count>
std::optional<Word> ParseWord(const std::array<Word, Count>& words, std::string_view text) {
    const auto found =
        std::ranges::find_if(words, [&](Word word) { return ToString(word) == text; });
    if (found == words.end()) return std::nullopt;
    return *found;
}

/// What a varchar takes: valid UTF-8 of a limited length. A letter must find its way in whatever
/// it tells of.
std::string DetailOf(std::string_view text) {
    std::string detail;
    while (!text.empty()) {
        std::string_view rest = text;
        const bool valid = TakeCodePoint(rest).has_value();
        const auto taken =
            valid ? text.substr(0, text.size() - rest.size()) : kReplacementCharacter;
        if (detail.size() + taken.size() > limits::kDeadLetterDetailBytesMax) break;
        detail += taken;
        text = rest;
    }
    return detail;
}

std::string ValuesOf(const DeadLetter& letter, const MysqlConnection& connection) {
    const WallTime issued_at = std::clamp(letter.issued_at, kWallTimeMin, kWallTimeMax);
    return fmt::format("({},{},{},{},{},'{}',{},'open',NOW(6),NOW(6))", letter.coupon_id.value,
                       letter.user_id.value, letter.sequence.value, letter.epoch,
                       MysqlTime(issued_at), ToString(letter.reason),
                       connection.Quote(DetailOf(letter.detail)));
}

Result<void> Insert(MysqlConnection& connection, Letters letters) {
    std::string sql =
        "INSERT INTO dead_letter (coupon_id, user_id, sequence, epoch, issued_at, reason, detail, "
        "status, created_at, updated_at) VALUES ";
    for (const DeadLetter& letter : letters) {
        sql += ValuesOf(letter, connection);
        sql += ',';
    }
    sql.pop_back();
    // From left to right: what looks at the status stands before what changes it. VALUES(column) is
    // the only form that both servers know.
    sql +=
        " ON DUPLICATE KEY UPDATE"
        " reason = IF(status = 'retried', VALUES(reason), reason),"
        " detail = IF(status = 'retried', VALUES(detail), detail),"
        " updated_at = IF(status = 'retried', NOW(6), updated_at),"
        " status = IF(status = 'retried', 'open', status)";
    return connection.Execute(sql);
}

Result<DeadLetter> ReadLetter(MysqlRowView row) {
    RowValues values(row);
    DeadLetter letter;
    letter.id = values.Int();
    letter.coupon_id = CouponId(values.Int());
    letter.user_id = UserId(values.Int());
    letter.sequence = Sequence(values.Int());
    letter.epoch = values.Int();
    letter.issued_at = values.Time();
    const auto reason = ParseDeadLetterReason(values.Word());
    letter.detail = values.Word();
    const auto status = ParseDeadLetterStatus(values.Word());
    letter.created_at = values.Time();
    if (!values.Fits() || !reason || !status) return DamagedValues("dead_letter", row);
    letter.reason = *reason;
    letter.status = *status;
    return letter;
}

Result<std::vector<DeadLetter>> Read(MysqlPool& pool, std::string_view condition) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(std::move(lease.error()));
    std::vector<DeadLetter> letters;
    auto visited =
        (*lease)->Visit(fmt::format("SELECT {} FROM dead_letter {}", kLetterColumns, condition),
                        [&](MysqlRowView row) -> Result<void> {
                            auto letter = ReadLetter(row);
                            if (!letter) return std::unexpected(letter.error());
                            letters.push_back(*std::move(letter));
                            return {};
                        });
    if (!visited) return std::unexpected(std::move(visited.error()));
    return letters;
}

}  // namespace

std::string_view ToString(DeadLetterReason reason) {
    switch (reason) {
        case DeadLetterReason::kLostEpoch: return "lost_epoch";
        case DeadLetterReason::kConflict: return "conflict";
        case DeadLetterReason::kInvalid: return "invalid";
        case DeadLetterReason::kUnknownCoupon: return "unknown_coupon";
        case DeadLetterReason::kNoStock: return "no_stock";
    }
    return "";
}

std::string_view ToString(DeadLetterStatus status) {
    switch (status) {
        case DeadLetterStatus::kOpen: return "open";
        case DeadLetterStatus::kRetried: return "retried";
        case DeadLetterStatus::kDropped: return "dropped";
    }
    return "";
}

std::optional<DeadLetterReason> ParseDeadLetterReason(std::string_view text) {
    return ParseWord(kReasons, text);
}

std::optional<DeadLetterStatus> ParseDeadLetterStatus(std::string_view text) {
    return ParseWord(kStatuses, text);
}

Result<void> MysqlDeadLetters::Add(std::span<const DeadLetter> letters) {
    if (letters.empty()) return {};
    return InTransaction(pool_, [&](MysqlConnection& connection) -> Result<void> {
        for (Letters rest = letters; !rest.empty();) {
            const Letters some =
                rest.first(std::min(rest.size(), limits::kDeadLettersPerStatementMax));
            if (auto inserted = Insert(connection, some); !inserted) return inserted;
            rest = rest.subspan(some.size());
        }
        return {};
    });
}

Result<std::vector<DeadLetter>> MysqlDeadLetters::List(std::int64_t after, std::size_t limit,
                                                       std::optional<DeadLetterStatus> status) {
    const std::string of_status =
        status ? fmt::format("AND status = '{}' ", ToString(*status)) : std::string();
    return Read(pool_,
                fmt::format("WHERE id > {} {}ORDER BY id LIMIT {}", after, of_status, limit));
}

Result<std::optional<DeadLetter>> MysqlDeadLetters::Find(std::int64_t id) {
    auto letters = Read(pool_, fmt::format("WHERE id = {}", id));
    if (!letters) return std::unexpected(std::move(letters.error()));
    if (letters->empty()) return std::nullopt;
    return std::move(letters->front());
}

Result<bool> MysqlDeadLetters::SetStatus(std::int64_t id, DeadLetterStatus from,
                                         DeadLetterStatus to) {
    auto lease = pool_.Take();
    if (!lease) return std::unexpected(std::move(lease.error()));
    const auto updated =
        (*lease)->Execute(fmt::format("UPDATE dead_letter SET status = '{}', updated_at = NOW(6) "
                                      "WHERE id = {} AND status = '{}'",
                                      ToString(to), id, ToString(from)));
    if (!updated) return std::unexpected(updated.error());
    return (*lease)->AffectedRows() == 1;
}

}  // namespace coupon::ledger
