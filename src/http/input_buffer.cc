#include "http/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace coupon::http {

void InputBuffer::Consume(std::size_t bytes) {
    begin_ += bytes;
    DCHECK(begin_ <= end_);
    if (begin_ == end_ && capacity_ <= kFirstBytes) begin_ = end_ = 0;
}

std::span<char> InputBuffer::Prepare(std::size_t expected_bytes) {
    const std::size_t unread = end_ - begin_;
    std::size_t wanted = capacity_;
    if (end_ == capacity_ && capacity_ != 0) {
        wanted = capacity_ * 2;  // the read before this one found the buffer too small
    } else if (unread == 0) {
        wanted = kFirstBytes;
    }
    wanted = std::min(std::max({wanted, expected_bytes, kFirstBytes}), kBytesMax);
    if (wanted != capacity_) {
        auto larger = std::make_unique_for_overwrite<char[]>(wanted);
        CHECK(unread < wanted);
        if (unread != 0) std::memcpy(larger.get(), data_.get() + begin_, unread);
        data_ = std::move(larger);
        capacity_ = wanted;
    } else if (begin_ != 0) {
        std::memmove(data_.get(), data_.get() + begin_, unread);
    }
    begin_ = 0;
    end_ = unread;
    CHECK(end_ < capacity_);
    return {data_.get() + end_, capacity_ - end_};
}

void InputBuffer::Release() {
    data_.reset();
    capacity_ = begin_ = end_ = 0;
}

}  // namespace coupon::http
