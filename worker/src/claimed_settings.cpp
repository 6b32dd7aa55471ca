#include "claimed_settings.hpp"

#include "execution.hpp"

#include "tasker/json/path.hpp"
#include "tasker/json/pointer.hpp"
#include "tasker/json/walker.hpp"

#include <exception>
#include <initializer_list>

namespace tasker::worker {

namespace {

constexpr std::string_view empty_object = "{}";

/// What the placeholders of inputs read.
std::vector<json::named_json> sources_of(queue::claimed_step const& step) {
    std::vector<json::named_json> sources{
        {"context", step.context},
        {"parents", step.parents ? std::string_view{*step.parents} : empty_object},
        {"parent_states",
         step.parent_states ? std::string_view{*step.parent_states} : empty_object}};
    auto const add_members = [&sources](std::optional<std::string> const& of,
                                        std::initializer_list<std::string_view> names) {
        for (auto const name : names) {
            if (auto const value = of ? json::find(*of, '/' + std::string{name}) : std::nullopt) {
                sources.push_back({name, *value});
            }
        }
    };
    add_members(step.repetition, {"iteration", "previous"});
    add_members(step.item, {"item", "index", "items"});
    return sources;
}

} // namespace

claimed_settings::claimed_settings(std::string_view text) {
    json::walker from{text};
    from.object([&](std::string_view key) {
        auto const value = from.raw();
        if (key == "inputs") {
            inputs = json::split_json(value);
        } else if (key == "result_schema") {
            result_schema = json_schema::validator::compile(value, key).value();
        }
    });
}

std::shared_ptr<claimed_settings const> claimed_settings_cache::find(std::string const& text) {
    {
        std::lock_guard const lock{mutex_};
        if (auto const found = known_.find(text); found != known_.end()) {
            return found->second;
        }
    }
    // A schema can take long to compile, so the other threads do not wait for it.
    auto parsed = std::make_shared<claimed_settings const>(text);
    std::lock_guard const lock{mutex_};
    if (known_.size() == most) {
        known_.clear();
    }
    return known_.try_emplace(text, std::move(parsed)).first->second;
}

std::optional<step_failure> prepare(execution& step, claimed_settings_cache& known) {
    auto const& claimed = step.step;
    if (!claimed.settings || claimed.has_too_large_parents()) {
        return std::nullopt;
    }
    try {
        step.settings = known.find(*claimed.settings);
        if (!step.settings->inputs.empty()) {
            step.inputs = json::fill(step.settings->inputs, sources_of(claimed));
        }
        return std::nullopt;
    } catch (json::placeholder_error const& problem) {
        return step_failure{.message =
                                json::joined_path("inputs", problem.path) + ": " + problem.what(),
                            .type = "invalid_inputs",
                            .permanent = true};
    } catch (std::exception const& refused) { // registered by a server with other rules
        return step_failure{.message =
                                std::string{"the template's settings of the step are not valid: "} +
                                refused.what(),
                            .type = "invalid_settings",
                            .permanent = true};
    }
}

} // namespace tasker::worker
