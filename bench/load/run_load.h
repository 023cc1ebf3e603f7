#pragma once

#include "load/load_options.h"
#include "load/load_result.h"

namespace coupon::load {

/// Runs a load to its end and counts; blocks. Starts `options.threads` threads of its own and
/// raises the process's limit of open files when needed. All connections stand before the first
/// request is due. Errors: kInvalidArgument (no class, no source, fewer connections than threads, a
/// time of 0), kConfiguration (files), kUnavailable (a first connection cannot be made). What goes
/// wrong later is counted in the result.
Result<LoadResult> RunLoad(const LoadOptions& options);

}  // namespace coupon::load
