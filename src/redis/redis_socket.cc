#include "redis/redis_socket.h"

#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <string>

#include "common/config_values.h"

namespace coupon::redis {

namespace ssl = boost::asio::ssl;

Result<ssl::context> MakeTlsContext(const RedisOptions& options) {
    boost::system::error_code error;
    ssl::context context(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    if (options.ca_file.empty()) {
        context.set_default_verify_paths(error);
    } else {
        context.load_verify_file(options.ca_file.string(), error);
    }
    if (error) {
        return ConfigurationError("redis.ca_file",
                                  options.ca_file.string() + ": " + error.message());
    }
    return context;
}

RedisSocket::ErrorCode RedisSocket::PrepareTls(const RedisNode& node, bool verify_peer) {
    ErrorCode error;
    tls_->set_verify_mode(verify_peer ? ssl::verify_peer : ssl::verify_none, error);
    if (error) return error;
    if (verify_peer) tls_->set_verify_callback(ssl::host_name_verification(node.host), error);
    if (error) return error;
    boost::asio::ip::make_address(node.host, error);
    const bool is_name = error.failed();  // SNI carries names only
    if (is_name && SSL_set_tlsext_host_name(tls_->native_handle(), node.host.c_str()) != 1) {
        return ssl::error::unspecified_system_error;
    }
    return {};
}

}  // namespace coupon::redis
