#include "http/api/issuance_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "common/limits.h"
#include "common/time_format.h"
#include "http/api/json_text.h"

namespace coupon::http::api {
namespace {

using Row = ledger::IssuanceRow;

void AppendCsvRow(std::string& out, const Row& row) {
    std::array<char, kRfc3339BytesMax> issued{};
    const auto end = std::back_inserter(out);
    fmt::format_to(end, "{},{},{},", row.issuance.sequence.value, row.issuance.user_id.value,
                   FormatRfc3339(row.issuance.issued_at, issued));
    if (row.redemption) {
        std::array<char, kRfc3339BytesMax> redeemed{};
        fmt::format_to(end, "{},{}", FormatRfc3339(row.redemption->redeemed_at, redeemed),
                       row.redemption->order_amount.minor_units);
    } else {
        out += ',';
    }
    out += '\n';
}

void AppendNdjsonRow(std::string& out, const Row& row) {
    const auto end = std::back_inserter(out);
    fmt::format_to(end, R"({{"sequence":{},"userId":{},"issuedAt":)", row.issuance.sequence.value,
                   row.issuance.user_id.value);
    AppendJsonTime(out, row.issuance.issued_at);
    out += R"(,"redeemedAt":)";
    if (row.redemption) {
        AppendJsonTime(out, row.redemption->redeemed_at);
        fmt::format_to(end, R"(,"orderAmount":{}}})", row.redemption->order_amount.minor_units);
    } else {
        out += R"(null,"orderAmount":null})";
    }
    out += '\n';
}

/// At least one row, and the sequences are those that come after `after`.
bool FollowsWithoutGap(const std::vector<Row>& rows, Sequence after) {
    return !rows.empty() && std::ranges::all_of(rows, [&after](const Row& row) {
        return row.issuance.sequence.value == ++after.value;
    });
}

}  // namespace

std::string_view MediaTypeOf(ExportFormat format) {
    return format == ExportFormat::kCsv ? "text/csv; charset=utf-8; header=present"
                                        : "application/x-ndjson";
}

std::string_view ExportHeading(ExportFormat format) {
    return format == ExportFormat::kCsv ? "sequence,userId,issuedAt,redeemedAt,orderAmount\n" : "";
}

void AppendExportRows(std::string& out, ExportFormat format, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        format == ExportFormat::kCsv ? AppendCsvRow(out, row) : AppendNdjsonRow(out, row);
    }
}

IssuanceExport::IssuanceExport(QueryPool& pool, CouponId coupon, ExportRange range,
                               ExportFormat format)
    : pool_(pool), state_(std::make_shared<State>(State{coupon, range, format})) {}

void IssuanceExport::Next(Piece next) {
    const bool taken = pool_.Submit(
        QueryLength::kShort,
        {.run = [state = state_, next](QueryStore& store) { ReadPiece(*state, store, next); }});
    if (!taken) next(false, {});
}

void IssuanceExport::ReadPiece(State& state, QueryStore& store, const Piece& next) {
    std::string piece;
    if (!std::exchange(state.heading_sent, true)) piece += ExportHeading(state.format);
    const ExportRange& range = state.range;
    if (!state.ended && state.after < range.last) {
        const auto rows = store.Lookup().Issuances(state.coupon_id, state.after, range.last,
                                                   limits::kExportRowsPerChunk);
        if (!rows) return next(false, {});
        if (range.whole && !FollowsWithoutGap(*rows, state.after)) return next(false, {});
        AppendExportRows(piece, state.format, *rows);
        state.ended = !range.whole && rows->size() < limits::kExportRowsPerChunk;
        if (!rows->empty()) state.after = rows->back().issuance.sequence;
    }
    next(true, std::move(piece));
}

}  // namespace coupon::http::api
