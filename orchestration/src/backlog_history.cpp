#include "backlog_history.hpp"

#include <algorithm>
#include <utility>

namespace tasker::orchestration {

void backlog_history::add(std::vector<queue::backlog> const& sample) {
    std::map<std::string, past, std::less<>> renewed;
    for (auto const& each : sample) {
        auto& kept = renewed[each.namespace_name];
        if (auto const found = namespaces_.find(each.namespace_name); found != namespaces_.end()) {
            kept = found->second;
        }
        kept.lengths[kept.count++ % kept.lengths.size()] = each.steps;
    }
    namespaces_ = std::move(renewed);
}

std::vector<growing_backlog> backlog_history::growing() const {
    std::vector<growing_backlog> all;
    for (auto const& [name, kept] : namespaces_) {
        if (kept.count < kept.lengths.size()) {
            continue;
        }
        std::array<std::int64_t, spans> least{};
        for (std::size_t span = 0; span < spans; ++span) {
            least[span] = kept.lengths[(kept.count + span * samples_in_span) % kept.lengths.size()];
            for (std::size_t i = 1; i < samples_in_span; ++i) {
                auto const at = (kept.count + span * samples_in_span + i) % kept.lengths.size();
                least[span] = std::min(least[span], kept.lengths[at]);
            }
        }
        bool const rises = std::ranges::adjacent_find(least, std::greater_equal<>{}) == least.end();
        if (rises && least.back() - least.front() >= least_growth) {
            all.push_back({.namespace_name = name, .before = least.front(), .now = least.back()});
        }
    }
    return all;
}

} // namespace tasker::orchestration
