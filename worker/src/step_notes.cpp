#include "step_notes.hpp"

#include "tasker/model/names.hpp"
#include "tasker/wire/amounts.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tasker::worker {

namespace {

constexpr std::int64_t most_of_a_unit = 1'000'000'000'000'000; ///< as in a budget
constexpr std::size_t most_units = 8;

std::string json_of(std::map<std::string, std::int64_t, std::less<>> const& spent) {
    std::vector<wire::amount> amounts;
    amounts.reserve(spent.size());
    for (auto const& [unit, value] : spent) {
        amounts.push_back({unit, value});
    }
    return wire::amounts_json(amounts);
}

} // namespace

void step_notes::set_checkpoint(std::string json) {
    std::lock_guard const lock{mutex_};
    checkpoint_ = std::move(json);
    lacks_checkpoint_ = true;
    note();
}

void step_notes::set_progress(double share, std::string message) {
    std::lock_guard const lock{mutex_};
    progress_ = share;
    message_ = std::move(message);
    lacks_progress_ = true;
    note();
}

void step_notes::add_spending(std::string_view unit, std::int64_t amount) {
    if (auto const problem = model::name_problem(unit)) {
        throw std::invalid_argument{"spend: the unit " + *problem};
    }
    if (amount < 0 || amount > most_of_a_unit) {
        throw std::invalid_argument{"spend: " + std::string{unit} + " must be from 0 to " +
                                    std::to_string(most_of_a_unit) + ", not " +
                                    std::to_string(amount)};
    }
    std::lock_guard const lock{mutex_};
    auto found = spent_.find(unit);
    if (found == spent_.end()) {
        if (spent_.size() == most_units) {
            throw std::invalid_argument{"spend: an attempt can spend at most " +
                                        std::to_string(most_units) + " units"};
        }
        found = spent_.emplace(unit, 0).first;
    }
    found->second = std::min(found->second + amount, most_of_a_unit);
    lacks_spending_ = true;
    note();
}

std::map<std::string, std::int64_t, std::less<>> step_notes::spent() const {
    std::lock_guard const lock{mutex_};
    return spent_;
}

std::optional<std::string> step_notes::checkpoint() const {
    std::lock_guard const lock{mutex_};
    return checkpoint_;
}

queue::noted_step step_notes::unstored(queue::lease held) const {
    std::lock_guard const lock{mutex_};
    queue::noted_step notes{.held = held,
                            .number = number_,
                            .checkpoint = {},
                            .progress = {},
                            .message = {},
                            .spent = {}};
    if (lacks_checkpoint_) {
        notes.checkpoint = checkpoint_;
    }
    if (lacks_progress_) {
        notes.progress = progress_;
        notes.message = message_;
    }
    if (lacks_spending_) {
        notes.spent = json_of(spent_);
    }
    return notes;
}

void step_notes::mark_stored(std::int32_t number) {
    std::lock_guard const lock{mutex_};
    if (number == number_) {
        lacks_checkpoint_ = false;
        lacks_progress_ = false;
        lacks_spending_ = false;
        has_unstored_ = false;
    }
}

void step_notes::note() {
    ++number_;
    has_unstored_ = true;
}

} // namespace tasker::worker
