#include "client_state.hpp"
#include "query.hpp"

#include "tasker/base/percent.hpp"

#include <string>
#include <utility>

namespace tasker::client {

namespace {

std::string worker_path(std::string_view name) {
    return "/v1/workers/" + percent_encode(name);
}

} // namespace

result<wire::page<wire::worker_view>> client::list_workers(worker_filter const& filter,
                                                           page_request const& part) {
    std::string target = "/v1/workers";
    add_page(target, part);
    add_optional(target, "namespace", filter.name_space);
    add_optional(target, "state", filter.state);
    return state_->call({.target = std::move(target)}, &wire::read_worker_page);
}

result<wire::worker_view> client::get_worker(std::string_view name) {
    return state_->call({.target = worker_path(name)}, &wire::read_worker_view);
}

result<wire::worker_view> client::drain_worker(std::string_view name) {
    return state_->call({.method = boost::beast::http::verb::post,
                         .target = worker_path(name) + "/drain",
                         .is_repeatable = true},
                        &wire::read_worker_view);
}

result<wire::worker_view> client::stop_worker(std::string_view name) {
    return state_->call({.method = boost::beast::http::verb::post,
                         .target = worker_path(name) + "/stop",
                         .is_repeatable = false},
                        &wire::read_worker_view);
}

result<wire::diagnosis> client::diagnose() {
    return state_->call({.target = "/v1/doctor"}, &wire::read_diagnosis);
}

} // namespace tasker::client
