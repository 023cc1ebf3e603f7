#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/exchange.h"
#include "http/request_parser.h"

namespace coupon::http {

/// Reads one complete header block into views. A derived class of Beast's parser that stores
/// nothing but what Request needs; lives on the stack for one call.
class HeaderReader final : public boost::beast::http::basic_parser<true> {
public:
    explicit HeaderReader(Request& request);

    /// `header` ends with its empty line. The refusal, if it is not to be handed on.
    std::optional<Refusal> Read(std::string_view header);

    /// Meaningful when Read refused nothing.
    std::size_t ContentLength() const { return content_length_; }
    bool ExpectsContinue() const { return expects_continue_ && !http10_; }
    bool IsHttp10() const { return http10_; }

private:
    using Field = boost::beast::http::field;
    using View = boost::beast::string_view;
    using ErrorCode = boost::beast::error_code;
    using OptionalLength = boost::optional<std::uint64_t>;

    void on_request_impl(boost::beast::http::verb verb, View method, View target, int version,
                         ErrorCode& ec) override;
    void on_field_impl(Field field, View name, View value, ErrorCode& ec) override;
    void on_response_impl(int, View, int, ErrorCode&) override {}
    void on_header_impl(ErrorCode&) override {}
    void on_body_init_impl(const OptionalLength&, ErrorCode&) override {}
    std::size_t on_body_impl(View body, ErrorCode&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) override {
        return body.size();
    }
    void on_finish_impl(ErrorCode&) override {}

    void Refuse(const Refusal& refusal, ErrorCode& ec);
    void ReadContentLength(std::string_view value, ErrorCode& ec);
    void ReadHost(std::string_view value, ErrorCode& ec);
    void TakeOnce(std::string_view& into, std::string_view value, ErrorCode& ec);
    bool ReadTarget(std::string_view target);
    Refusal RefusalOf(const ErrorCode& ec, std::string_view header) const;

    Request& request_;
    std::optional<Refusal> refusal_;
    std::string_view host_;
    std::string_view authority_;  ///< of an absolute-form target
    std::size_t content_length_ = 0;
    bool has_host_ = false;
    bool has_content_length_ = false;
    bool expects_continue_ = false;
    bool http10_ = false;
};

}  // namespace coupon::http
