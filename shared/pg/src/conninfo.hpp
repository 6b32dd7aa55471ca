#pragma once

#include "tasker/pg/connect_options.hpp"

#include "tasker/base/error.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tasker::pg {

/// The keywords for libpq: those of the DSN, and our defaults.
class conninfo {
public:
    /// Errors: those of parse_dsn.
    static result<conninfo> make(connect_options const& options);

    /// The number of hosts in the DSN, at least 1.
    std::size_t hosts() const;

    /// Moves the first host to the end.
    void rotate_hosts();

    /// The DSN's limit for one attempt, if it has one.
    std::optional<std::chrono::seconds> connect_timeout() const;

    /// Null-terminated, for PQconnectStartParams. Valid until this object changes.
    std::pair<std::vector<char const*>, std::vector<char const*>> keywords_and_values() const;

    /// Null if the keyword is not set.
    std::string const* find(std::string const& keyword) const;

private:
    std::string* find(std::string const& keyword);
    void set(std::string keyword, std::string value);
    void set_unless_given(std::string keyword, std::string value);

    std::vector<std::pair<std::string, std::string>> settings_;
};

} // namespace tasker::pg
