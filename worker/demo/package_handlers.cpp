#include "package_handlers.hpp"

#include "package_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace demo {

namespace {

using nlohmann::json;
using tasker::worker::permanent_error;
using tasker::worker::retryable_error;

constexpr std::size_t default_top = 10;
constexpr std::size_t sections_shown = 8;

std::vector<package> packages_of(step_context const& step) {
    return step.parent_json("read").at("packages").get<std::vector<package>>();
}

std::size_t top(step_context const& step) {
    return step.initialization().value("top", default_top);
}

/// The largest numbers first, then by name, so that the order is always the same.
template <class Number>
std::vector<std::pair<std::string, Number>> ranked(std::map<std::string, Number> const& numbers,
                                                   std::size_t count) {
    std::vector<std::pair<std::string, Number>> all{numbers.begin(), numbers.end()};
    std::ranges::sort(all, [](auto const& left, auto const& right) {
        return left.second != right.second ? left.second > right.second : left.first < right.first;
    });
    all.resize(std::min(all.size(), count));
    return all;
}

std::string megabytes(std::int64_t kilobytes) {
    return fmt::format("{:.1f} MB", static_cast<double>(kilobytes) / 1024);
}

/// The length of the longest name, to align the numbers.
std::size_t name_width(json const& report) {
    constexpr std::size_t least = 30;
    auto width = least;
    for (auto const* const list : {"largest", "most_depended_on"}) {
        for (auto const& each : report.at(list)) {
            width = std::max(width, each.at("name").get_ref<std::string const&>().size());
        }
    }
    return width;
}

std::string render(json const& report) {
    auto const width = name_width(report);
    auto text = fmt::format("{} packages, {} installed\n\nSections with most packages\n",
                            report.at("packages").get<std::int64_t>(),
                            megabytes(report.at("installed_size_kb")));
    auto const& sections = report.at("sections");
    for (std::size_t i = 0; i < std::min(sections.size(), sections_shown); ++i) {
        text += fmt::format("  {:<24}{:>6}{:>14}\n", sections[i].at("section").get<std::string>(),
                            sections[i].at("packages").get<std::int64_t>(),
                            megabytes(sections[i].at("installed_size_kb")));
    }
    text += "\nLargest packages\n";
    for (auto const& each : report.at("largest")) {
        text += fmt::format("  {:<{}}{:>14}\n", each.at("name").get<std::string>(), width,
                            megabytes(each.at("installed_size_kb")));
    }
    text += "\nMost depended on\n";
    for (auto const& each : report.at("most_depended_on")) {
        text += fmt::format("  {:<{}}{:>14}\n", each.at("name").get<std::string>(), width,
                            each.at("dependents").get<std::int64_t>());
    }
    return text;
}

} // namespace

step_result read_packages(step_context const& step) {
    auto const path = step.initialization().at("path").get<std::string>();
    std::ifstream file{path};
    if (!file) {
        int const number = errno;
        auto const message = path + ": " + std::strerror(number);
        return number == ENOENT ? permanent_error(message, "cannot_read")
                                : retryable_error(message, "cannot_read");
    }
    auto const packages = read_package_database(file);
    if (file.bad()) {
        return retryable_error("reading " + path + " failed", "cannot_read");
    }
    return json{{"path", path}, {"packages", packages}};
}

step_result count_by_section(step_context const& step) {
    std::map<std::string, std::int64_t> counts;
    std::map<std::string, std::int64_t> sizes;
    for (auto const& each : packages_of(step)) {
        ++counts[each.section];
        sizes[each.section] += each.installed_size_kb;
    }
    auto sections = json::array();
    for (auto const& [section, count] : ranked(counts, counts.size())) {
        sections.push_back(
            {{"section", section}, {"packages", count}, {"installed_size_kb", sizes.at(section)}});
    }
    return json{{"sections", std::move(sections)}};
}

step_result find_largest(step_context const& step) {
    auto packages = packages_of(step);
    std::ranges::sort(packages, [](package const& left, package const& right) {
        return left.installed_size_kb != right.installed_size_kb
                   ? left.installed_size_kb > right.installed_size_kb
                   : left.name < right.name;
    });
    packages.resize(std::min(packages.size(), top(step)));
    auto largest = json::array();
    for (auto const& each : packages) {
        largest.push_back({{"name", each.name}, {"installed_size_kb", each.installed_size_kb}});
    }
    return json{{"packages", std::move(largest)}};
}

step_result find_most_depended_on(step_context const& step) {
    std::map<std::string, std::int64_t> dependents;
    for (auto const& each : packages_of(step)) {
        for (auto const& name : each.depends) {
            ++dependents[name];
        }
    }
    auto most = json::array();
    for (auto const& [name, count] : ranked(dependents, top(step))) {
        most.push_back({{"name", name}, {"dependents", count}});
    }
    return json{{"packages", std::move(most)}};
}

step_result write_report(step_context const& step) {
    json report{{"sections", step.parent_json("by_section").at("sections")},
                {"largest", step.parent_json("largest").at("packages")},
                {"most_depended_on", step.parent_json("most_depended_on").at("packages")}};
    std::int64_t packages = 0;
    std::int64_t size_kb = 0;
    for (auto const& each : report["sections"]) {
        packages += each.at("packages").get<std::int64_t>();
        size_kb += each.at("installed_size_kb").get<std::int64_t>();
    }
    report["packages"] = packages;
    report["installed_size_kb"] = size_kb;
    report["text"] = render(report);
    return report;
}

} // namespace demo
