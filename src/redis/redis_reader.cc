#include "redis/redis_reader.h"

#include <hiredis/read.h>

#include <string>
#include <utility>

#include "common/check.h"
#include "common/limits_distributed.h"

namespace coupon::redis {
namespace {

std::unexpected<Error> Broken(std::string_view why) {
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "read of a Redis reply",
                                 .applied = Applied::kUnknown,
                                 .retry_is_safe = false,
                                 .detail = std::string(why)});
}

}  // namespace

/// What hiredis calls as it parses, instead of its own tree: that one knows no limits, and in this
/// version (0.14) makes room for as many elements as the peer says. The object of a task is the
/// place in the tree that it fills; a null pointer ends the parsing. hiredis' frames are C, so
/// nothing may be thrown through them: no memory ends the process.
struct RedisReader::Parts {
    static RedisReader& Of(const redisReadTask* task) {
        return *static_cast<RedisReader*>(task->privdata);
    }

    static RedisReply& Place(const redisReadTask* task) {
        if (task->parent == nullptr) return Of(task).building_;
        auto* array = static_cast<RedisReply*>(task->parent->obj);
        return std::get<RedisReply::Elements>(array->value_)[static_cast<std::size_t>(task->idx)];
    }

    static void* Text(const redisReadTask* task, char* bytes, std::size_t size) noexcept {
        if (!Of(task).Count(0, size)) return nullptr;
        const auto kind = task->type == REDIS_REPLY_STATUS  ? RedisReply::Kind::kStatus
                          : task->type == REDIS_REPLY_ERROR ? RedisReply::Kind::kError
                                                            : RedisReply::Kind::kString;
        RedisReply& place = Place(task);
        place = RedisReply(kind, std::string(bytes, size));
        return &place;
    }

    static void* Array(const redisReadTask* task, int size) noexcept {
        int depth = 1;
        for (const redisReadTask* above = task->parent; above != nullptr; above = above->parent) {
            ++depth;
        }
        RedisReader& reader = Of(task);
        if (depth > limits::kRedisReplyDepthMax) {
            reader.beyond_ = "nested too deep";
            return nullptr;
        }
        const auto count = static_cast<std::size_t>(size);
        if (!reader.Count(count, 0)) return nullptr;
        RedisReply& place = Place(task);
        place = RedisReply(RedisReply::Elements(count));
        return &place;
    }

    static void* Integer(const redisReadTask* task, long long number) noexcept {
        RedisReply& place = Place(task);
        place = RedisReply(static_cast<std::int64_t>(number));
        return &place;
    }

    static void* Nil(const redisReadTask* task) noexcept {
        RedisReply& place = Place(task);
        place = RedisReply();
        return &place;
    }

    /// The tree belongs to the reader.
    static void Drop(void*) noexcept {}
};

void RedisReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisReader::RedisReader() {
    static redisReplyObjectFunctions parts = {&Parts::Text, &Parts::Array, &Parts::Integer,
                                              &Parts::Nil, &Parts::Drop};
    reader_.reset(redisReaderCreateWithFunctions(&parts));
    CHECK(reader_ != nullptr);
    reader_->privdata = this;
}

RedisReader::~RedisReader() = default;

void RedisReader::Feed(std::string_view bytes) {
    DCHECK(bytes.size() <= limits::kRedisReplyBytesMax);
    // Its only failure beside an earlier error, which Next has reported, is that no memory is left.
    CHECK(redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK ||
          reader_->err == REDIS_ERR_PROTOCOL);
}

Result<std::optional<RedisReply>> RedisReader::Next() {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
        return Broken(beyond_ != nullptr ? beyond_ : reader_->errstr);
    }
    if (reply == nullptr) {
        // hiredis holds a text back until it is whole.
        if (bytes_ + (reader_->len - reader_->pos) > limits::kRedisReplyBytesMax) {
            return Broken("too many bytes");
        }
        return std::nullopt;
    }
    elements_ = 0;
    bytes_ = 0;
    return std::exchange(building_, RedisReply());
}

bool RedisReader::Count(std::size_t elements, std::size_t bytes) {
    elements_ += elements;
    bytes_ += bytes;
    if (elements_ > limits::kRedisReplyElementsMax) beyond_ = "too many elements";
    if (bytes_ > limits::kRedisReplyBytesMax) beyond_ = "too many bytes";
    return beyond_ == nullptr;
}

}  // namespace coupon::redis
