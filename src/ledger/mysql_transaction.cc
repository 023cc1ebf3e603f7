#include "ledger/mysql_transaction.h"
#include "common/limits_distributed.h"

#include <chrono>
#include <random>
#include <thread>

namespace coupon::ledger {

std::chrono::microseconds RetryPause(int attempt, double fraction) {
    const std::chrono::microseconds bound = limits::kMysqlRetryPause * (1 << (attempt - 1));
    return std::chrono::duration_cast<std::chrono::microseconds>(bound * fraction);
}

void PauseBeforeRetry(int attempt) {
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_real_distribution<double> any(0, 1);
    std::this_thread::sleep_for(RetryPause(attempt, any(random)));
}

}  // namespace coupon::ledger
