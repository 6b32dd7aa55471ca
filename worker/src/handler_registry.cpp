#include "tasker/worker/handler_registry.hpp"

#include <stdexcept>
#include <utility>

namespace tasker::worker {

// NOLINTNEXTLINE(performance-unnecessary-value-param): `run` is moved
void handler_registry::add(std::string name, handler run) {
    if (name.empty() || name.size() > max_name_length) {
        throw std::invalid_argument{"a handler's name must have 1 to " +
                                    std::to_string(max_name_length) + " characters, not " +
                                    std::to_string(name.size())};
    }
    if (!run) {
        throw std::invalid_argument{"handler \"" + name + "\" has no function"};
    }
    auto const [position, is_new] = handlers_.try_emplace(std::move(name), std::move(run));
    if (!is_new) {
        throw std::invalid_argument{"handler \"" + position->first + "\" is registered twice"};
    }
}

handler const* handler_registry::find(std::string_view name) const noexcept {
    auto const found = handlers_.find(name);
    return found == handlers_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> handler_registry::names() const {
    std::vector<std::string_view> all;
    all.reserve(handlers_.size());
    for (auto const& [name, run] : handlers_) {
        all.push_back(name);
    }
    return all;
}

} // namespace tasker::worker
