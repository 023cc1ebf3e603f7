#include "load/response_scanner.h"

#include <charconv>

#include "common/ascii.h"

namespace coupon::load {
namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::size_t kStatusDigits = 3;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// The number at the start of `text`, or -1.
std::int64_t NumberAt(std::string_view text) {
    std::int64_t number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::int64_t SequenceIn(std::string_view body) {
    constexpr std::string_view kMember = "\"sequence\":";
    const auto at = body.find(kMember);
    if (at == std::string_view::npos) return 0;
    const std::int64_t sequence = NumberAt(body.substr(at + kMember.size()));
    return sequence > 0 ? sequence : 0;
}

struct Header {
    std::int64_t length = -1;
    bool close = false;
    bool chunked = false;
};

/// `lines`: from the first field to before the empty line, each ended by CRLF. Only names that
/// begin with C or T are compared.
Header ReadFields(std::string_view lines) {
    Header header;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find("\r\n"));
        lines.remove_prefix(std::min(lines.size(), line.size() + 2));
        const char initial = line.empty() ? ' ' : static_cast<char>(line.front() | 0x20);
        if (initial != 'c' && initial != 't') continue;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        const std::string_view name = line.substr(0, colon);
        if (EqualsIgnoringCase(name, "content-length")) {
            header.length = NumberAt(value);
        } else if (EqualsIgnoringCase(name, "connection")) {
            header.close = EqualsIgnoringCase(value, "close");
        } else if (EqualsIgnoringCase(name, "transfer-encoding")) {
            header.chunked = true;
        }
    }
    return header;
}

}  // namespace

ResponseScanner::Step ResponseScanner::Feed(std::string_view bytes) {
    const std::size_t before = gathered_.size();
    std::size_t size = 0;
    State state = State::kNeedsMore;
    if (before == 0) {
        state = Scan(bytes, size);
    } else {
        gathered_.append(bytes);
        state = Scan(gathered_, size);
    }
    if (state == State::kComplete) {
        gathered_.clear();
        return {.state = state, .consumed = size - before};
    }
    if (state == State::kNeedsMore && before == 0) gathered_.assign(bytes);
    if (gathered_.size() > kAnswerBytesMax) state = State::kMalformed;
    return {.state = state, .consumed = bytes.size()};
}

ResponseScanner::State ResponseScanner::Scan(std::string_view bytes, std::size_t& size) {
    const std::size_t known = std::min(bytes.size(), kVersion.size());
    if (bytes.substr(0, known) != kVersion.substr(0, known)) return State::kMalformed;
    const auto header_end = bytes.find(kHeaderEnd);
    if (header_end == std::string_view::npos) return State::kNeedsMore;
    const std::int64_t status = NumberAt(bytes.substr(kVersion.size(), kStatusDigits));
    if (status < 200 || status > 599) {  // nothing here asks for an interim answer
        return State::kMalformed;
    }
    const auto first_line_end = bytes.find("\r\n");
    const Header header =
        first_line_end == header_end
            ? Header{}
            : ReadFields(bytes.substr(first_line_end + 2, header_end - first_line_end - 2));
    const bool bodiless = status == 204 || status == 304;
    if (header.chunked || (header.length < 0 && !bodiless) ||
        header.length > static_cast<std::int64_t>(kAnswerBytesMax)) {
        return State::kMalformed;
    }
    const std::size_t body_at = header_end + kHeaderEnd.size();
    const std::size_t body_bytes = bodiless ? 0 : static_cast<std::size_t>(header.length);
    if (bytes.size() < body_at + body_bytes) return State::kNeedsMore;
    size = body_at + body_bytes;
    response_ = {.status = static_cast<int>(status), .close = header.close};
    if (wants_sequence_) response_.sequence = SequenceIn(bytes.substr(body_at, body_bytes));
    return State::kComplete;
}

}  // namespace coupon::load
