#pragma once

#include <string>

namespace ringcast::gateway {

/// A JWT with these claims (JSON), signed with the secret.
std::string make_token(const std::string& claims, const std::string& secret = "secret",
                       const std::string& algorithm = "HS256");

/// The same with any header and no regard to what it says: signed by HMAC-SHA256, or not at all
/// when the secret is empty.
std::string make_token_with_header(const std::string& header, const std::string& claims,
                                   const std::string& secret);

}  // namespace ringcast::gateway
