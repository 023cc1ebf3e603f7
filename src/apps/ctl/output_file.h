#pragma once

#include <filesystem>
#include <functional>

#include "apps/ctl/body_sink.h"
#include "common/error.h"

namespace coupon::ctl {

/// Writes what `produce` hands to its sink under a temporary name beside `target`, and gives it its
/// name (replacing an older file) only when everything is written and fsynced. On any error neither
/// a new `target` nor the temporary file is left. Blocking. Errors: those of `produce` as they are;
/// kCannotCreate when the file cannot be made, written or renamed, or `target` is something else
/// than a regular file. Killed halfway, it leaves ".<name>.part-<pid>".
Result<void> WriteFileWhole(const std::filesystem::path& target,
                            const std::function<Result<void>(const BodySink&)>& produce);

}  // namespace coupon::ctl
