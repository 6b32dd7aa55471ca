#include "store_notes.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

/// Limits of one call, so that no call takes long.
constexpr std::size_t max_call_steps = 500;
constexpr std::size_t max_call_bytes = 8U << 20U;

bool has_unstored(std::shared_ptr<execution> const& step) {
    return step->notes.has_unstored();
}

} // namespace

bool have_unstored_notes(std::vector<std::shared_ptr<execution>> const& steps) {
    return std::ranges::any_of(steps, has_unstored);
}

asio::awaitable<result<void>> store_notes(pg::connection& connection,
                                          std::vector<std::shared_ptr<execution>> steps,
                                          deadline until) {
    std::erase_if(steps, [](auto const& each) { return !has_unstored(each); });
    auto most = max_call_steps;
    for (std::size_t first = 0; first < steps.size();) {
        std::vector<queue::noted_step> notes;
        std::vector<std::int32_t> numbers;
        std::size_t bytes = 0;
        while (first + notes.size() < steps.size() && notes.size() < most &&
               bytes < max_call_bytes) {
            auto const& each = *steps[first + notes.size()];
            notes.push_back(each.notes.unstored(queue::lease_of(each.step)));
            numbers.push_back(notes.back().number);
            bytes += notes.back().checkpoint ? notes.back().checkpoint->size() : 0;
        }
        auto const stored = co_await queue::store_progress(connection, std::move(notes), until);
        if (!stored && !pg::is_callers_fault(stored.error())) {
            co_return stored.error();
        }
        if (!stored && numbers.size() > 1) {
            most = numbers.size() / 2; // until the note that is refused is alone
            continue;
        }
        most = max_call_steps;
        if (!stored) {
            log::warn("progress_refused", {{"error", stored.error()}});
        }
        for (std::size_t index = 0; index < numbers.size(); ++index) {
            steps[first + index]->notes.mark_stored(numbers[index]);
        }
        first += numbers.size();
    }
    co_return result<void>{};
}

} // namespace tasker::worker
