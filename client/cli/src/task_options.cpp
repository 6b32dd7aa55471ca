#include "task_options.hpp"

#include "input_text.hpp"
#include "moments.hpp"
#include "template_reference.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/model/states.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace tasker::cli {

namespace {

error not_a_template(std::string_view text) {
    return make_error(errc::invalid_argument,
                      "\"" + std::string{text} +
                          "\" is not a template name: write NAME, NAME@1.2.3 or NS/NAME@1.2.3");
}

result<std::optional<timestamp>> parse_moment(std::string_view option, std::string const& text) {
    if (text.empty()) {
        return std::optional<timestamp>{};
    }
    auto const moment = parse_rfc3339(text);
    if (moment.has_error()) {
        return make_error(errc::invalid_argument,
                          std::string{option} + ": \"" + text +
                              "\" is not a time such as 2026-01-02T03:04:05Z");
    }
    return std::optional{*moment};
}

result<std::vector<wire::label>> parse_labels(std::vector<std::string> const& texts) {
    std::vector<wire::label> labels;
    for (auto const& each : texts) {
        auto label = wire::parse_label(each);
        if (!label) {
            return make_error(errc::invalid_argument,
                              "--label must be a name, a colon and a value, as in team:a, not \"" +
                                  each + '"');
        }
        labels.push_back(std::move(*label));
    }
    return labels;
}

} // namespace

std::optional<std::int16_t> parse_priority(std::string_view text) {
    constexpr std::array<std::array<std::string_view, 2>, 4> words{
        {{"1", "low"}, {"2", "normal"}, {"3", "high"}, {"4", "urgent"}}};
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (text == words.at(at).at(0) || text == words.at(at).at(1)) {
            return static_cast<std::int16_t>(at + 1);
        }
    }
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_limit(std::string_view text) {
    constexpr std::chrono::hours year{365 * 24};
    constexpr double longest = std::chrono::duration<double>{year}.count();
    if (text == forever) {
        return year;
    }
    double seconds = 0;
    auto const* const last = text.data() + text.size();
    auto const [end, problem] =
        std::from_chars(text.data(), last, seconds, std::chars_format::fixed);
    if (problem != std::errc{} || end != last || !(seconds >= 0 && seconds <= longest)) {
        return std::nullopt;
    }
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>{seconds});
}

result<task_id> to_task_id(std::string const& text) {
    auto const id = task_id::parse(text);
    if (id.has_error()) {
        return make_error(errc::invalid_argument,
                          '"' + text + "\" is not a task id such as " + example_id);
    }
    return *id;
}

result<timestamp> to_time_before(std::string const& age) {
    auto const span = parse_age(age);
    if (!span) {
        return make_error(errc::invalid_argument,
                          "--older-than must be a whole number with s, m, h or d, such as 30d, "
                          "not \"" +
                              age + '"');
    }
    return host_now() - *span;
}

result<wire::create_task_request> to_request(create_options const& options) {
    auto const named = template_reference::parse(options.name);
    if (!named) {
        return not_a_template(options.name);
    }
    wire::create_task_request request{.name = named->name, .version = named->version};
    if (named->name_space) {
        request.name_space = *named->name_space;
    }
    if (!options.name_space.empty()) {
        if (named->name_space && *named->name_space != options.name_space) {
            return make_error(errc::invalid_argument,
                              "--namespace contradicts \"" + options.name + '"');
        }
        request.name_space = options.name_space;
    }
    if (!options.context.empty()) {
        auto context = read_argument(options.context);
        if (context.has_error()) {
            return std::move(context).error();
        }
        auto const text = json::without_bom(*context);
        if (auto const found = json::find_problem(text)) {
            return make_error(errc::invalid_argument, json::to_sentence(*found, "--context"));
        }
        request.context = text;
    }
    if (!options.priority.empty()) {
        auto const priority = parse_priority(options.priority);
        if (!priority) {
            return make_error(errc::invalid_argument, "--priority must be low, normal, high, "
                                                      "urgent or 1 to 4, not \"" +
                                                          options.priority + '"');
        }
        request.priority = *priority;
    }
    request.idempotency_key = options.key;
    auto labels = parse_labels(options.labels);
    if (labels.has_error()) {
        return std::move(labels).error();
    }
    request.labels = std::move(*labels);
    return request;
}

result<std::optional<model::task_state>> to_state(std::string const& option) {
    auto const state = model::parse_task_state(option);
    if (!state && !option.empty()) {
        return make_error(errc::invalid_argument, "--state must be one of " +
                                                      model::task_state_names() + ", not \"" +
                                                      option + '"');
    }
    return state;
}

result<client::task_filter> to_filter(list_options const& options) {
    client::task_filter filter;
    if (!options.name.empty()) {
        auto const named = template_reference::parse(options.name);
        if (!named) {
            return not_a_template(options.name);
        }
        filter.name_space = named->name_space;
        filter.name = named->name;
        filter.version = named->version;
    }
    if (!options.name_space.empty()) {
        filter.name_space = options.name_space;
    }
    auto const state = to_state(options.state);
    if (state.has_error()) {
        return state.error();
    }
    filter.state = *state;
    filter.children = options.children;
    auto const after = parse_moment("--created-after", options.created_after);
    if (after.has_error()) {
        return after.error();
    }
    auto const before = parse_moment("--created-before", options.created_before);
    if (before.has_error()) {
        return before.error();
    }
    filter.created_after = *after;
    filter.created_before = *before;
    auto labels = parse_labels(options.labels);
    if (labels.has_error()) {
        return std::move(labels).error();
    }
    filter.labels = std::move(*labels);
    if (!options.context.empty()) {
        filter.context = wire::parse_context_filter(options.context);
        if (!filter.context) {
            return make_error(errc::invalid_argument,
                              "--context must be a JSON pointer, a colon and a value, as in "
                              "/order/id:42, not \"" +
                                  options.context + '"');
        }
    }
    return filter;
}

} // namespace tasker::cli
