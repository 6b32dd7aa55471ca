#include "report.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tasker::cli {

exit_code report(client::failure const& failed, client::client const& api, bool as_json) {
    if (as_json && !api.last_response().body.empty()) {
        print_response(api);
    }
    std::string text = "tasker: " + failed.message + '\n';
    if (failed.envelope) {
        for (auto const& detail : failed.envelope->details) {
            text += "  " + (detail.path.empty() ? "" : detail.path + ": ") + detail.problem + '\n';
        }
    }
    if (failed.code == client::errc::unreachable) {
        text += "Is an orchestrator running there? \"tasker dev\" starts one; --url or TASKER_URL "
                "names another.\n";
    }
    std::fputs(text.c_str(), stderr);
    return exit_code_of(failed);
}

exit_code report_usage(std::string_view problem) {
    fmt::print(stderr, "tasker: {}\n", problem);
    return exit_code::usage;
}

void print_response(client::client const& api) {
    print(api.last_response().body);
    print("\n");
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

} // namespace tasker::cli
