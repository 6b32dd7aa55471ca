#pragma once

#include "fields.hpp"
#include "template_words.hpp"

#include "tasker/model/names.hpp"
#include "tasker/model/workflow_template.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace tasker::model {

inline constexpr std::size_t most_events = 100; ///< of a step

/// The keys of an event.
inline constexpr std::tuple event_fields{
    field{"name", &event_settings::name, text_kind{name_problem, name_pattern},
          "the name of the event; like a template's name"}
        .must_be_given(),
    field{"condition", &event_settings::condition,
          enum_kind<event_condition>{event_condition_names},
          "how the step must end; `permanent_failure` means `failure`"}
        .defaults_to(event_condition::success),
    field{"delivery_mode", &event_settings::delivery,
          enum_kind<event_delivery>{event_delivery_names},
          "`fast`: a notification; `durable`, `broadcast`: also a message in a queue"}
        .defaults_to(event_delivery::durable),
    field{"description", &event_settings::description, text_kind{}, "stored, not used"},
    field{"schema", &event_settings::schema, schema_kind{},
          "JSON Schema of the result, for those who receive it; not checked"},
};

/// The events of a step. A list without any is no value.
struct events_kind : value_kind<std::vector<event_settings>> {
    static std::optional<std::vector<event_settings>> read(reading in, document_path const& path,
                                                           node_index node);
    static void write(std::string& out, std::vector<event_settings> const& value);
    /// Only the keys that the database uses, with their defaults.
    static void write_column(std::string& out, std::vector<event_settings> const& value);
    static void describe(json::object_writer& schema);
};

} // namespace tasker::model
