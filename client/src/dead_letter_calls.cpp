#include "client_state.hpp"
#include "query.hpp"

namespace tasker::client {

namespace {

using boost::beast::http::verb;

constexpr std::string_view list_path = "/v1/dead-letters";

void add_filter(std::string& target, wire::dead_letter_filter const& filter) {
    add_optional(target, "namespace", filter.name_space);
    add_optional(target, "template", filter.template_name);
    add_optional(target, "step", filter.step);
    add_optional(target, "error_type", filter.error_type);
    if (filter.failed_before) {
        add_query(target, "failed_before", to_rfc3339(*filter.failed_before));
    }
}

http_request action(std::string_view name, wire::dead_letter_request const& request) {
    std::string body;
    wire::append(body, request);
    return {.method = verb::post,
            .target = std::string{list_path}.append("/").append(name),
            .body = std::move(body),
            .content_type = "application/json",
            .is_repeatable = false};
}

} // namespace

result<wire::page<wire::dead_letter>>
client::list_dead_letters(wire::dead_letter_filter const& filter, page_request const& part) {
    std::string target{list_path};
    add_page(target, part);
    add_filter(target, filter);
    return state_->call({.target = std::move(target)}, &wire::read_dead_letter_page);
}

result<wire::dead_letter_groups> client::group_dead_letters(wire::dead_letter_filter const& filter,
                                                            std::int32_t limit) {
    auto target = std::string{list_path} + "/groups";
    add_query(target, "limit", std::to_string(limit));
    add_filter(target, filter);
    return state_->call({.target = std::move(target)}, &wire::read_dead_letter_groups);
}

result<wire::dead_letter_outcome>
client::requeue_dead_letters(wire::dead_letter_request const& request) {
    return state_->call(action("requeue", request), &wire::read_dead_letter_outcome);
}

result<wire::dead_letter_outcome>
client::discard_dead_letters(wire::dead_letter_request const& request) {
    return state_->call(action("discard", request), &wire::read_dead_letter_outcome);
}

result<wire::erase_view> client::erase_task(task_id id) {
    return state_->call(
        {.method = verb::delete_, .target = "/v1/tasks/" + id.to_string(), .is_repeatable = false},
        &wire::read_erase_view);
}

} // namespace tasker::client
