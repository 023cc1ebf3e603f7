#include "ledger/mysql_transaction.h"

#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

namespace coupon::ledger {

void PauseBeforeRetry(int attempt) {
    thread_local std::minstd_rand random{std::random_device{}()};
    const std::chrono::microseconds bound = limits::kMysqlRetryPause * (1 << (attempt - 1));
    std::uniform_int_distribution<std::int64_t> any(0, bound.count());
    std::this_thread::sleep_for(std::chrono::microseconds(any(random)));
}

}  // namespace coupon::ledger
