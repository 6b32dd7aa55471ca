#pragma once

#include "database.hpp"
#include "failure.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/json_schema/validator.hpp"
#include "tasker/wire/error_body.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace tasker::orchestration {

/// The data of a template that task creation needs. Templates are immutable, so it never expires.
struct cached_template {
    template_id id;
    std::string name_space;
    std::string name;
    std::string version;
    std::int32_t steps_total = 0;
    std::optional<std::string> budget; ///< JSON
    json_schema::validator input;
};

using template_ptr = std::shared_ptr<cached_template const>;

/// The context of a task with the defaults of the input schema; none if it has no defaults to add.
/// Errors: unprocessable: it does not match the schema.
api_result<std::optional<std::string>> fill_context(cached_template const& from,
                                                    std::string_view context);

/// A template as a request names it.
struct template_name {
    std::string name_space;
    std::string name;
    std::optional<std::string> version; ///< none: the latest
};

struct template_cache_settings {
    std::size_t capacity = 1000;
    std::chrono::milliseconds latest_ttl{5000};
    std::chrono::milliseconds call_timeout{10'000};
};

/// A cache of templates, read from the database at first use; the least recently used one is
/// evicted. The latest version is read again after forget_latest() and after a while.
///
/// Lifetime: `from` must outlive it, and it must outlive the calls. Threads: one.
class template_cache {
public:
    template_cache(database& database, template_cache_settings settings);

    /// The template if it is cached; null: call find().
    template_ptr lookup(template_name const& wanted);

    /// Errors: not_found, unavailable; unprocessable: its stored input schema is not valid, because
    /// a server with other rules registered it.
    boost::asio::awaitable<api_result<template_ptr>> find(template_name wanted);

    /// Call it when a template was registered somewhere. Templates with an invalid schema are read
    /// again too.
    void forget_latest() noexcept;

    /// Call it when the database no longer has this template.
    void forget(template_ptr const& gone);

    std::size_t size() const noexcept {
        return entries_.size();
    }

private:
    struct entry {
        template_ptr value;
        std::list<std::string>::iterator use; ///< its key, in uses_
    };

    struct latest_version {
        std::string version;
        steady_clock::time_point asked;
        bool asking = false; ///< renewal in flight; meanwhile others use the old entry
    };

    boost::asio::awaitable<api_result<std::string>> find_latest(std::string name_space,
                                                                std::string name);
    boost::asio::awaitable<api_result<template_ptr>> load(std::string name_space, std::string name,
                                                          std::string version);
    template_ptr use(std::string const& key);
    wire::error_body refuse(std::string key, json_schema::invalid_schema const& invalid);
    void keep(std::string key, template_ptr loaded);

    database& database_;
    template_cache_settings settings_;
    std::unordered_map<std::string, entry> entries_;         ///< by "namespace/name/version"
    std::list<std::string> uses_;                            ///< keys, most recently used first
    std::unordered_map<std::string, latest_version> latest_; ///< by "namespace/name"
    /// Templates with an invalid input schema, by "namespace/name/version".
    std::unordered_map<std::string, wire::error_body> refused_;
    std::uint64_t registrations_ = 0; ///< calls of forget_latest()
};

} // namespace tasker::orchestration
