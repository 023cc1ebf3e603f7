#include "tests/support/redis_server.h"

#include <hiredis/hiredis.h>

#include <chrono>
#include <memory>
#include <utility>

#include "common/check.h"

namespace coupon::support {
namespace {

constexpr int kPatienceSeconds = 10;

std::string TextOf(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_INTEGER: return std::to_string(reply.integer);
        case REDIS_REPLY_NIL: return "(nil)";
        case REDIS_REPLY_ERROR: return "-" + std::string(reply.str, reply.len);
        case REDIS_REPLY_ARRAY: break;
        default: return {reply.str, reply.len};
    }
    std::string text;
    for (std::size_t i = 0; i < reply.elements; ++i) text += TextOf(*reply.element[i]) + "\n";
    return text;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), process_(std::chrono::seconds(kPatienceSeconds)) {
    port_ = StartOnFreePort([this](std::uint16_t port) { return StartOn(port, kReady); });
}

void RedisServer::Start(std::string_view ready) { CHECK(StartOn(port_, ready)); }

bool RedisServer::StartOn(std::uint16_t port, std::string_view ready) {
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      std::to_string(port),
                                      "--bind",
                                      "127.0.0.1",
                                      "--dir",
                                      Folder(),
                                      "--daemonize",
                                      "no",
                                      "--save",
                                      "",
                                      "--enable-debug-command",
                                      "yes"};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    return process_.Start(words, ready);
}

std::string RedisServer::Command(std::initializer_list<std::string_view> arguments) const {
    const std::unique_ptr<redisContext, decltype(&redisFree)> connection(
        redisConnectWithTimeout("127.0.0.1", port_, timeval{kPatienceSeconds, 0}), &redisFree);
    CHECK(connection != nullptr && connection->err == 0);
    redisSetTimeout(connection.get(), timeval{kPatienceSeconds, 0});
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string_view argument : arguments) {
        texts.push_back(argument.data());
        sizes.push_back(argument.size());
    }
    void* raw = redisCommandArgv(connection.get(), static_cast<int>(texts.size()), texts.data(),
                                 sizes.data());
    CHECK(raw != nullptr);
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(raw, &freeReplyObject);
    return TextOf(*static_cast<redisReply*>(raw));
}

}  // namespace coupon::support
