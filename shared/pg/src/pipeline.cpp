#include "pipeline.hpp"

#include "tasker/pg/error.hpp"

#include <utility>

namespace tasker::pg {

void pipeline::sent(char const* preparing) {
    calls_.push_back({preparing != nullptr ? due::preparation : due::rows, preparing});
}

bool pipeline::on_prepared() {
    if (!is_due(due::preparation)) {
        return false;
    }
    calls_.front().next = due::rows;
    return true;
}

bool pipeline::on_rows(rows found) {
    if (!is_due(due::rows) || calls_.front().preparation_failed) {
        return false;
    }
    calls_.front().answer.emplace(std::move(found));
    calls_.front().next = due::sync;
    return true;
}

bool pipeline::on_error(error failure) {
    if (calls_.empty()) {
        return false;
    }
    auto& current = calls_.front();
    switch (current.next) {
    case due::preparation:
        current.preparation_failed = true;
        current.next = due::rows;
        break;
    case due::rows:
        if (current.preparation_failed) {
            return false;
        }
        current.next = due::sync;
        break;
    case due::sync:
        // The commit failed, or the session ended meanwhile: only the latter is in doubt.
        if (ruins_connection(failure)) {
            failure.code = errc::connection_lost_in_doubt;
        }
        break;
    }
    current.answer.emplace(std::move(failure));
    return true;
}

bool pipeline::on_skipped() {
    if (!is_due(due::rows) || !calls_.front().preparation_failed) {
        return false;
    }
    calls_.front().next = due::sync;
    return true;
}

std::optional<pipeline::finished> pipeline::on_sync() {
    if (!is_due(due::sync)) {
        return std::nullopt;
    }
    auto done = std::move(calls_.front());
    calls_.pop_front();
    return finished{std::move(*done.answer), done.preparation_failed ? done.preparing : nullptr};
}

std::vector<result<rows>> pipeline::on_end(end why, std::string const& message) {
    auto const code = why == end::timeout     ? errc::timeout_in_doubt
                      : why == end::cancelled ? errc::cancelled_in_doubt
                                              : errc::connection_lost_in_doubt;
    std::vector<result<rows>> answers;
    answers.reserve(calls_.size());
    for (auto& each : std::exchange(calls_, {})) {
        if (each.answer && each.answer->has_error()) {
            answers.push_back(std::move(*each.answer));
        } else {
            answers.emplace_back(make_error(code, message));
        }
    }
    return answers;
}

} // namespace tasker::pg
