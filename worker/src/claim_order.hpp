#pragma once

#include "tasker/queue/names.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// The queues to claim from, and their order.
///
/// A queue is checked after a notification, until a claim finds it empty. Higher priority
/// comes first, and namespaces take turns within a priority. Every `ageing`th claim takes the
/// highest priority last and starts with one of the others, in turn, so that none starves.
///
/// Threads: one.
class claim_order {
public:
    static constexpr std::uint64_t ageing = 8;

    explicit claim_order(std::vector<std::string> const& name_spaces);

    /// Names of queues, comma-separated; unknown names are ignored. True if one belongs to this
    /// worker.
    bool announce(std::string_view names);

    void announce_all();

    std::vector<std::string> all() const;

    /// Whether a claim would check any queue.
    bool any() const;

    /// The queues for a claim. They count as empty from now on, unless a notification arrives.
    std::vector<std::string> start_claim();

    /// The outcome of the claim. `last` is the queue of the last step it returned. `full`: it
    /// returned as many as requested, so that queue and those after it may have more.
    void finish_claim(std::vector<std::string> const& asked, bool full, std::string_view last);

    /// Whether a queue of higher priority than this one may have steps.
    bool has_higher_priority_work(std::string_view queue) const;

private:
    struct entry {
        std::string queue;
        queue::priority priority;
        bool may_have_steps = true;
    };

    entry* find(std::string_view queue);
    entry const* find(std::string_view queue) const;

    std::vector<entry> entries_; ///< by descending priority, then as the namespaces were given
    std::size_t name_spaces_;
    std::uint64_t claims_ = 0;
};

} // namespace tasker::worker
