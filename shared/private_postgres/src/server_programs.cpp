#include "tasker/private_postgres/server_programs.hpp"

#include "tasker/process/child_process.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <vector>

namespace tasker::private_postgres {

namespace {

constexpr std::chrono::seconds answer_limit{10};

/// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)" -> 15; "… 19beta1" -> 19.
std::optional<int> parse_major_version(std::string_view text) {
    constexpr std::string_view mark = "(PostgreSQL) ";
    auto const at = text.find(mark);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    int major = 0;
    char const* const begin = text.data() + at + mark.size();
    auto const parsed = std::from_chars(begin, text.data() + text.size(), major);
    return parsed.ec == std::errc{} ? std::optional{major} : std::nullopt;
}

std::optional<server_programs> inspect(std::filesystem::path const& folder) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "initdb", ignored)) {
        return std::nullopt;
    }
    auto const answer = process::run_program({.argv = {folder / "postgres", "--version"}},
                                             steady_clock::now() + answer_limit);
    if (!answer || !answer->status.is_success()) {
        return std::nullopt;
    }
    auto const major = parse_major_version(answer->out);
    return major ? std::optional{server_programs{folder, *major}} : std::nullopt;
}

std::vector<server_programs> debian_programs() {
    std::vector<server_programs> found;
    std::error_code ignored;
    for (auto const& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored}) {
        if (auto programs = inspect(entry.path() / "bin")) {
            found.push_back(std::move(*programs));
        }
    }
    std::ranges::sort(found, std::ranges::greater{}, &server_programs::major_version);
    return found;
}

std::optional<server_programs> configured_programs() {
    auto const answer = process::run_program({.argv = {"pg_config", "--bindir"}},
                                             steady_clock::now() + answer_limit);
    if (!answer || !answer->status.is_success()) {
        return std::nullopt;
    }
    return inspect(answer->out.substr(0, answer->out.find('\n')));
}

} // namespace

result<server_programs> find_server_programs(std::optional<int> major_version) {
    auto const fits = [&](server_programs const& programs) {
        return !major_version || programs.major_version == *major_version;
    };
    std::string const wanted = "the server programs (initdb, postgres) of PostgreSQL" +
                               (major_version ? " " + std::to_string(*major_version) : "");

    char const* const named = std::getenv("TASKER_PG_BIN"); // NOLINT(concurrency-mt-unsafe)
    if (named != nullptr && *named != '\0') {
        if (auto programs = inspect(named); programs && fits(*programs)) {
            return *programs;
        }
        return make_error(errc::not_found,
                          "TASKER_PG_BIN=" + std::string{named} + " does not contain " + wanted);
    }
    if (auto programs = configured_programs(); programs && fits(*programs)) {
        return *programs;
    }
    for (server_programs& programs : debian_programs()) {
        if (fits(programs)) {
            return std::move(programs);
        }
    }
    return make_error(errc::not_found,
                      wanted + " are not in `pg_config --bindir` and not in "
                               "/usr/lib/postgresql/*/bin; install them (Debian: apt-get install "
                               "postgresql) or name their folder in TASKER_PG_BIN");
}

} // namespace tasker::private_postgres
