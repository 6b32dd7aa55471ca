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

/// The keywords that are handed to libpq: the DSN's own, and ours where it is silent.
class conninfo {
public:
    /// Errors: those of parse_dsn.
    static result<conninfo> make(connect_options const& options);

    /// How many hosts the DSN names, at least 1.
    std::size_t hosts() const;

    /// Moves the first host behind the last one.
    void rotate_hosts();

    /// The DSN's limit for one attempt, if it has one.
    std::optional<std::chrono::seconds> connect_timeout() const;

    /// Null-terminated, as PQconnectStartParams wants them. Valid until this object changes.
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
