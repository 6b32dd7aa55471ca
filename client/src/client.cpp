#include "tasker/client/client.hpp"

#include "client_state.hpp"
#include "query.hpp"

#include "tasker/base/percent.hpp"

#include <algorithm>
#include <utility>

namespace tasker::client {

namespace {

using boost::beast::http::verb;

constexpr std::chrono::seconds longest_wait{300};
constexpr std::int32_t largest_page = 1'000;

std::string task_path(task_id id) {
    return "/v1/tasks/" + id.to_string();
}

/// "1.500"
std::string seconds_text(std::chrono::milliseconds time) {
    constexpr int thousand = 1'000;
    auto const fraction = std::to_string(thousand + time.count() % thousand);
    return std::to_string(time.count() / thousand) + '.' + fraction.substr(1);
}

} // namespace

client::client(std::string_view url, client_options options) : state_{std::make_unique<state>()} {
    state_->options = options;
    auto parsed = base_url::parse(url);
    if (parsed.has_error()) {
        state_->bad_url = std::move(parsed).error();
    } else {
        state_->connection.emplace(std::move(*parsed), options.max_response_bytes);
    }
}

client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

result<wire::task_view> client::create_task(wire::create_task_request const& request) {
    return state_->post("/v1/tasks", request, &wire::read_task_view,
                        request.idempotency_key.has_value());
}

result<std::vector<wire::created_task>>
client::create_tasks(std::span<wire::create_task_request const> requests) {
    std::string body;
    wire::append_create_batch(body, requests);
    bool const have_keys = std::all_of(requests.begin(), requests.end(), [](auto const& request) {
        return request.idempotency_key.has_value();
    });
    return state_->call({.method = verb::post,
                         .target = "/v1/tasks/batch",
                         .body = std::move(body),
                         .content_type = "application/json",
                         .is_repeatable = have_keys},
                        &wire::read_created_batch);
}

result<wire::task_view> client::get_task(task_id id) {
    return state_->call({.target = task_path(id)}, &wire::read_task_view);
}

result<wire::task_view> client::wait(task_id id, std::chrono::milliseconds limit) {
    auto const end = steady_clock::now() + limit;
    for (;;) {
        using std::chrono::milliseconds;
        auto const left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
        auto const part = std::clamp<milliseconds>(left, milliseconds{0}, longest_wait);
        auto target = task_path(id);
        add_query(target, "wait", seconds_text(part));
        auto task = state_->call({.target = std::move(target)}, &wire::read_task_view, part);
        if (task.has_error() || wire::is_finished(*task)) {
            return task;
        }
        if (steady_clock::now() >= end) {
            return failure{.code = errc::timeout,
                           .message = "task " + id.to_string() + " is still " +
                                      std::string{model::to_string(task->state)},
                           .status = state_->last.status,
                           .envelope = {},
                           .was_sent = true};
        }
    }
}

result<wire::page<wire::task_view>> client::list_tasks(task_filter const& filter,
                                                       page_request const& part) {
    std::string target = "/v1/tasks";
    add_page(target, part);
    add_optional(target, "namespace", filter.name_space);
    add_optional(target, "name", filter.name);
    add_optional(target, "version", filter.version);
    if (filter.state) {
        add_query(target, "state", model::to_string(*filter.state));
    }
    if (filter.created_after) {
        add_query(target, "created_after", to_rfc3339(*filter.created_after));
    }
    if (filter.created_before) {
        add_query(target, "created_before", to_rfc3339(*filter.created_before));
    }
    for (auto const& each : filter.labels) {
        add_query(target, "label", each.name + ':' + each.value);
    }
    if (filter.context) {
        add_query(target, "context", filter.context->pointer + ':' + filter.context->value);
    }
    if (filter.children) {
        add_query(target, "children", "true");
    }
    return state_->call({.target = std::move(target)}, &wire::read_task_page);
}

result<wire::page<wire::task_view>>
client::list_children(task_id id, std::optional<model::task_state> in, page_request const& part) {
    auto target = task_path(id) + "/children";
    add_page(target, part);
    if (in) {
        add_query(target, "state", model::to_string(*in));
    }
    return state_->call({.target = std::move(target)}, &wire::read_task_page);
}

result<wire::task_view> client::cancel_task(task_id id, wire::cancel_request const& how) {
    return state_->post(task_path(id) + "/cancel", how, &wire::read_task_view);
}

result<wire::task_view> client::retry_task(task_id id, wire::action_request const& request) {
    return state_->post(task_path(id) + "/retry", request, &wire::read_task_view, false);
}

result<wire::task_view> client::rerun_task(task_id id, wire::rerun_request const& request) {
    return state_->post(task_path(id) + "/rerun", request, &wire::read_task_view,
                        request.idempotency_key.has_value());
}

result<wire::task_view> client::resolve_step(task_id id, std::string_view step,
                                             wire::resolve_request const& request) {
    return state_->post(task_path(id) + "/steps/" + percent_encode(step) + "/resolve", request,
                        &wire::read_task_view);
}

result<wire::task_view> client::set_priority(task_id id, wire::priority_request const& request) {
    return state_->post(task_path(id) + "/priority", request, &wire::read_task_view);
}

result<wire::task_view> client::edit_task(task_id id, wire::edit_request const& request) {
    return state_->post(task_path(id) + "/edit", request, &wire::read_task_view);
}

result<wire::task_view> client::pause_task(task_id id, wire::action_request const& request) {
    return state_->post(task_path(id) + "/pause", request, &wire::read_task_view);
}

result<wire::task_view> client::resume_task(task_id id, wire::action_request const& request) {
    return state_->post(task_path(id) + "/resume", request, &wire::read_task_view);
}

result<wire::pauses_view> client::pause_tasks(wire::pause_request const& request) {
    return state_->post("/v1/pause", request, &wire::read_pauses);
}

result<wire::pauses_view> client::resume_tasks(wire::pause_request const& request) {
    return state_->post("/v1/resume", request, &wire::read_pauses);
}

result<wire::pauses_view> client::list_pauses() {
    return state_->call({.target = "/v1/pauses"}, &wire::read_pauses);
}

result<wire::signal_reply> client::send_signal(task_id id, std::string_view name,
                                               wire::signal_request const& request) {
    return state_->post(task_path(id) + "/signals/" + percent_encode(name), request,
                        &wire::read_signal_reply, request.idempotency_key.has_value());
}

result<wire::keyed_signal_reply> client::send_signal_by_key(std::string_view name_space,
                                                            std::string_view name,
                                                            std::string_view key,
                                                            wire::signal_request const& request) {
    auto target = "/v1/signals/" + percent_encode(name);
    add_query(target, "namespace", name_space);
    add_query(target, "key", key);
    return state_->post(target, request, &wire::read_keyed_signal_reply,
                        request.idempotency_key.has_value());
}

result<wire::page<wire::signal_wait>> client::list_signals(signal_filter const& filter,
                                                           page_request const& part) {
    std::string target = "/v1/signals";
    add_page(target, part);
    add_optional(target, "namespace", filter.name_space);
    add_optional(target, "name", filter.name);
    if (filter.only_forms) {
        add_query(target, "form", "true");
    }
    return state_->call({.target = std::move(target)}, &wire::read_signal_page);
}

result<wire::prune_view> client::prune_tasks(prune_request const& request) {
    std::string target = "/v1/tasks/prune";
    add_query(target, "state", model::to_string(request.state));
    add_query(target, "finished_before", to_rfc3339(request.finished_before));
    add_optional(target, "namespace", request.name_space);
    add_optional(target, "name", request.name);
    add_optional(target, "cursor", request.cursor);
    if (request.dry_run) {
        add_query(target, "dry_run", "true");
    }
    return state_->call({.method = verb::post, .target = std::move(target)},
                        &wire::read_prune_view);
}

result<wire::explanation_view> client::explain_task(task_id id) {
    return state_->call({.target = task_path(id) + "/explanation"}, &wire::read_explanation);
}

result<wire::compensation_view> client::get_compensation(task_id id) {
    return state_->call({.target = task_path(id) + "/compensation"}, &wire::read_compensation);
}

result<wire::page<wire::step_view>> client::list_steps(task_id id, page_request const& part) {
    auto target = task_path(id) + "/steps";
    add_page(target, part);
    return state_->call({.target = std::move(target)}, &wire::read_step_page);
}

result<wire::page<wire::item_view>> client::list_items(task_id id, std::string_view step,
                                                       std::optional<model::step_state> in,
                                                       page_request const& part) {
    auto target = task_path(id) + "/steps/" + percent_encode(step) + "/items";
    add_page(target, part);
    if (in) {
        add_query(target, "state", model::to_string(*in));
    }
    return state_->call({.target = std::move(target)}, &wire::read_item_page);
}

result<std::vector<wire::step_view>> client::all_steps(task_id id) {
    std::vector<wire::step_view> steps;
    page_request part{.limit = largest_page};
    do {
        auto page = list_steps(id, part);
        if (page.has_error()) {
            return std::move(page).error();
        }
        std::move(page->items.begin(), page->items.end(), std::back_inserter(steps));
        part.cursor = std::move(page->next_cursor);
    } while (part.cursor);
    return steps;
}

result<wire::step_view> client::get_step(task_id id, std::string_view name) {
    return state_->call({.target = task_path(id) + "/steps/" + percent_encode(name)},
                        &wire::read_step_view);
}

result<wire::template_view> client::register_template(std::string_view text,
                                                      template_format format) {
    return state_->call(
        {.method = verb::post,
         .target = "/v1/templates",
         .body = std::string{text},
         .content_type = format == template_format::yaml ? "application/yaml" : "application/json"},
        &wire::read_template_view);
}

result<wire::page<wire::template_view>> client::list_templates(template_filter const& filter,
                                                               page_request const& part) {
    std::string target = "/v1/templates";
    add_page(target, part);
    add_optional(target, "namespace", filter.name_space);
    add_optional(target, "name", filter.name);
    add_optional(target, "version", filter.version);
    return state_->call({.target = std::move(target)}, &wire::read_template_page);
}

result<wire::template_view> client::get_template(std::string_view name_space, std::string_view name,
                                                 std::string_view version) {
    return state_->call({.target = "/v1/templates/" + percent_encode(name_space) + '/' +
                                   percent_encode(name) + '/' + percent_encode(version)},
                        &wire::read_template_view);
}

result<std::string> client::health() {
    auto sent = state_->exchange({.target = "/health"});
    if (sent.has_error()) {
        return std::move(sent).error();
    }
    return state_->last.body;
}

http_response const& client::last_response() const noexcept {
    return state_->last;
}

} // namespace tasker::client
