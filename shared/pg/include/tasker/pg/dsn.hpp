#pragma once

#include "tasker/base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::pg {

/// Keyword and value, as libpq reads them.
using dsn_settings = std::map<std::string, std::string>;

/// The parameters of a connection string, as libpq reads both forms (URI, key=value).
/// Errors: `invalid_argument` if libpq cannot read it, or reads a part of the password as the host,
/// the port or the database, because errors of libpq would then show it: for libpq, the first @ or
/// / of a URI ends the password. The message contains no part of the string.
result<dsn_settings> parse_dsn(std::string const& dsn);

/// "host=db.example port=5432 dbname=app user=app": the parts that may be logged. Never the string
/// itself, and never a value that may be part of a password.
std::string describe_dsn(std::string const& dsn);

/// A permanent refusal of the server, or of a pooler in front of it, as an `invalid_argument` with
/// instructions. `message`: libpq's error after a failure to connect.
std::optional<error> final_refusal(std::string_view message);

} // namespace tasker::pg
