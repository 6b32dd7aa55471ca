#include "claim_order.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tasker::worker {

claim_order::claim_order(std::vector<std::string> const& name_spaces)
    : name_spaces_{name_spaces.size()} {
    using enum queue::priority;
    for (auto const priority : {urgent, high, normal, low}) {
        for (auto const& each : name_spaces) {
            entries_.push_back({queue::queue_name(each, priority), priority});
        }
    }
}

bool claim_order::announce(std::string_view names) {
    bool ours = false;
    while (!names.empty()) {
        auto const comma = names.find(',');
        if (auto* const found = find(names.substr(0, comma))) {
            found->may_have_steps = true;
            ours = true;
        }
        names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
    }
    return ours;
}

void claim_order::announce_all() {
    for (auto& each : entries_) {
        each.may_have_steps = true;
    }
}

std::vector<std::string> claim_order::all() const {
    std::vector<std::string> queues;
    queues.reserve(entries_.size());
    std::ranges::transform(entries_, std::back_inserter(queues), &entry::queue);
    return queues;
}

bool claim_order::any() const {
    return std::ranges::any_of(entries_, &entry::may_have_steps);
}

std::vector<std::string> claim_order::start_claim() {
    ++claims_;
    auto const aged = claims_ / ageing;
    auto const is_aged = claims_ % ageing == 0;
    auto const below_top = entries_.size() / name_spaces_ - 1;
    // Aged claims are counted separately, so that each priority meets each namespace.
    auto const first_name_space = is_aged ? aged / below_top : claims_ - aged;
    std::vector<std::string> queues;
    for (std::size_t rank = 0; rank <= below_top; ++rank) {
        auto priority = rank; // 0 is the highest
        if (is_aged) {
            priority = rank == below_top ? 0 : 1 + (aged + rank) % below_top;
        }
        for (std::size_t turn = 0; turn < name_spaces_; ++turn) {
            auto& each =
                entries_[priority * name_spaces_ + (turn + first_name_space) % name_spaces_];
            if (std::exchange(each.may_have_steps, false)) {
                queues.push_back(each.queue);
            }
        }
    }
    return queues;
}

void claim_order::finish_claim(std::vector<std::string> const& asked, bool full,
                               std::string_view last) {
    if (!full) {
        return;
    }
    auto const from = std::ranges::find(asked, last);
    TASKER_ASSERT(from != asked.end());
    std::for_each(from, asked.end(),
                  [this](std::string const& each) { find(each)->may_have_steps = true; });
}

bool claim_order::has_higher_priority_work(std::string_view queue) const {
    auto const* const own = find(queue);
    return own != nullptr && std::ranges::any_of(entries_, [own](entry const& each) {
               return each.may_have_steps && each.priority > own->priority;
           });
}

claim_order::entry* claim_order::find(std::string_view queue) {
    return const_cast<entry*>(std::as_const(*this).find(queue));
}

claim_order::entry const* claim_order::find(std::string_view queue) const {
    auto const found = std::ranges::find(entries_, queue, &entry::queue);
    return found == entries_.end() ? nullptr : &*found;
}

} // namespace tasker::worker
