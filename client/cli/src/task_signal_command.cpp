#include "command_line.hpp"

#include "input_text.hpp"
#include "report.hpp"

#include "tasker/json/syntax.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::cli {

namespace {

constexpr char const* example_id = "01990f5e-7c00-7a00-8000-000000000001";

struct signal_words {
    std::string task;
    std::string name;
    std::string payload;
    std::string by;
    std::string key;
};

constexpr std::string_view meaning_of(wire::signal_outcome outcome) {
    switch (outcome) {
    case wire::signal_outcome::complete:
        return "received: its step is complete";
    case wire::signal_outcome::counted:
        return "received: its step waits for other senders";
    case wire::signal_outcome::kept:
        return "kept until its step waits";
    case wire::signal_outcome::repeated:
        break;
    }
    return "received before with this key";
}

exit_code send_signal(command_line const& line, signal_words const& words) {
    auto const id = task_id::parse(words.task);
    if (!id) {
        return report_usage('"' + words.task + "\" is not a task id such as " + example_id);
    }
    wire::signal_request request;
    if (!words.payload.empty()) {
        auto payload = read_argument(words.payload);
        if (!payload) {
            return report_usage(payload.error().message);
        }
        if (auto const problem = json::find_problem(*payload)) {
            return report_usage(json::to_sentence(*problem, "--payload"));
        }
        request.payload = std::move(*payload);
    }
    if (!words.by.empty()) {
        request.by = words.by;
    }
    if (!words.key.empty()) {
        request.idempotency_key = words.key;
    }
    auto api = line.connect();
    auto const reply = api.send_signal(*id, words.name, request);
    if (reply.has_error()) {
        return report(reply.error(), api, line.wants_json());
    }
    line.wants_json() ? print_response(api) : print(std::string{meaning_of(reply->outcome)} + '\n');
    return exit_code::ok;
}

} // namespace

void add_task_signal(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<signal_words>();
    auto& added = line.add_api_command(
        group, "signal", "Send a signal to the step that waits for it",
        fmt::format("tasker task signal {} approve --payload '{{\"ok\":true}}' --by ada",
                    example_id),
        [&line, words] { return send_signal(line, *words); });
    added.add_option("id", words->task, "The task's id")->required()->type_name("ID");
    added.add_option("name", words->name, "The signal's name")->required()->type_name("NAME");
    added.add_option("--payload", words->payload, "The payload: JSON, @FILE, or - for stdin")
        ->type_name("JSON");
    added.add_option("--by", words->by, "Who sends it")->type_name("WHO");
    added.add_option("-k,--key", words->key, "Idempotency key: the same key again changes nothing")
        ->type_name("KEY");
}

} // namespace tasker::cli
