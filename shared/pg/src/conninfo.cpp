#include "conninfo.hpp"

#include "tasker/pg/dsn.hpp"

#include <algorithm>
#include <charconv>

namespace tasker::pg {

result<conninfo> conninfo::make(connect_options const& options) {
    auto const parsed = parse_dsn(options.dsn);
    if (!parsed) {
        return parsed.error();
    }
    conninfo info;
    for (auto const& [keyword, value] : *parsed) {
        info.set(keyword, value);
    }
    info.set("client_encoding", "UTF8");
    info.set_unless_given("fallback_application_name", options.application_name);
    info.set_unless_given("keepalives_idle", "30");
    info.set_unless_given("keepalives_interval", "10");
    info.set_unless_given("keepalives_count", "3");
    info.set_unless_given("tcp_user_timeout", "30000");
    return info;
}

std::size_t conninfo::hosts() const {
    std::size_t most = 1;
    for (auto const* keyword : {"host", "hostaddr"}) {
        if (auto const* list = find(keyword)) {
            most = std::max(most, static_cast<std::size_t>(std::ranges::count(*list, ',')) + 1);
        }
    }
    return most;
}

void conninfo::rotate_hosts() {
    // A single port applies to all hosts and is not rotated.
    for (auto const* keyword : {"host", "hostaddr", "port"}) {
        if (auto* list = find(keyword)) {
            if (auto const comma = list->find(','); comma != std::string::npos) {
                *list = list->substr(comma + 1) + "," + list->substr(0, comma);
            }
        }
    }
}

std::optional<std::chrono::seconds> conninfo::connect_timeout() const {
    auto const* text = find("connect_timeout");
    if (text == nullptr) {
        return std::nullopt;
    }
    int seconds = 0;
    std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (seconds <= 0) { // as in libpq: no limit
        return std::nullopt;
    }
    return std::chrono::seconds{seconds};
}

std::pair<std::vector<char const*>, std::vector<char const*>>
conninfo::keywords_and_values() const {
    std::pair<std::vector<char const*>, std::vector<char const*>> arrays;
    for (auto const& [keyword, value] : settings_) {
        arrays.first.push_back(keyword.c_str());
        arrays.second.push_back(value.c_str());
    }
    arrays.first.push_back(nullptr);
    arrays.second.push_back(nullptr);
    return arrays;
}

std::string const* conninfo::find(std::string const& keyword) const {
    auto const at =
        std::ranges::find(settings_, keyword, &std::pair<std::string, std::string>::first);
    return at == settings_.end() ? nullptr : &at->second;
}

std::string* conninfo::find(std::string const& keyword) {
    return const_cast<std::string*>(std::as_const(*this).find(keyword));
}

void conninfo::set(std::string keyword, std::string value) {
    if (auto* present = find(keyword)) {
        *present = std::move(value);
    } else {
        settings_.emplace_back(std::move(keyword), std::move(value));
    }
}

void conninfo::set_unless_given(std::string keyword, std::string value) {
    if (find(keyword) == nullptr) {
        set(std::move(keyword), std::move(value));
    }
}

} // namespace tasker::pg
