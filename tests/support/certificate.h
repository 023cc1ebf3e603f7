#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace coupon::support {

/// Makes key.pem and a self-signed certificate.pem for 127.0.0.1 in `folder`, with openssl; named
/// `name`, good for two days.
inline void MakeCertificate(const std::filesystem::path& folder, const std::string& name) {
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        " -subj /CN=" +
        name + " -addext subjectAltName=IP:127.0.0.1 -keyout '" + (folder / "key.pem").string() +
        "' -out '" + (folder / "certificate.pem").string() + "' 2>/dev/null";
    EXPECT_EQ(std::system(make.c_str()), 0);
}

}  // namespace coupon::support
