#include "http/api/embedded_query_store.h"

#include <string>
#include <utility>

#include "http/api/store_backup.h"

namespace coupon::http::api {
namespace {

std::unexpected<Error> NothingToRebuild() {
    return NotSupported("rebuild",
                        "The embedded store rebuilds its admission state at every start.");
}

std::unexpected<Error> NoDeadLetters() {
    return NotSupported("dead letters",
                        "The embedded store has none: a claim is in the ledger when it is "
                        "answered.");
}

}  // namespace

std::unexpected<Error> NotSupported(std::string_view operation, std::string_view detail) {
    return std::unexpected(Error{.code = ErrorCode::kNotSupported,
                                 .operation = std::string(operation),
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::string(detail)});
}

Result<RebuiltCoupon> NoOperatorStore::Rebuild(CouponId) { return NothingToRebuild(); }

Result<std::vector<ledger::DeadLetter>> NoOperatorStore::DeadLetters(const DeadLetterQuery&) {
    return NoDeadLetters();
}

Result<ledger::DeadLetter> NoOperatorStore::FindDeadLetter(std::int64_t) { return NoDeadLetters(); }

Result<ledger::DeadLetter> NoOperatorStore::RetryDeadLetter(std::int64_t) {
    return NoDeadLetters();
}

Result<ledger::DeadLetter> NoOperatorStore::DropDeadLetter(std::int64_t) { return NoDeadLetters(); }

Result<std::unique_ptr<QueryStore>> EmbeddedQueryStore::Open(
    const std::filesystem::path& database, const std::filesystem::path& data_dir,
    const admission::HolderReader& engine) {
    auto file = ledger::SqliteReader::Open(database);
    if (!file) return std::unexpected(std::move(file).error());
    return std::unique_ptr<QueryStore>(new EmbeddedQueryStore(*std::move(file), data_dir, engine));
}

Result<ledger::BackupResult> EmbeddedQueryStore::Backup(WallTime now) {
    return MakeBackup(*file_, data_dir_, now);
}

}  // namespace coupon::http::api
