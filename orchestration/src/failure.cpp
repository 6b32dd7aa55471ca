#include "failure.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tasker::orchestration {

namespace {

using wire::error_code;

/// The errors that Tasker's SQL functions raise.
constexpr std::array<std::pair<std::string_view, error_code>, 7> refusals{{
    {"TK001", error_code::invalid_request},
    {"TK002", error_code::not_found},
    {"TK003", error_code::conflict},
    {"TK004", error_code::conflict},
    {"TK006", error_code::conflict},
    {"TK007", error_code::unprocessable},
    {"TK008", error_code::conflict},
}};

bool is_passing(error const& failure) {
    return pg::is_retryable(failure) || pg::is_in_doubt(failure) ||
           failure.code == pg::errc::timeout || failure.code == pg::errc::closed ||
           failure.code == errc::timeout || failure.code == errc::unavailable ||
           failure.code == errc::cancelled;
}

} // namespace

wire::error_body to_error_body(error const& failure) {
    auto const sqlstate = pg::sqlstate_of(failure);
    for (auto const& [state, code] : refusals) {
        if (sqlstate == state) {
            return {code, failure.message, {}};
        }
    }
    if (pg::is_callers_fault(failure)) {
        // PostgreSQL's message may contain rows of other users.
        log::warn("data_refused", {{"error", failure}});
        return {
            error_code::unprocessable, "the database refused the data; see the server's log", {}};
    }
    if (is_passing(failure)) {
        return {error_code::unavailable, "the database did not respond in time; try again", {}};
    }
    log::error("database_call_failed", {{"error", failure}});
    return {error_code::internal, "internal error; see the server's log", {}};
}

} // namespace tasker::orchestration
