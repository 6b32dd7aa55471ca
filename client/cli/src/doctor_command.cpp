#include "command_line.hpp"

#include "json_field.hpp"
#include "report.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tasker::cli {

namespace {

struct severity {
    std::string_view name;
    std::string_view title;
    std::string_view mark;
    std::string_view ascii_mark;
    tone colour;
};

constexpr std::array severities{severity{"error", "Errors", "✗", "x", tone::bad},
                                severity{"warning", "Warnings", "!", "!", tone::waiting},
                                severity{"info", "For information", "i", "i", tone::dim}};

std::string group_text(severity const& of, wire::diagnosis const& found, terminal const& out) {
    std::string text;
    auto const mark = out.has_unicode ? of.mark : of.ascii_mark;
    for (auto const& each : found.findings) {
        if (each.severity == of.name) {
            text +=
                fmt::format("{} {}\n  {}\n", paint(mark, of.colour, out), one_line(each.sentence),
                            paint(one_line(each.hint), tone::dim, out));
        }
    }
    return text.empty() ? text : fmt::format("{}\n{}", paint(of.title, tone::strong, out), text);
}

std::string findings_text(wire::diagnosis const& found, terminal const& out) {
    if (found.findings.empty()) {
        return "No problem found.\n";
    }
    std::string text;
    for (auto const& each : severities) {
        auto const group = group_text(each, found, out);
        text += (text.empty() || group.empty() ? "" : "\n") + group;
    }
    return text;
}

/// Whether the orchestrator reaches its database; prints why not.
bool reaches_database(command_line const& line, client::client& api) {
    auto const health = api.health();
    if (health.has_error()) {
        return true; // the next call reports it
    }
    auto const database = json_field(*health, "/checks/database");
    if (!database || *database == "ok") {
        return true;
    }
    fmt::print(stderr, "tasker: the orchestrator at {} responds, but its database does not: {}\n",
               line.url(), one_line(*database));
    return false;
}

exit_code diagnose(command_line const& line) {
    auto api = line.connect();
    if (!reaches_database(line, api)) {
        return exit_code::failed;
    }
    auto const found = api.diagnose();
    if (found.has_error()) {
        return report(found.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else {
        print(findings_text(*found, line.out()));
    }
    auto const has_error = std::ranges::any_of(
        found->findings, [](auto const& each) { return each.severity == "error"; });
    return has_error ? exit_code::failed : exit_code::ok;
}

} // namespace

void add_doctor_command(command_line& line) {
    line.add_api_command(line.root(), "doctor", "Find what is wrong, and what to do about it",
                         "tasker doctor", [&line] { return diagnose(line); });
}

} // namespace tasker::cli
