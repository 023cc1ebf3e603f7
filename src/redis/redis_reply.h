#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coupon::redis {

/// One answer of Redis (RESP2), owned. Move-only, since arrays may be large. Whatever Redis sent,
/// no accessor reads beyond it: a part that is not there, or not of that kind, is nil or empty.
class RedisReply {
public:
    enum class Kind : std::uint8_t { kNil, kStatus, kError, kInteger, kString, kArray };
    using Elements = std::vector<RedisReply>;

    RedisReply() = default;
    /// Of a kind that has a text: kStatus, kError or kString.
    RedisReply(Kind kind, std::string text) : kind_(kind), value_(std::move(text)) {}
    explicit RedisReply(std::int64_t integer) : kind_(Kind::kInteger), value_(integer) {}
    explicit RedisReply(Elements elements) : kind_(Kind::kArray), value_(std::move(elements)) {}
    RedisReply(RedisReply&&) noexcept = default;
    RedisReply& operator=(RedisReply&&) noexcept = default;
    RedisReply(const RedisReply&) = delete;
    RedisReply& operator=(const RedisReply&) = delete;
    ~RedisReply() = default;

    Kind GetKind() const { return kind_; }
    bool IsNil() const { return kind_ == Kind::kNil; }
    bool IsError() const { return kind_ == Kind::kError; }
    bool IsArray() const { return kind_ == Kind::kArray; }
    /// Of a status, an error or a string, with any bytes; else empty. Lives as long as the reply.
    std::string_view Text() const;
    /// Of an integer; else nullopt.
    std::optional<std::int64_t> Integer() const;
    /// Elements of an array; else 0.
    std::size_t Size() const;
    /// An element of an array; nil where there is none.
    const RedisReply& operator[](std::size_t index) const;

private:
    friend class RedisReader;

    Kind kind_ = Kind::kNil;
    std::variant<std::monostate, std::int64_t, std::string, Elements> value_;
};

}  // namespace coupon::redis
