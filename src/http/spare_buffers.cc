#include "http/spare_buffers.h"

#include <utility>

#include "common/limits.h"

namespace coupon::http {
namespace {

constexpr std::size_t kFirstBufferBytes = 1024;

}  // namespace

std::string SpareBuffers::Take() {
    std::string buffer;
    if (kept_.empty()) {
        buffer.reserve(kFirstBufferBytes);
    } else {
        buffer = std::move(kept_.back());
        kept_.pop_back();
    }
    return buffer;
}

void SpareBuffers::Give(std::string&& buffer) {
    if (kept_.size() < limits::kSpareBuffersMax &&
        buffer.capacity() <= limits::kSpareBufferBytesMax) {
        buffer.clear();
        kept_.push_back(std::move(buffer));
    }
    std::string().swap(buffer);  // an assignment would keep the room
}

}  // namespace coupon::http
