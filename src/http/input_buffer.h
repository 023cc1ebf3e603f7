#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "common/limits.h"

namespace coupon::http {

/// The bytes of a connection that are read and not consumed: one flat block that grows while a
/// request needs it and goes back to its first size when it is empty, so that idle connections stay
/// cheap. Confined to one thread.
class InputBuffer {
public:
    /// Small enough for thousands of idle connections, large enough for a claim behind a load
    /// balancer's headers.
    static constexpr std::size_t kFirstBytes = 2 * 1024;
    static constexpr std::size_t kBytesMax = limits::kHeaderBytesMax + limits::kBodyBytesMax + 1;

    std::string_view View() const { return {data_.get() + begin_, end_ - begin_}; }
    bool Empty() const { return begin_ == end_; }
    /// Forgets the first `bytes`.
    void Consume(std::size_t bytes);
    /// Room for the next read, never empty: makes room for `expected_bytes` unread bytes in all
    /// where it is larger, and doubles when the last read left nothing free. The views of what is
    /// unread become stale. Never more than kBytesMax: the parser refuses before that is needed.
    std::span<char> Prepare(std::size_t expected_bytes);
    /// `bytes` of the prepared room are filled.
    void Commit(std::size_t bytes) { end_ += bytes; }
    /// Drops what is unread and the memory.
    void Release();

private:
    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace coupon::http
