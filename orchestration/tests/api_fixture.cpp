#include "api_fixture.hpp"

#include <stdexcept>

namespace tasker::orchestration {

namespace {

settings adjusted(settings chosen, void (*adjust)(settings&)) {
    adjust(chosen);
    return chosen;
}

} // namespace

Api::Api() : Api{[](settings&) {}} {}

Api::Api(void (*adjust)(settings&))
    : settings_{adjusted(test_settings(database_.dsn()), adjust)},
      service_{std::make_unique<running_service>(settings_)},
      client_{service_->address()} {}

http_reply Api::register_chain(std::string_view name, std::string_view version, int steps,
                               std::string_view more) {
    std::string text = R"({"name": ")" + std::string{name} +
                       R"(", "namespace_name": "default", "version": ")" + std::string{version} +
                       R"(", "steps": [)";
    for (int i = 0; i < steps; ++i) {
        auto const number = std::to_string(i);
        text.append(i == 0 ? "" : ", ").append(R"({"name": "s)").append(number);
        text.append(R"(", "handler": {"callable": "tasker.noop"})");
        if (i > 0) {
            text.append(R"(, "dependencies": ["s)").append(std::to_string(i - 1)).append("\"]");
        }
        text.append(R"(, "retry": {"max_attempts": 2, "backoff": "none"}})");
    }
    return client_.post("/v1/templates", text.append("]").append(more).append("}"));
}

std::string Api::create(std::string_view name, std::string_view more) {
    auto const reply = client_.post("/v1/tasks", R"({"name": ")" + std::string{name} + "\"" +
                                                     std::string{more} + "}");
    if (reply.status != 201) {
        throw std::runtime_error{reply.body};
    }
    return reply.json().at("task_id");
}

void Api::finish_all(std::string_view outcome, std::string_view payload) {
    database_.exec(
        "do $do$ declare s record; w int := tasker.register_worker('w', '{default}'); "
        "begin loop "
        "for s in select * from tasker.claim_steps('{tasker_default}', w, 30, 100, 1) loop "
        "perform tasker.finish_steps(s.queue, w, 30, 0, array[s.task_id], "
        "array[s.step_no], array[s.delivery], array[s.msg_id], array['" +
        std::string{outcome} + "']::tasker.outcome[], array['" + std::string{payload} +
        "'], array[null]::int[], array[0]); end loop; exit when not found; end loop; end $do$");
}

void Api::finish_ready(std::string_view outcome) {
    database_.exec("select f.* from tasker.claim_steps('{tasker_default}', "
                   "tasker.register_worker('w', '{default}'), 30, 10, 1) s, "
                   "tasker.finish_steps(s.queue, 1, 30, 0, array[s.task_id], array[s.step_no], "
                   "array[s.delivery], array[s.msg_id], array['" +
                   std::string{outcome} +
                   "']::tasker.outcome[], array['{\"message\": \"no\", \"type\": \"t\"}'], "
                   "array[null]::int[], array[0]) f");
    announce();
}

void Api::announce() {
    database_.exec("select tasker.flush_notifications()");
}

} // namespace tasker::orchestration
