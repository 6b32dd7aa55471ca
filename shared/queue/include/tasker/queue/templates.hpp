#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/template_view.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Templates in the database; see steps.hpp for the rules of all calls.

namespace tasker::queue {

struct new_template {
    std::string name_space;
    std::string name;
    std::string version;
    std::string environment;
    std::string hash;                  ///< of the canonical definition
    std::string definition;            ///< JSON: canonical, as the API returns it
    std::string steps;                 ///< JSON array: compiled, in topological order
    std::optional<std::string> result; ///< JSON array: compiled; see compiled_template
};

struct register_reply {
    template_id id;
    bool created = false; ///< false: the same content was already registered
};

/// Errors: TK003 (exists with other content), TK006 (registered for another environment), TK007 (a
/// condition that PostgreSQL does not accept).
boost::asio::awaitable<result<register_reply>>
register_template(pg::connection& connection, new_template wanted, deadline until);

/// Absent filters match everything.
struct template_filter {
    std::optional<std::string> name_space;
    std::optional<std::string> name;
    std::optional<std::string> version;
    std::optional<template_id> after; ///< continue after this one
};

/// A definition can have megabytes; omit it if you do not need it.
enum class definitions { left_out, included };

/// In the order of their ids, at most `limit`.
boost::asio::awaitable<result<std::vector<wire::template_view>>>
get_templates(pg::connection& connection, template_filter filter, definitions definitions,
              std::int32_t limit, deadline until);

} // namespace tasker::queue
