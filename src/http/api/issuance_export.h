#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "common/limits.h"
#include "http/api/query_pool.h"
#include "http/api/query_string.h"
#include "http/exchange.h"
#include "ledger/issuance_row.h"

namespace coupon::http::api {

std::string_view MediaTypeOf(ExportFormat format);

/// The first line of the list: csv's names of columns; empty for ndjson. Any thread.
std::string_view ExportHeading(ExportFormat format);
/// Appends one line a row: sequence, userId, issuedAt, redeemedAt, orderAmount (empty or null while
/// not redeemed). Any thread.
void AppendExportRows(std::string& out, ExportFormat format,
                      const std::vector<ledger::IssuanceRow>& rows);

/// Which issuances of a coupon are exported.
struct ExportRange {
    Sequence last;
    /// Sequences 1 to `last` without a gap; else rows may be missing, and a piece that is not full
    /// is the last one.
    bool whole = true;

    static ExportRange Whole(Sequence last) { return {last, true}; }
    static ExportRange WhatIsThere() { return {Sequence{limits::kSequenceMax}, false}; }
};

/// Streams issuances of a coupon, limits::kExportRowsPerChunk a piece, read on the pool. A list
/// that has to be whole is, or the connection is cut: also when a row is missing. `pool` must
/// outlive it and every Next.
class IssuanceExport final : public BodyStream {
public:
    IssuanceExport(QueryPool& pool, CouponId coupon, ExportRange range, ExportFormat format);
    void Next(Piece next) override;

private:
    /// Shared with the task on the pool, which may outlive the stream when the client goes. One
    /// Next at a time: the pool's mutex hands it from thread to thread.
    struct State {
        CouponId coupon_id;
        ExportRange range;
        ExportFormat format{};
        Sequence after{};
        bool ended = false;
        bool heading_sent = false;
    };
    static void ReadPiece(State& state, QueryStore& store, const Piece& next);

    QueryPool& pool_;
    const std::shared_ptr<State> state_;
};

}  // namespace coupon::http::api
