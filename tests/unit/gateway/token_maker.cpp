#include "token_maker.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace ringcast::gateway {
namespace {

std::string base64url(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) out.push_back(digits[(bits >> (count - 6)) & 63U]);
    }
    if (count > 0) out.push_back(digits[(bits << (6 - count)) & 63U]);
    return out;
}

std::string sign(const std::string& text, const std::string& secret, const EVP_MD* hash) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(hash, secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
    return base64url({reinterpret_cast<const char*>(mac.data()), size});
}

}  // namespace

std::string make_token(const std::string& claims, const std::string& secret,
                       const std::string& algorithm) {
    const EVP_MD* hash = algorithm == "HS512"   ? EVP_sha512()
                         : algorithm == "HS384" ? EVP_sha384()
                                                : EVP_sha256();
    const std::string text =
        base64url(R"({"alg":")" + algorithm + R"(","typ":"JWT"})") + '.' + base64url(claims);
    return text + '.' + sign(text, secret, hash);
}

std::string make_token_with_header(const std::string& header, const std::string& claims,
                                   const std::string& secret) {
    const std::string text = base64url(header) + '.' + base64url(claims);
    return text + '.' + (secret.empty() ? std::string() : sign(text, secret, EVP_sha256()));
}

}  // namespace ringcast::gateway
