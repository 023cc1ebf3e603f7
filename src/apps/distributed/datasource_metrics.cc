#include "apps/distributed/datasource_metrics.h"

#include <utility>

#include "common/metric_cells.h"
#include "common/metric_family.h"

namespace coupon {

using prometheus::MetricFamily;

std::vector<MetricFamily> DatasourceFamilies(const ledger::MysqlPoolNumbers& pool) {
    MetricFamily connections =
        GaugeFamily("coupon_datasource_connections", "Connections to the ledger by state");
    AddGauge(connections, static_cast<double>(pool.active), {{"state", "active"}});
    AddGauge(connections, static_cast<double>(pool.idle), {{"state", "idle"}});
    AddGauge(connections, static_cast<double>(pool.pending), {{"state", "pending"}});
    AddGauge(connections, static_cast<double>(pool.max), {{"state", "max"}});
    return {std::move(connections),
            OneCounter("coupon_datasource_timeouts_total",
                       "Times that no connection was free within datasource.connection_timeout",
                       pool.timeouts),
            OneHistogram("coupon_datasource_acquire_seconds", "Time to get a connection",
                         pool.acquire, kSecondsBoundsNanoseconds, kNanosecondsPerSecond)};
}

}  // namespace coupon
