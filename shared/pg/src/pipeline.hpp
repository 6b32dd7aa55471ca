#pragma once

#include "tasker/pg/rows.hpp"

#include "tasker/base/error.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace tasker::pg {

/// Assigns the answers of the server to calls; does no I/O.
///
/// The server answers each call in this order: its preparation (only if it had to be prepared), its
/// rows, and the sync that confirms its commit. An error skips the rest before the sync, which
/// always comes; an error in place of the sync is a failed commit.
class pipeline {
public:
    /// Why answers are still missing.
    enum class end { lost, timeout, cancelled };

    struct finished {
        result<rows> answer;
        /// The name of the statement that could not be prepared, or null.
        char const* unprepared = nullptr;
    };

    /// A call has been sent; `preparing` names the statement if it is prepared along with it.
    void sent(char const* preparing);

    /// The number of calls that wait for their sync.
    std::size_t unfinished() const noexcept {
        return calls_.size();
    }

    // The server's answers, in order of arrival. False: no such answer was expected.
    bool on_prepared();
    bool on_rows(rows found);
    bool on_error(error failure);
    bool on_skipped();

    /// The oldest call is finished; none if no sync was expected.
    std::optional<finished> on_sync();

    /// The outcomes of the unfinished calls when no more answers will come. A call that the server
    /// refused keeps that answer; all others are in doubt.
    std::vector<result<rows>> on_end(end why, std::string const& message);

private:
    enum class due { preparation, rows, sync };

    struct call {
        due next;
        char const* preparing;
        bool preparation_failed = false;
        std::optional<result<rows>> answer = std::nullopt;
    };

    bool is_due(due exchange) const noexcept {
        return !calls_.empty() && calls_.front().next == exchange;
    }

    std::deque<call> calls_;
};

} // namespace tasker::pg
