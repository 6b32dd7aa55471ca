#include "tasker/model/webhook_template.hpp"

#include <string_view>
#include <utility>

namespace tasker::model {

namespace {

constexpr std::string_view name_and_handler = "tasker.webhook";

} // namespace

workflow_template webhook_template(std::string name_space) {
    step_template deliver;
    deliver.name = "deliver";
    // With these the last attempt is about 20 hours after the first.
    deliver.settings = {.callable = std::string{name_and_handler},
                        .max_attempts = 30,
                        .backoff = backoff_kind::exponential,
                        .backoff_base_ms = 5'000,
                        .max_backoff_ms = 3'600'000};
    workflow_template out;
    out.name = name_and_handler;
    out.name_space = std::move(name_space);
    out.version = "1.0.0";
    out.description = "Delivers webhooks of on_failure and on_complete";
    out.steps.push_back(std::move(deliver));
    return out;
}

bool has_webhook(workflow_template const& source) noexcept {
    return (source.on_failure && source.on_failure->webhook) ||
           (source.on_complete && source.on_complete->webhook);
}

} // namespace tasker::model
