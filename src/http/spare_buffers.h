#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace coupon::http {

/// Answer buffers that one event loop keeps for reuse, so that an answer in the ordinary course
/// allocates nothing: at most limits::kSpareBuffersMax, none larger than
/// limits::kSpareBufferBytesMax. Confined to the loop's thread.
class SpareBuffers {
public:
    /// An empty buffer that has some room already.
    std::string Take();
    /// Keeps the buffer, or frees it when there are enough or it is too large. Leaves it empty.
    void Give(std::string&& buffer);
    std::size_t KeptForTest() const { return kept_.size(); }

private:
    std::vector<std::string> kept_;
};

}  // namespace coupon::http
