#include "http/api/store_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>
#include <utility>

#include "common/limits.h"
#include "common/time_format.h"
#include "http/api/issuance_export.h"
#include "http/api/media_type.h"
#include "http/api/operator_body.h"
#include "ledger/durable_files.h"

namespace coupon::http::api {
namespace {

/// Copies that a killed process left: one backup is made at a time, by one process a folder.
void RemoveUnfinished(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::directory_iterator files(folder, ignored);
    for (; files != std::filesystem::directory_iterator(); files.increment(ignored)) {
        const std::string name = files->path().filename().string();
        const bool unfinished =
            name.starts_with("coupon-") && name.find(".db.partial.") != std::string::npos;
        if (unfinished) std::filesystem::remove(files->path(), ignored);
    }
}

}  // namespace

Result<ledger::BackupResult> MakeBackup(ledger::SqliteReader& reader,
                                        const std::filesystem::path& data_dir, WallTime now) {
    const std::filesystem::path folder = BackupFile(data_dir, now, 1).parent_path();
    if (auto made = ledger::CreateFolder(folder); !made) return std::unexpected(made.error());
    // The copy holds who won what: it is nobody else's to read.
    std::error_code error;
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) {
        return std::unexpected(Error{.code = ErrorCode::kCannotCreate,
                                     .operation = "create the folder of backups",
                                     .applied = Applied::kNo,
                                     .retry_is_safe = true,
                                     .detail = error.message()});
    }
    RemoveUnfinished(folder);
    for (int number = 1;; ++number) {
        auto backup = reader.Backup(BackupFile(data_dir, now, number));
        const bool taken = !backup && backup.error().code == ErrorCode::kConflict;
        if (!taken || number == limits::kBackupsOfOneMomentMax) return backup;
    }
}

std::filesystem::path BackupFile(const std::filesystem::path& data_dir, WallTime now, int number) {
    std::array<char, kRfc3339BytesMax> buffer;
    std::string stamp(FormatRfc3339Milliseconds(now, buffer));
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    const std::string suffix = number == 1 ? "" : fmt::format("-{}", number);
    return data_dir / "backups" / fmt::format("coupon-{}{}.db", stamp, suffix);
}

Handling StoreRoutes::Issuances(const Call& call, const Request& request, const RouteMatch& match) {
    const auto format = ParseExportFormat(request.query);
    if (!format) return responder_.SendError(call, format.error());
    const auto view = context_.admission.Reader().FindCoupon(CouponId{match.coupon_id});
    if (!view) return responder_.SendProblem(call, Problem::kUnknownCoupon, {}, kNoStore);
    const std::string headers =
        fmt::format("{}Content-Disposition: attachment; filename=\"coupon-{}-issuances.{}\"\r\n",
                    kNoStore, match.coupon_id, *format == ExportFormat::kCsv ? "csv" : "ndjson");
    return responder_.SendStream(
        call, MediaTypeOf(*format), headers,
        std::make_unique<IssuanceExport>(context_.queries, CouponId{match.coupon_id},
                                         Sequence{view->issued}, *format));
}

Handling StoreRoutes::Backup(const Call& call, const Request& request) {
    // As for a coupon's changes, a browser must have asked before; one that has not names the
    // page's origin all the same. Anybody else may leave the type out where there is no body.
    const bool may_lack_type = request.body.empty() && request.origin.empty();
    if (!may_lack_type && ReadMediaType(request.content_type) != MediaType::kJson) {
        return responder_.SendProblem(call, Problem::kUnsupportedMediaType);
    }
    if (auto nothing = ParseNothing(parser_, request.body); !nothing) {
        return responder_.SendError(call, nothing.error());
    }
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kLong,
        [folder = context_.data_dir, now = context_.clock.WallNow()](ledger::SqliteReader& reader) {
            return MakeBackup(reader, folder, now);
        },
        [this, call](const Result<ledger::BackupResult>& backup) {
            if (!backup) {
                context_.log.Error("backup failed", {{"why", Describe(backup.error())}});
                responder_.SendError(call, backup.error());
                return;
            }
            context_.log.Info("backup made", {{"by", context_.authorizer.OperatorName()},
                                              {"action", "backup"},
                                              {"detail", backup->file.string()},
                                              {"issuances", backup->issuances}});
            std::string& body = responder_.Buffer();
            AppendBackup(body, *backup);
            responder_.SendJson(call, 201, body);
        });
}

Handling StoreRoutes::Audit(const Call& call) {
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kLong,
        [](ledger::SqliteReader& reader) { return reader.Audit(); },
        [this, call](const Result<ledger::AuditReport>& report) {
            if (!report) {
                context_.log.Error("audit failed", {{"why", Describe(report.error())}});
                responder_.SendError(call, report.error());
                return;
            }
            if (!report->Passed()) context_.log.Error("audit found a broken promise");
            std::string& body = responder_.Buffer();
            AppendAudit(body, *report);
            responder_.SendJson(call, 200, body);
        });
}

}  // namespace coupon::http::api
