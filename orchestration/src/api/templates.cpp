#include "api/templates.hpp"

#include "api/page.hpp"
#include "api/query_reader.hpp"
#include "api/refusal.hpp"
#include "failure.hpp"
#include "tasker/http/content_type.hpp"
#include "tasker/model/compiled_template.hpp"
#include "tasker/model/names.hpp"
#include "tasker/model/webhook_template.hpp"
#include "tasker/model/workflow_template.hpp"
#include "tasker/queue/templates.hpp"
#include "tasker/wire/template_view.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;
using wire::error_code;

/// A template with the one that it needs: that of webhooks.
struct new_templates {
    queue::new_template wanted;
    std::optional<queue::new_template> webhook;
};

using new_templates_result = boost::system::result<new_templates, model::invalid_template>;

queue::new_template compiled(model::workflow_template const& source, std::string_view environment) {
    auto made = model::compile(source, environment);
    auto steps = model::steps_json(made);
    return queue::new_template{.name_space = std::move(made.name_space),
                               .name = std::move(made.name),
                               .version = std::move(made.version),
                               .environment = std::move(made.environment),
                               .hash = std::move(made.hash),
                               .definition = std::move(made.definition),
                               .steps = std::move(steps),
                               .result = std::move(made.result)};
}

new_templates_result compile(std::string_view text, http::media format,
                             std::string_view environment) {
    auto const parsed = format == http::media::yaml ? model::parse_template_yaml(text)
                                                    : model::parse_template_json(text);
    if (!parsed) {
        return parsed.error();
    }
    new_templates out{.wanted = compiled(*parsed, environment), .webhook = {}};
    if (model::has_webhook(*parsed)) {
        out.webhook = compiled(model::webhook_template(parsed->name_space), environment);
    }
    return out;
}

asio::awaitable<result<queue::register_reply>> register_all(pg::connection& connection,
                                                            new_templates wanted, deadline until) {
    if (wanted.webhook) {
        auto const first =
            co_await queue::register_template(connection, std::move(*wanted.webhook), until);
        if (!first) {
            co_return first.error();
        }
    }
    co_return co_await queue::register_template(connection, std::move(wanted.wanted), until);
}

http::response invalid_template(model::invalid_template const& why) {
    std::vector<wire::error_detail> details;
    details.reserve(why.problems.size());
    for (auto const& problem : why.problems) {
        details.push_back(wire::to_detail(problem));
    }
    return http::error_response(error_code::unprocessable, "the template is not valid",
                                std::move(details));
}

std::string path_of(wire::template_view const& shown) {
    return "/v1/templates/" + shown.name_space + '/' + shown.name + '/' + shown.version;
}

} // namespace

templates::templates(database& database, template_cache& cache, side_thread& side_thread,
                     templates_settings settings)
    : database_{database},
      cache_{cache},
      side_thread_{side_thread},
      settings_{std::move(settings)} {}

void templates::add_routes(http::router& to) {
    to.add({.method = verb::post,
            .pattern = "/v1/templates",
            .handle = [this](http::request& asked) { return add(asked); },
            .max_body_bytes = settings_.max_body_bytes,
            .body = http::body_kind::json_or_yaml});
    to.add({.method = verb::get,
            .pattern = "/v1/templates",
            .handle = [this](http::request& asked) { return list(asked); },
            .query = http::query_names{"namespace", "name", "version", "limit", "cursor"}});
    to.add({verb::get, "/v1/templates/{namespace}/{name}/{version}",
            [this](http::request& asked) { return get(asked); }});
}

asio::awaitable<http::response> templates::add(http::request& asked) {
    auto const format = http::media_of(asked.content_type);
    auto const compiled = co_await side_thread_.run(
        [&asked, format, this] { return compile(asked.body, format, settings_.environment); });
    if (!compiled) {
        co_return invalid_template(compiled.error());
    }
    auto const until = steady_clock::now() + settings_.call_timeout;
    auto const registered = co_await database_.run(
        [&compiled, until](pg::connection& connection) {
            return register_all(connection, *compiled, until);
        },
        until);
    if (!registered) {
        co_return http::error_response(to_error_body(registered.error()));
    }
    cache_.forget_latest();
    auto const& wanted = compiled->wanted;
    queue::template_filter const filter{.name_space = wanted.name_space,
                                        .name = wanted.name,
                                        .version = wanted.version,
                                        .after = {}};
    auto stored = co_await database_.run(
        [&filter, until](pg::connection& connection) {
            return queue::get_templates(connection, filter, queue::definitions::left_out, 1, until);
        },
        until);
    if (!stored || stored->empty()) {
        co_return http::error_response(
            stored ? wire::error_body{error_code::unavailable,
                                      "the template was removed while it was being registered",
                                      {}}
                   : to_error_body(stored.error()));
    }
    stored->front().definition = wanted.definition;
    http::response response{.status = registered->created ? 201U : 200U, .body = {}};
    wire::append(response.body, stored->front());
    if (registered->created) {
        response.fields.emplace_back("Location", path_of(stored->front()));
    }
    co_return response;
}

asio::awaitable<http::response> templates::list(http::request& asked) {
    query_reader query{asked.query};
    queue::template_filter const filter{
        .name_space = query.checked("namespace", model::namespace_problem),
        .name = query.checked("name", model::name_problem),
        .version = query.checked("version", model::version_problem),
        .after = query.cursor(wire::decode_template_cursor, query.filters()),
    };
    auto const read = [](pg::connection& connection, queue::template_filter wanted,
                         std::int32_t limit, deadline until) {
        return queue::get_templates(connection, std::move(wanted), queue::definitions::left_out,
                                    limit, until);
    };
    auto found = co_await read_rows<wire::template_view>(database_, settings_.call_timeout, query,
                                                         filter, read);
    if (!found) {
        co_return std::move(found).error();
    }
    co_return ok(page_of(std::move(*found), &wire::template_view::id, query.filters()));
}

asio::awaitable<http::response> templates::get(http::request& asked) {
    queue::template_filter const filter{.name_space = asked.parameter("namespace"),
                                        .name = asked.parameter("name"),
                                        .version = asked.parameter("version"),
                                        .after = {}};
    auto const until = steady_clock::now() + settings_.call_timeout;
    auto const found = co_await database_.run(
        [&filter, until](pg::connection& connection) {
            return queue::get_templates(connection, filter, queue::definitions::included, 1, until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    if (found->empty()) {
        co_return http::error_response(error_code::not_found, "no template " + *filter.name_space +
                                                                  '/' + *filter.name +
                                                                  " of this version is registered");
    }
    co_return ok(found->front());
}

} // namespace tasker::orchestration::api
