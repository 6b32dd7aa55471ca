#include "tasker/wire/labels.hpp"

#include "tasker/json/pointer.hpp"
#include "tasker/json/storable.hpp"
#include "tasker/json/walker.hpp"
#include "tasker/json/writer.hpp"
#include "tasker/model/names.hpp"

namespace tasker::wire {

namespace {

/// Whether PostgreSQL stores the text unchanged.
bool is_storable(std::string_view text) {
    return json::to_storable(text) == text;
}

} // namespace

std::optional<std::string> label_value_problem(std::string_view value) {
    if (value.empty() || value.size() > max_label_value_bytes || !is_storable(value)) {
        return "must have 1 to " + std::to_string(max_label_value_bytes) +
               " bytes of UTF-8, without U+0000";
    }
    return std::nullopt;
}

std::optional<label> parse_label(std::string_view text) {
    auto const colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    label read{std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1)}};
    if (model::name_problem(read.name) || label_value_problem(read.value)) {
        return std::nullopt;
    }
    return read;
}

std::string labels_json(std::vector<label> const& labels) {
    std::string out;
    {
        json::object_writer writer{out};
        for (auto const& each : labels) {
            writer.text(each.name, each.value);
        }
    }
    return out;
}

std::vector<label> read_labels(std::string_view json) {
    std::vector<label> labels;
    json::walker from{json};
    from.object([&](std::string_view name) {
        labels.push_back({std::string{name}, from.string()});
    });
    return labels;
}

std::optional<context_filter> parse_context_filter(std::string_view text) {
    auto const colon = text.find(':');
    auto const pointer = text.substr(0, colon);
    if (colon == std::string_view::npos || pointer.empty() || !json::is_pointer(pointer) ||
        !is_storable(text)) {
        return std::nullopt;
    }
    return context_filter{std::string{pointer}, std::string{text.substr(colon + 1)}};
}

} // namespace tasker::wire
