#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "http/api/query_pool.h"
#include "http/api/query_string.h"
#include "http/exchange.h"
#include "ledger/sqlite_reader.h"

namespace coupon::http::api {

std::string_view MediaTypeOf(ExportFormat format);

/// The first line of the list: csv's names of columns; empty for ndjson. Any thread.
std::string_view ExportHeading(ExportFormat format);
/// Appends one line a row: sequence, userId, issuedAt, redeemedAt, orderAmount (empty or null while
/// not redeemed). Any thread.
void AppendExportRows(std::string& out, ExportFormat format,
                      const std::vector<ledger::SqliteReader::IssuanceRow>& rows);

/// Streams the issuances 1 to `last` of a coupon, limits::kExportRowsPerChunk a piece, read on the
/// pool. The list is whole or the connection is cut: also when a row is missing. `pool` must
/// outlive it and every Next.
class IssuanceExport final : public BodyStream {
public:
    IssuanceExport(QueryPool& pool, CouponId coupon, Sequence last, ExportFormat format);
    void Next(Piece next) override;

private:
    /// Shared with the task on the pool, which may outlive the stream when the client goes. One
    /// Next at a time: the pool's mutex hands it from thread to thread.
    struct State {
        CouponId coupon_id;
        Sequence last;
        ExportFormat format;
        Sequence after{};
        bool heading_sent = false;
    };
    static void ReadPiece(State& state, ledger::SqliteReader& reader, const Piece& next);

    QueryPool& pool_;
    const std::shared_ptr<State> state_;
};

}  // namespace coupon::http::api
