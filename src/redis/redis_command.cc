#include "redis/redis_command.h"

#include <hiredis/hiredis.h>

#include <vector>

#include "common/check.h"
#include "common/limits_distributed.h"

namespace coupon::redis {

void RedisCommand::Free::operator()(char* bytes) const { redisFreeSdsCommand(bytes); }

RedisCommand::RedisCommand(std::span<const std::string_view> arguments) {
    CHECK(!arguments.empty());  // Redis answers nothing to an empty command
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    texts.reserve(arguments.size());
    sizes.reserve(arguments.size());
    std::size_t total = 0;
    for (const std::string_view argument : arguments) {
        texts.push_back(argument.data());
        sizes.push_back(argument.size());
        total += argument.size() + sizeof "$4294967296\r\n\r\n";
        if (total > limits::kRedisCommandBytesMax) return;
    }
    sds bytes = nullptr;
    const int size = redisFormatSdsCommandArgv(&bytes, static_cast<int>(texts.size()), texts.data(),
                                               sizes.data());
    CHECK(size > 0);  // else no memory is left
    bytes_.reset(bytes);
    size_ = static_cast<std::size_t>(size);
}

}  // namespace coupon::redis
