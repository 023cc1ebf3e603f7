#include "ledger/sqlite_reader.h"

#include <fmt/format.h>

#include <utility>

#include "ledger/row_key.h"
#include "ledger/sqlite_audit.h"
#include "ledger/sqlite_backup.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_coupon_row.h"
#include "ledger/sqlite_migrations.h"

namespace coupon::ledger {
namespace {

constexpr std::string_view kIssuances =
    "SELECT i.key, i.user_id, i.date_issued, r.order_amount, r.date_redeemed "
    "FROM coupon_issuance AS i "
    "LEFT JOIN coupon_redemption AS r ON r.key = i.key "
    "WHERE i.key > ?1 AND i.key <= ?2 "
    "ORDER BY i.key LIMIT ?3";
constexpr std::string_view kRedemption =
    "SELECT order_amount, date_redeemed FROM coupon_redemption WHERE key = ?1";

/// A prepared statement that is reset when the query is over, however it ends: one that is not
/// would keep its read transaction and with it the log.
class Query {
public:
    explicit Query(Statement& statement) : statement_(statement) {}
    ~Query() { statement_.Reset(); }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

private:
    Statement& statement_;
};

}  // namespace

class SqliteReader::Impl {
public:
    explicit Impl(Connection opened) : connection(std::move(opened)) {}

    Result<void> Prepare() {
        Result<Statement> page = connection.Prepare(kIssuances);
        if (!page) return std::unexpected(page.error());
        issuances = std::move(*page);
        Result<Statement> one = connection.Prepare(kRedemption);
        if (!one) return std::unexpected(one.error());
        redemption = std::move(*one);
        return {};
    }

    Connection connection;
    Statement issuances;
    Statement redemption;
};

Result<std::unique_ptr<SqliteReader>> SqliteReader::Open(const std::filesystem::path& database,
                                                         const std::string& vfs) {
    Result<Connection> connection = Connection::Open(database, Connection::Mode::kReadOnly, vfs);
    if (!connection) return std::unexpected(connection.error());
    Result<int> version = CheckIdentity(*connection, SchemaScripts());
    if (!version) return std::unexpected(version.error());
    if (Result<void> set =
            connection->Execute("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;");
        !set) {
        return std::unexpected(set.error());
    }
    auto impl = std::make_unique<Impl>(std::move(*connection));
    if (Result<void> prepared = impl->Prepare(); !prepared) {
        return std::unexpected(prepared.error());
    }
    return std::unique_ptr<SqliteReader>(new SqliteReader(std::move(impl)));
}

SqliteReader::SqliteReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteReader::~SqliteReader() = default;

Result<std::vector<SqliteReader::IssuanceRow>> SqliteReader::Issuances(CouponId coupon,
                                                                       Sequence after,
                                                                       Sequence last,
                                                                       std::size_t limit) {
    Statement& rows = impl_->issuances;
    const Query query(rows);
    rows.Bind(1, RowKey(coupon, after));
    rows.Bind(2, RowKey(coupon, last));
    rows.Bind(3, static_cast<std::int64_t>(limit));
    std::vector<IssuanceRow> page;
    int code = rows.Step();
    for (; code == SQLITE_ROW; code = rows.Step()) {
        IssuanceRow& row = page.emplace_back();
        const Sequence sequence = SequenceOfKey(rows.Int(0));
        row.issuance = {coupon, sequence, UserId(rows.Int(1)), FromMs(rows.Int(2))};
        if (!rows.IsNull(3)) {
            row.redemption = {coupon, sequence, Money(rows.Int(3)), FromMs(rows.Int(4))};
        }
    }
    if (code != SQLITE_DONE) return impl_->connection.Failure(code, "read issuances");
    return page;
}

Result<std::optional<Redemption>> SqliteReader::FindRedemption(CouponId coupon, Sequence sequence) {
    Statement& row = impl_->redemption;
    const Query query(row);
    row.Bind(1, RowKey(coupon, sequence));
    const int code = row.Step();
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) return impl_->connection.Failure(code, "read redemption");
    return Redemption{coupon, sequence, Money(row.Int(0)), FromMs(row.Int(1))};
}

Result<AuditReport> SqliteReader::Audit() {
    Result<AuditReport> report = AuditRows(impl_->connection);
    // What could not be read counts as violated; here it only was not waited for.
    if (impl_->connection.Interrupted()) {
        return impl_->connection.Failure(SQLITE_INTERRUPT, "audit");
    }
    return report;
}

Result<BackupResult> SqliteReader::Backup(const std::filesystem::path& target) {
    return BackupFile(impl_->connection, target);
}

void SqliteReader::Interrupt() { impl_->connection.Interrupt(); }

}  // namespace coupon::ledger
