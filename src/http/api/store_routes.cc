#include "http/api/store_routes.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "common/limits.h"
#include "http/api/issuance_export.h"
#include "http/api/lookup.h"
#include "http/api/media_type.h"
#include "http/api/operator_body.h"

namespace coupon::http::api {
Handling StoreRoutes::Issuances(const Call& call, const Request& request, const RouteMatch& match) {
    const auto format = ParseExportFormat(request.query);
    if (!format) return responder_.SendError(call, format.error());
    return AnswerLookup(
        context_, responder_, call,
        [id = CouponId{match.coupon_id}](auto& lookup) { return lookup.FindCoupon(id); },
        [this, call, format = *format](const Result<std::optional<admission::CouponView>>& view) {
            if (!view) {
                responder_.SendError(call, view.error());
                return;
            }
            if (!*view) {
                responder_.SendProblem(call, Problem::kUnknownCoupon, {}, kNoStore);
                return;
            }
            SendIssuances(call, **view, format);
        });
}

void StoreRoutes::SendIssuances(const Call& call, const admission::CouponView& view,
                                ExportFormat format) {
    const CouponId id = view.coupon.id;
    const std::string headers =
        fmt::format("{}Content-Disposition: attachment; filename=\"coupon-{}-issuances.{}\"\r\n",
                    kNoStore, id.value, format == ExportFormat::kCsv ? "csv" : "ndjson");
    // Where claims wait for the ledger, the list is what the ledger has: it may have gaps.
    const bool whole = context_.info.path == AdmissionPath::kLedger;
    responder_.SendStream(
        call, MediaTypeOf(format), headers,
        std::make_unique<IssuanceExport>(
            context_.queries, id,
            whole ? ExportRange::Whole(Sequence{view.issued}) : ExportRange::WhatIsThere(),
            format));
}

Handling StoreRoutes::Backup(const Call& call, const Request& request) {
    if (!MayAct(request)) {
        return responder_.SendProblem(call, Problem::kUnsupportedMediaType);
    }
    if (auto nothing = ParseNothing(parser_, request.body); !nothing) {
        return responder_.SendError(call, nothing.error());
    }
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kLong,
        [now = context_.clock.WallNow()](QueryStore& store) { return store.Backup(now); },
        [this, call](const Result<ledger::BackupResult>& backup) {
            if (!backup) {
                if (backup.error().code != ErrorCode::kNotSupported) {
                    context_.log.Error("backup failed", {{"why", Describe(backup.error())}});
                }
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
        call, context_.queries, QueryLength::kLong, [](QueryStore& store) { return store.Audit(); },
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
