#pragma once

#include "tasker/queue/names.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// Which queues are worth looking into, and in which order.
///
/// A queue is worth a look once it was announced, until a claim has found it empty. Higher priority
/// comes first, and namespaces take turns within a priority. Every `ageing`th claim takes the
/// highest priority last and starts with one of the others, in turn, so that none starves.
///
/// Threads: one.
class claim_order {
public:
    static constexpr std::uint64_t ageing = 8;

    explicit claim_order(std::vector<std::string> const& name_spaces);

    /// Names of queues, separated by commas; strangers' are passed over. True if one is ours.
    bool announce(std::string_view names);

    void announce_all();

    std::vector<std::string> all() const;

    /// Whether a claim would look anywhere.
    bool any() const;

    /// The queues for a claim. They count as empty from now on, unless announced meanwhile.
    std::vector<std::string> begin();

    /// What the claim brought. `last` is the queue of the last step it returned; `full`, that it
    /// returned as many as asked for: so that queue, and those behind it, may hold more.
    void end(std::vector<std::string> const& asked, bool full, std::string_view last);

    /// Whether a queue of higher priority than this one is worth a look.
    bool outranked(std::string_view queue) const;

private:
    struct entry {
        std::string queue;
        queue::priority level;
        bool worth = true;
    };

    entry* find(std::string_view queue);
    entry const* find(std::string_view queue) const;

    std::vector<entry> entries_; ///< by descending priority, then as the namespaces were given
    std::size_t name_spaces_;
    std::uint64_t claims_ = 0;
};

} // namespace tasker::worker
