#include "template_cache.hpp"

#include "tasker/log/log.hpp"
#include "tasker/queue/templates.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;
using wire::error_code;

constexpr std::int32_t versions_in_a_page = 1000;

std::string key_of(std::string_view name_space, std::string_view name) {
    std::string key;
    key.reserve(name_space.size() + name.size() + 1);
    return key.append(name_space).append("/").append(name);
}

std::string key_of(std::string_view name_space, std::string_view name, std::string_view version) {
    std::string key;
    key.reserve(name_space.size() + name.size() + version.size() + 2);
    return key.append(name_space).append("/").append(name).append("/").append(version);
}

/// The three numbers of a version; an invalid version ranks lowest.
std::array<std::uint32_t, 3> rank(std::string_view version) {
    std::array<std::uint32_t, 3> numbers{};
    auto const* at = version.data();
    auto const* const end = version.data() + version.size();
    for (auto& number : numbers) {
        at = std::from_chars(at, end, number).ptr;
        if (at != end && *at == '.') {
            ++at;
        }
    }
    return numbers;
}

/// The value of a key in a definition from the database, as JSON.
std::optional<std::string> value_of(std::string_view key, std::string_view definition) {
    simdjson::ondemand::parser parser;
    simdjson::padded_string const text{definition};
    simdjson::ondemand::document document;
    simdjson::ondemand::value value;
    std::string_view raw;
    if (parser.iterate(text).get(document) || document[key].get(value) ||
        simdjson::to_json_string(value).get(raw)) {
        return std::nullopt;
    }
    return std::string{raw};
}

boost::system::result<json_schema::validator, json_schema::invalid_schema>
validator_of(std::string_view definition) {
    auto const schema = value_of("input_schema", definition);
    return schema ? json_schema::validator::compile(*schema, "input_schema")
                  : json_schema::validator{};
}

wire::error_body unknown(std::string_view name_space, std::string_view name,
                         std::string_view version) {
    return {error_code::not_found,
            "no template " + key_of(name_space, name) +
                (version.empty() ? "" : " of version " + std::string{version}) + " is registered",
            {}};
}

} // namespace

api_result<std::optional<std::string>> fill_context(cached_template const& from,
                                                    std::string_view context) {
    auto filled = from.input.with_defaults(context);
    auto const problems =
        from.input.validate(filled ? std::string_view{*filled} : context, "context");
    if (problems.empty()) {
        return filled;
    }
    wire::error_body refused{wire::error_code::unprocessable,
                             "the context does not match the template's input schema",
                             {}};
    std::ranges::transform(problems, std::back_inserter(refused.details), wire::to_detail);
    return refused;
}

template_cache::template_cache(database& database, template_cache_settings settings)
    : database_{database},
      settings_{settings} {}

template_ptr template_cache::lookup(template_name const& wanted) {
    if (wanted.version) {
        return use(key_of(wanted.name_space, wanted.name, *wanted.version));
    }
    auto const latest = latest_.find(key_of(wanted.name_space, wanted.name));
    if (latest == latest_.end()) {
        return nullptr;
    }
    // Once the entry is old, the first caller renews it. The others use the old entry, unless the
    // renewal takes as long as the entry was valid.
    auto const age = steady_clock::now() - latest->second.asked;
    auto const admitted = latest->second.asking ? 2 * settings_.latest_ttl : settings_.latest_ttl;
    if (age >= admitted) {
        return nullptr;
    }
    return use(key_of(wanted.name_space, wanted.name, latest->second.version));
}

asio::awaitable<api_result<template_ptr>> template_cache::find(template_name wanted) {
    if (auto cached = lookup(wanted)) {
        co_return cached;
    }
    if (!wanted.version) {
        auto latest = co_await find_latest(wanted.name_space, wanted.name);
        if (!latest) {
            co_return latest.error();
        }
        wanted.version = std::move(*latest);
        if (auto cached = use(key_of(wanted.name_space, wanted.name, *wanted.version))) {
            co_return cached;
        }
    }
    auto loaded = co_await load(wanted.name_space, wanted.name, *wanted.version);
    co_return loaded;
}

void template_cache::forget_latest() noexcept {
    ++registrations_;
    latest_.clear();
    refused_.clear();
}

void template_cache::forget(template_ptr const& gone) {
    latest_.erase(key_of(gone->name_space, gone->name));
    auto const found = entries_.find(key_of(gone->name_space, gone->name, gone->version));
    if (found != entries_.end() && found->second.value == gone) {
        uses_.erase(found->second.use);
        entries_.erase(found);
    }
}

asio::awaitable<api_result<std::string>> template_cache::find_latest(std::string name_space,
                                                                     std::string name) {
    auto const asked = steady_clock::now();
    auto const registrations = registrations_;
    auto const key = key_of(name_space, name);
    if (auto const old = latest_.find(key); old != latest_.end()) {
        old->second.asking = true;
    }
    queue::template_filter filter{
        .name_space = name_space, .name = name, .version = {}, .after = {}};
    std::string best;
    for (;;) {
        auto const until = asked + settings_.call_timeout;
        auto page = co_await database_.run(
            [&filter, until](pg::connection& connection) {
                return queue::get_templates(connection, filter, queue::definitions::left_out,
                                            versions_in_a_page, until);
            },
            until);
        if (!page) {
            if (auto const old = latest_.find(key); old != latest_.end()) {
                old->second.asking = false;
            }
            co_return to_error_body(page.error());
        }
        for (auto const& each : *page) {
            if (best.empty() || rank(each.version) > rank(best)) {
                best = each.version;
            }
        }
        if (page->size() < static_cast<std::size_t>(versions_in_a_page)) {
            break;
        }
        filter.after = page->back().id;
    }
    if (best.empty()) {
        co_return unknown(name_space, name, {});
    }
    // The result may lack versions that were registered meanwhile.
    if (registrations == registrations_) {
        if (latest_.size() >= settings_.capacity) {
            latest_.clear();
        }
        latest_.insert_or_assign(key, latest_version{best, asked});
    }
    co_return best;
}

asio::awaitable<api_result<template_ptr>>
template_cache::load(std::string name_space, std::string name, std::string version) {
    auto key = key_of(name_space, name, version);
    if (auto const refused = refused_.find(key); refused != refused_.end()) {
        co_return refused->second;
    }
    auto const until = steady_clock::now() + settings_.call_timeout;
    queue::template_filter const filter{
        .name_space = name_space, .name = name, .version = version, .after = {}};
    auto found = co_await database_.run(
        [&filter, until](pg::connection& connection) {
            return queue::get_templates(connection, filter, queue::definitions::included, 1, until);
        },
        until);
    if (!found) {
        co_return to_error_body(found.error());
    }
    if (found->empty()) {
        co_return unknown(name_space, name, version);
    }
    auto const& stored = found->front();
    auto const definition = stored.definition.value_or("{}");
    auto input = validator_of(definition);
    if (!input) {
        co_return refuse(std::move(key), input.error());
    }
    auto loaded = std::make_shared<cached_template const>(
        cached_template{.id = stored.id,
                        .name_space = stored.name_space,
                        .name = stored.name,
                        .version = stored.version,
                        .steps_total = stored.steps_total,
                        .budget = value_of("budget", definition),
                        .input = std::move(*input)});
    keep(std::move(key), loaded);
    co_return loaded;
}

wire::error_body template_cache::refuse(std::string key,
                                        json_schema::invalid_schema const& invalid) {
    wire::error_body refusal{error_code::unprocessable,
                             "the stored input schema of template " + key +
                                 " is not valid; register a new version of the template",
                             {}};
    for (auto const& problem : invalid.problems) {
        refusal.details.push_back({problem.path, problem.problem}); // lines say nothing here
    }
    if (refused_.size() >= settings_.capacity) {
        refused_.clear();
    }
    // Another request may have found the same problems meanwhile.
    if (refused_.insert_or_assign(key, refusal).second) {
        auto const& first = invalid.problems.front();
        log::error("stored_template_not_valid",
                   {{"template", key}, {"problem", first.path + ": " + first.problem}});
    }
    return refusal;
}

template_ptr template_cache::use(std::string const& key) {
    auto const found = entries_.find(key);
    if (found == entries_.end()) {
        return nullptr;
    }
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.value;
}

void template_cache::keep(std::string key, template_ptr loaded) {
    // Another request may have loaded the same template meanwhile.
    if (entries_.contains(key)) {
        return;
    }
    while (entries_.size() >= settings_.capacity) {
        entries_.erase(uses_.back());
        uses_.pop_back();
    }
    uses_.push_front(key);
    entries_.emplace(std::move(key), entry{std::move(loaded), uses_.begin()});
}

} // namespace tasker::orchestration
