#include "tasker/worker/step_context.hpp"

#include "execution.hpp"
#include "report.hpp"

#include "tasker/json/pointer.hpp"
#include "tasker/json/storable.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/worker/step_result.hpp"

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::string_view empty_object = "{}";

nlohmann::json const& parsed(std::optional<nlohmann::json>& cache, std::string_view text) {
    if (!cache) {
        cache.emplace(nlohmann::json::parse(text));
    }
    return *cache;
}

} // namespace

step_context::step_context(std::shared_ptr<execution> running) noexcept
    : running_{std::move(running)} {}

task_id step_context::task() const noexcept {
    return running_->step.task;
}

step_no step_context::number() const noexcept {
    return running_->step.step;
}

std::string_view step_context::name() const noexcept {
    return running_->step.name;
}

std::string_view step_context::name_space() const noexcept {
    return running_->step.name_space;
}

std::string_view step_context::template_name() const noexcept {
    return running_->step.template_name;
}

std::string_view step_context::template_version() const noexcept {
    return running_->step.template_version;
}

std::string_view step_context::handler() const noexcept {
    return running_->step.handler;
}

std::string_view step_context::method() const noexcept {
    auto const& method = running_->step.handler_method;
    return method ? std::string_view{*method} : std::string_view{};
}

std::int32_t step_context::attempt() const noexcept {
    return running_->step.failures + 1;
}

std::int32_t step_context::max_attempts() const noexcept {
    return running_->step.max_attempts;
}

std::int32_t step_context::failures() const noexcept {
    return running_->step.failures;
}

std::int32_t step_context::delivery() const noexcept {
    return running_->step.delivery;
}

std::string step_context::idempotency_key() const {
    return task().to_string() + ':' + running_->step.name;
}

nlohmann::json const& step_context::initialization() const {
    return parsed(running_->initialization, initialization_text());
}

nlohmann::json const& step_context::context() const {
    return parsed(running_->context, context_text());
}

nlohmann::json const& step_context::parents() const {
    return parsed(running_->parents, parents_text());
}

nlohmann::json const& step_context::inputs() const {
    return parsed(running_->parsed_inputs, inputs_text());
}

nlohmann::json const& step_context::parent_json(std::string_view step) const {
    auto const& all = parents();
    auto const found = all.find(step);
    if (found == all.end()) {
        throw input_error{"step \"" + running_->step.name + "\" has no parent \"" +
                          std::string{step} + '"'};
    }
    return *found;
}

std::string_view step_context::initialization_text() const noexcept {
    return running_->step.initialization;
}

std::string_view step_context::context_text() const noexcept {
    return running_->step.context;
}

std::string_view step_context::inputs_text() const noexcept {
    auto const& inputs = running_->inputs;
    return inputs ? std::string_view{*inputs} : empty_object;
}

std::string_view step_context::parent_states_text() const noexcept {
    auto const& states = running_->step.parent_states;
    return states ? std::string_view{*states} : empty_object;
}

std::string_view step_context::parents_text() const noexcept {
    auto const& parents = running_->step.parents;
    return parents ? std::string_view{*parents} : empty_object;
}

std::string_view step_context::item_text() const noexcept {
    auto const& item = running_->step.item;
    return item ? std::string_view{*item} : empty_object;
}

nlohmann::json const& step_context::item() const {
    return member_of_item("item");
}

std::int32_t step_context::index() const {
    return member_of_item("index").get<std::int32_t>();
}

nlohmann::json const& step_context::items() const {
    return member_of_item("items");
}

nlohmann::json const& step_context::member_of_item(char const* name) const {
    auto const& all = parsed(running_->item, item_text());
    auto const found = all.find(name);
    if (found == all.end()) {
        throw input_error{"step \"" + running_->step.name + "\" has no `" + name + "`: " +
                          (all.empty() ? "it has no `map`" : "see `batch_size` of its `map`")};
    }
    return *found;
}

std::int32_t step_context::iteration() const {
    auto const& repetition = running_->step.repetition;
    std::int32_t number = 1;
    if (repetition) {
        auto const text = json::find(*repetition, "/iteration").value();
        std::from_chars(text.data(), text.data() + text.size(), number);
    }
    return number;
}

std::string_view step_context::previous_text() const {
    auto const& repetition = running_->step.repetition;
    return repetition ? json::find(*repetition, "/previous").value() : "null";
}

void step_context::checkpoint(nlohmann::json const& value) const {
    set_checkpoint_text(value.dump());
}

void step_context::set_checkpoint_text(std::string json) const {
    if (json.size() > max_checkpoint_bytes) {
        throw permanent_failure{"the checkpoint takes " + std::to_string(json.size()) +
                                    " bytes as JSON; the limit is " +
                                    std::to_string(max_checkpoint_bytes),
                                "checkpoint_too_large"};
    }
    if (auto const found = json::find_problem(json, json::max_result_nesting, json::numbers::any)) {
        throw permanent_failure{json::to_sentence(*found, "the checkpoint"), "invalid_checkpoint"};
    }
    running_->notes.set_checkpoint(std::move(json));
}

nlohmann::json step_context::checkpoint() const {
    return nlohmann::json::parse(checkpoint_text());
}

std::string step_context::checkpoint_text() const {
    if (auto own = running_->notes.checkpoint()) {
        return *std::move(own);
    }
    return running_->step.checkpoint.value_or("null");
}

void step_context::progress(double share, std::string_view message) const {
    if (!(share >= 0 && share <= 1)) {
        throw std::invalid_argument{"progress: must be from 0 to 1, not " + std::to_string(share)};
    }
    running_->notes.set_progress(share,
                                 shortened(json::to_storable(message), max_progress_message_bytes));
}

void step_context::spend(std::string_view unit, std::int64_t amount) const {
    running_->notes.add_spending(unit, amount);
}

std::optional<tasker::deadline> step_context::deadline() const noexcept {
    return running_->due;
}

bool step_context::is_cancelled() const noexcept {
    return running_->stop.stop_requested();
}

std::stop_token step_context::stop_token() const noexcept {
    return running_->stop.get_token();
}

bool step_context::wait_for(std::chrono::milliseconds time) const {
    std::mutex mutex;
    std::condition_variable_any cancelled;
    std::unique_lock lock{mutex};
    auto const stop = stop_token();
    cancelled.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

} // namespace tasker::worker
