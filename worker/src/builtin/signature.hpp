#pragma once

#include <string>
#include <string_view>

namespace tasker::worker {

/// HMAC-SHA256 (RFC 2104) in 64 lower-case hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view text);

} // namespace tasker::worker
