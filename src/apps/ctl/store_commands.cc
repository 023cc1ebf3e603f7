#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <ostream>

#include "apps/ctl/commands.h"
#include "apps/ctl/offline_audit.h"
#include "apps/ctl/output_file.h"
#include "apps/ctl/render.h"
#include "common/exit_code.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

/// The list on stdout. Part of it may be out when the stream is cut; the exit code and the message
/// say so.
int ExportToStdout(Session& session, const HttpRequest& request) {
    std::ostream& out = session.Streams().out;
    bool has_begun = false;
    const OrExit<void> done = session.Stream(request, [&](std::string_view piece) -> Result<void> {
        has_begun = true;
        if (out.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return {};
        return std::unexpected(Error{.code = ErrorCode::kCannotCreate,
                                     .operation = "write",
                                     .detail = "cannot write to stdout"});
    });
    if (done) return kExitOk;
    if (has_begun) session.Say("the list that was printed is not complete");
    return done.error();
}

int ExportToFile(Session& session, const HttpRequest& request, const std::filesystem::path& file) {
    std::int64_t bytes = 0;
    int refused = kExitOk;
    const Result<void> written = WriteFileWhole(file, [&](const BodySink& sink) -> Result<void> {
        const OrExit<void> streamed = session.Stream(request, [&](std::string_view piece) {
            bytes += static_cast<std::int64_t>(piece.size());
            return sink(piece);
        });
        if (streamed) return {};
        refused = streamed.error();
        return std::unexpected(Error{.operation = "export", .detail = "nothing was written"});
    });
    if (refused != kExitOk) {
        session.Say(fmt::format("{} was not written", file.string()));
        return refused;
    }
    if (!written) return ReportError(session.Streams(), written.error());
    session.Say(fmt::format("{}: {} bytes", file.string(), bytes));
    return kExitOk;
}

}  // namespace

int ExportIssuances(Session& session, CouponId coupon, const ExportOptions& options) {
    const HttpRequest request{
        .path = fmt::format("/v1/coupons/{}/issuances?format={}", coupon.value, options.format)};
    return options.output.empty() ? ExportToStdout(session, request)
                                  : ExportToFile(session, request, options.output);
}

int Backup(Session& session) {
    return session.Run({.verb = Verb::kPost, .path = "/v1/backup"}, CallKind::kAddition,
                       RenderBackup, CallLength::kLong);
}

int AuditService(Session& session) {
    const OrExit<json::value> report =
        session.Fetch({.path = "/v1/audit"}, CallKind::kRead, CallLength::kLong);
    if (!report) return report.error();
    const std::optional<bool> passed = AuditPassed(*report);
    if (!passed) {
        session.Say("the answer is no audit report: it is unknown whether the promises hold");
        return kExitUnavailable;
    }
    session.Print(*report, RenderAudit);
    return *passed ? kExitOk : kExitNo;
}

int AuditData(const std::filesystem::path& path, bool as_json, Console console) {
    const Result<ledger::AuditReport> report = AuditOffline(path);
    if (!report) return ReportError(console, report.error());
    PrintData(console, as_json, AuditJson(*report), RenderAudit);
    return report->Passed() ? kExitOk : kExitNo;
}

int ShowVersion(std::string_view version, bool as_json, Console console) {
    PrintData(console, as_json, json::object{{"program", "couponctl"}, {"version", version}},
              [&](const json::value&) { return fmt::format("couponctl {}\n", version); });
    return kExitOk;
}

}  // namespace coupon::ctl
