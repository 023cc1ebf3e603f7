#include "redis/redis_reply.h"

namespace coupon::redis {

std::string_view RedisReply::Text() const {
    const auto* text = std::get_if<std::string>(&value_);
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

std::optional<std::int64_t> RedisReply::Integer() const {
    const auto* integer = std::get_if<std::int64_t>(&value_);
    return integer != nullptr ? std::optional(*integer) : std::nullopt;
}

std::size_t RedisReply::Size() const {
    const auto* elements = std::get_if<Elements>(&value_);
    return elements != nullptr ? elements->size() : 0;
}

const RedisReply& RedisReply::operator[](std::size_t index) const {
    static const RedisReply kNil;
    const auto* elements = std::get_if<Elements>(&value_);
    return elements != nullptr && index < elements->size() ? (*elements)[index] : kNil;
}

}  // namespace coupon::redis
