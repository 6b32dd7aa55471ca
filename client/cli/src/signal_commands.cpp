#include "action_options.hpp"
#include "command_line.hpp"
#include "input_text.hpp"
#include "moments.hpp"
#include "page_options.hpp"
#include "report.hpp"
#include "table.hpp"
#include "task_options.hpp"
#include "text_width.hpp"

#include "tasker/json/syntax.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

struct signal_words {
    std::string task;
    std::string name_space;
    std::string name;
    std::string correlation;
    std::optional<std::string> payload;
    std::optional<std::string> by;
    std::optional<std::string> key;
    bool only_forms = false;
    page_options page;
};

std::string meaning_of(wire::signal_reply const& reply) {
    switch (reply.outcome) {
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

std::string meaning_of(wire::keyed_signal_reply const& reply) {
    if (reply.kept) {
        return "kept until a step waits";
    }
    return fmt::format("received by {} {}", reply.delivered,
                       reply.delivered == 1 ? "step" : "steps");
}

result<wire::signal_request> to_request(signal_words const& words) {
    wire::signal_request request;
    if (words.payload) {
        auto payload = read_argument(*words.payload);
        if (!payload) {
            return std::move(payload).error();
        }
        if (auto const problem = json::find_problem(*payload)) {
            return make_error(errc::invalid_argument, json::to_sentence(*problem, "--payload"));
        }
        request.payload = std::move(*payload);
    }
    request.by = words.by;
    request.idempotency_key = words.key;
    return request;
}

/// Sends the signal by `call(api, request)`, and shows the reply.
template <class Call>
exit_code send(command_line const& line, signal_words const& words, Call call) {
    auto const request = to_request(words);
    if (request.has_error()) {
        return report_usage(request.error().message);
    }
    auto api = line.connect();
    auto const reply = call(api, *request);
    if (reply.has_error()) {
        return report(reply.error(), api, line.wants_json());
    }
    line.wants_json() ? print_response(api) : print(meaning_of(*reply) + '\n');
    return exit_code::ok;
}

exit_code send_to_task(command_line const& line, signal_words const& words) {
    auto const id = to_task_id(words.task);
    if (id.has_error()) {
        return report_usage(id.error().message);
    }
    return send(line, words, [&](client::client& api, wire::signal_request const& request) {
        return api.send_signal(*id, words.name, request);
    });
}

exit_code send_by_key(command_line const& line, signal_words const& words) {
    return send(line, words, [&](client::client& api, wire::signal_request const& request) {
        return api.send_signal_by_key(words.name_space, words.name, words.correlation, request);
    });
}

std::string wait_list_text(std::vector<wire::signal_wait> const& waits, terminal const& out) {
    table rows{{{"SIGNAL"}, {"TASK"}, {"STEP"}, {"SINCE"}, {"UNTIL"}, {"RECEIVED"}, {"KEY"}}};
    for (auto const& wait : waits) {
        rows.add_row({{wait.name},
                      {wait.id.task.to_string()},
                      {wait.step},
                      {moment_text(wait.waiting_since)},
                      {wait.deadline ? moment_text(*wait.deadline) : ""},
                      {fmt::format("{}/{}", wait.received, wait.quorum)},
                      {one_line(wait.key.value_or(""))}});
    }
    return rows.to_text(out);
}

exit_code list(command_line const& line, signal_words const& words) {
    client::signal_filter filter{.only_forms = words.only_forms};
    if (!words.name_space.empty()) {
        filter.name_space = words.name_space;
    }
    if (!words.name.empty()) {
        filter.name = words.name;
    }
    auto api = line.connect();
    auto const waits = api.list_signals(filter, to_page(words.page));
    if (waits.has_error()) {
        return report(waits.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else if (waits->items.empty()) {
        print("No step waits for a signal.\n");
    } else {
        print(wait_list_text(waits->items, line.out()) +
              next_page_text(waits->next_cursor, line.out()));
    }
    return exit_code::ok;
}

/// What every signal has.
void add_request_options(CLI::App& command, signal_words& words) {
    command.add_option("--payload", words.payload, "The payload: JSON, @FILE, or - for stdin")
        ->type_name("JSON")
        ->check(not_empty());
    command.add_option("--by", words.by, "Who sends it")->type_name("WHO")->check(not_empty());
    command
        .add_option("-k,--key", words.key, "Idempotency key: the same key again changes nothing")
        ->type_name("KEY")
        ->check(not_empty());
}

} // namespace

void add_task_signal(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<signal_words>();
    auto& added = line.add_api_command(
        group, "signal", "Send a signal to the step that waits for it",
        fmt::format("tasker task signal {} approve --payload '{{\"ok\":true}}' --by ada",
                    example_id),
        [&line, words] { return send_to_task(line, *words); });
    added.add_option("id", words->task, "The task's id")->required()->type_name("ID");
    added.add_option("name", words->name, "The signal's name")->required()->type_name("NAME");
    add_request_options(added, *words);
}

void add_signal_commands(command_line& line) {
    auto& group = line.add_group("signal", "List what waits for signals, and send them by key");
    auto const listed = std::make_shared<signal_words>();
    auto& listing = line.add_api_command(
        group, "list", "List the steps that wait for a signal, oldest first",
        "tasker signal list --approvals", [&line, listed] { return list(line, *listed); });
    listing.add_option("name", listed->name, "Only this signal")->type_name("NAME");
    listing.add_option("-n,--namespace", listed->name_space, "Only tasks in this namespace")
        ->type_name("NS");
    listing.add_flag("--approvals", listed->only_forms, "Only those that have a form");
    add_page_options(listing, listed->page, "steps");

    auto const sent = std::make_shared<signal_words>();
    sent->name_space = "default";
    auto& sending = line.add_api_command(
        group, "send", "Send a signal to all steps that wait for it with a correlation key",
        "tasker signal send paid order-17 --payload '{\"amount\":12}'",
        [&line, sent] { return send_by_key(line, *sent); });
    sending.add_option("name", sent->name, "The signal's name")->required()->type_name("NAME");
    sending.add_option("correlation", sent->correlation, "The correlation key")
        ->required()
        ->type_name("CORRELATION");
    sending.add_option("-n,--namespace", sent->name_space, "The namespace of the tasks")
        ->type_name("NS")
        ->capture_default_str();
    add_request_options(sending, *sent);
}

} // namespace tasker::cli
