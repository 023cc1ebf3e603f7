#include "http/response_writer.h"

#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "common/check.h"
#include "common/time_format.h"

namespace coupon::http {
namespace {

void AppendNumber(std::string& out, std::size_t number, int base) {
    std::array<char, 24> digits{};
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
    CHECK(error == std::errc());
    out.append(digits.data(), end);
}

void AppendStatusLine(std::string& out, int status) {
    if (status == 201) {  // what an admitted claim gets; the rest is looked up
        out.append("HTTP/1.1 201 Created\r\n");
        return;
    }
    const auto reason =
        boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    out.append("HTTP/1.1 ");
    AppendNumber(out, static_cast<std::size_t>(status), 10);
    out.append(" ").append(reason.data(), reason.size()).append("\r\n");
}

}  // namespace

void DateLine::Update(std::chrono::sys_seconds now) {
    if (now == second_) return;
    second_ = now;
    std::array<char, kHttpDateBytes> date{};
    text_ = "Date: ";
    text_.append(FormatHttpDate(now, date)).append("\r\n");
}

void AppendResponse(std::string& out, const Response& response, BodyFraming framing, bool close,
                    std::string_view date_line) {
    DCHECK(response.status >= 200 && response.status < 600);
    DCHECK(response.extra_headers.empty() || response.extra_headers.ends_with("\r\n"));
    const bool bodiless = response.status == 204 || response.status == 304;
    AppendStatusLine(out, response.status);
    if (!response.content_type.empty()) {
        out.append("Content-Type: ").append(response.content_type).append("\r\n");
    }
    const bool streamed = framing == BodyFraming::kChunked || response.stream != nullptr;
    if (framing == BodyFraming::kChunked) {
        out.append("Transfer-Encoding: chunked\r\n");
    } else if (!bodiless && !streamed) {
        out.append("Content-Length: ");
        AppendNumber(out, response.body.size(), 10);
        out.append("\r\n");
    }
    out.append(date_line);
    if (response.extra_headers.empty() ||
        response.extra_headers.find("Cache-Control:") == std::string_view::npos) {
        out.append("Cache-Control: no-store\r\n");
    }
    out.append(response.extra_headers);
    out.append(close ? "Connection: close\r\n\r\n" : "\r\n");
    if (framing == BodyFraming::kLength && !bodiless) out.append(response.body);
}

void AppendChunk(std::string& out, std::string_view piece) {
    CHECK(!piece.empty());
    AppendNumber(out, piece.size(), 16);
    out.append("\r\n").append(piece).append("\r\n");
}

void AppendLastChunk(std::string& out) { out.append("0\r\n\r\n"); }

}  // namespace coupon::http
