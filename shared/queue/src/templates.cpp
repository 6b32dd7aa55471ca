#include "tasker/queue/templates.hpp"

#include "text_columns.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement register_sql{
    "tasker_register_template",
    "select template_id, created from tasker.register_template($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr pg::statement announce_sql{"tasker_announce_template",
                                     "select pg_notify('tasker_template', '')"};
constexpr pg::statement get_sql{"tasker_get_templates",
                                "select template_id, namespace, name, version, environment, "
                                "steps_total, created_at, definition "
                                "from tasker.get_templates($1, $2, $3, $4, $5, $6)"};

} // namespace

asio::awaitable<result<register_reply>> register_template(pg::connection& connection,
                                                          new_template wanted, deadline until) {
    auto const answer =
        co_await connection.run_then({register_sql, pg::params{}
                                                        .add_text(wanted.name_space)
                                                        .add_text(wanted.name)
                                                        .add_text(wanted.version)
                                                        .add_text(wanted.environment)
                                                        .add_text(wanted.hash)
                                                        .add_json(wanted.definition)
                                                        .add_json(wanted.steps)
                                                        .add_json(wanted.result)},
                                     announce_sql, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return register_reply{template_id{answer->int4(0, 0)}, answer->boolean(0, 1)};
}

asio::awaitable<result<std::vector<wire::template_view>>>
get_templates(pg::connection& connection, template_filter filter, definitions definitions,
              std::int32_t limit, deadline until) {
    auto const answer =
        co_await connection.run({get_sql, pg::params{}
                                              .add_text(filter.name_space)
                                              .add_text(filter.name)
                                              .add_text(filter.version)
                                              .add_int4(filter.after.value_or(template_id{0}).value)
                                              .add_int4(limit)
                                              .add_bool(definitions == definitions::included)},
                                until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<wire::template_view> found;
    found.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        found.push_back({.id = template_id{answer->int4(row, 0)},
                         .name_space = text(*answer, row, 1),
                         .name = text(*answer, row, 2),
                         .version = text(*answer, row, 3),
                         .environment = text(*answer, row, 4),
                         .steps_total = answer->int4(row, 5),
                         .created_at = answer->timestamptz(row, 6),
                         .definition = optional_text(*answer, row, 7)});
    }
    co_return found;
}

} // namespace tasker::queue
