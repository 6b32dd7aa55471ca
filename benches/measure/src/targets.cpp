#include "tasker/measure/targets.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace tasker::measure {

namespace {

std::string_view trim(std::string_view text) {
    auto const from = text.find_first_not_of(' ');
    auto const to = text.find_last_not_of(' ');
    return from == std::string_view::npos ? std::string_view{} : text.substr(from, to - from + 1);
}

std::vector<target> targets_of(toml::node const& node) {
    std::vector<target> out;
    if (auto const one = node.value<std::string>()) {
        out.push_back(parse_target(*one));
    } else if (auto const* const several = node.as_array()) {
        for (auto const& each : *several) {
            out.push_back(parse_target(each.value_or(std::string{})));
        }
    } else {
        throw std::invalid_argument{"a target is a text or an array of texts"};
    }
    return out;
}

} // namespace

std::optional<double> target::ratio(double value) const noexcept {
    if (sense == direction::at_least) {
        return value / bound;
    }
    return value == 0 ? std::optional<double>{} : bound / value;
}

target parse_target(std::string_view text) {
    constexpr std::string_view own = "own:";
    constexpr std::array<std::string_view, 6> known{"mean", "min", "max", "p50", "p95", "p99"};
    auto const refuse = [&](char const* why) -> std::invalid_argument {
        return std::invalid_argument{"not a target: \"" + std::string{text} + "\": " + why};
    };
    auto rest = trim(text);
    target out{.statistic = {}, .sense = {}, .bound = 0, .bar = target::level::required};
    if (rest.starts_with(own)) {
        out.bar = target::level::own;
        rest = trim(rest.substr(own.size()));
    }
    auto const sign = rest.find_first_of("<>");
    if (sign == std::string_view::npos) {
        throw refuse("neither < nor >=");
    }
    out.statistic = trim(rest.substr(0, sign));
    if (std::ranges::find(known, out.statistic) == known.end()) {
        throw refuse("the statistic is none of mean, min, max, p50, p95, p99");
    }
    bool const is_floor = rest[sign] == '>';
    if (is_floor && !rest.substr(sign).starts_with(">=")) {
        throw refuse("a floor is written >=");
    }
    out.sense = is_floor ? target::direction::at_least : target::direction::below;
    auto const number = trim(rest.substr(sign + (is_floor ? 2 : 1)));
    auto const [end, failure] =
        std::from_chars(number.data(), number.data() + number.size(), out.bound);
    if (failure != std::errc{} || end != number.data() + number.size() || number.empty()) {
        throw refuse("the bound is not a number");
    }
    return out;
}

bool fits(std::string_view pattern, std::string_view text) {
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == text;
    }
    if (!text.starts_with(pattern.substr(0, star))) {
        return false;
    }
    auto const rest = pattern.substr(star + 1);
    for (std::size_t from = star; from <= text.size(); ++from) {
        if (fits(rest, text.substr(from))) {
            return true;
        }
    }
    return false;
}

target_table target_table::load(std::filesystem::path const& file, std::string_view suite) {
    try {
        auto const document = toml::parse_file(file.string());
        target_table out;
        if (auto const* const section = document[suite].as_table()) {
            for (auto const& [name, node] : *section) {
                out.entries_.push_back({std::string{name.str()}, targets_of(node)});
            }
        }
        // Those without a star come first, then the longer.
        std::ranges::sort(out.entries_, [](entry const& a, entry const& b) {
            auto const rank = [](std::string const& of) {
                return std::pair{of.find('*') != std::string::npos, -std::ssize(of)};
            };
            return std::pair{rank(a.pattern), a.pattern} < std::pair{rank(b.pattern), b.pattern};
        });
        return out;
    } catch (std::exception const& failure) {
        throw std::runtime_error{file.string() + ", suite " + std::string{suite} + ": " +
                                 failure.what()};
    }
}

std::vector<target> target_table::find(std::string_view name) const {
    auto const found =
        std::ranges::find_if(entries_, [&](entry const& each) { return fits(each.pattern, name); });
    return found == entries_.end() ? std::vector<target>{} : found->targets;
}

std::vector<std::string> target_table::unused(std::vector<std::string> const& names) const {
    std::vector<std::string> out;
    for (auto const& each : entries_) {
        if (std::ranges::none_of(
                names, [&](std::string const& name) { return fits(each.pattern, name); })) {
            out.push_back(each.pattern);
        }
    }
    return out;
}

} // namespace tasker::measure
