#include "definition.hpp"

#include "tasker/json/text.hpp"

#include <string_view>

namespace tasker::model {

namespace {

/// Writes an object to the end of a string.
class object_writer {
public:
    explicit object_writer(std::string& out) : out_{out} {
        out_ += '{';
    }

    object_writer(object_writer const&) = delete;
    object_writer& operator=(object_writer const&) = delete;

    ~object_writer() {
        out_ += '}';
    }

    std::string& key(std::string_view name) {
        out_.append(first_ ? "\"" : ",\"").append(name).append("\":");
        first_ = false;
        return out_;
    }

    void text(std::string_view name, std::string_view value) {
        json::append_string(key(name), value);
    }

    void text(std::string_view name, std::optional<std::string> const& value) {
        if (value) {
            text(name, std::string_view{*value});
        }
    }

    void json(std::string_view name, std::optional<std::string> const& value) {
        if (value) {
            key(name).append(*value);
        }
    }

    void number(std::string_view name, std::optional<std::int32_t> value) {
        if (value) {
            key(name).append(std::to_string(*value));
        }
    }

private:
    std::string& out_;
    bool first_ = true;
};

/// Seconds with as many decimals as needed: "30", "1.5", "0.001".
std::string to_seconds(std::chrono::milliseconds time) {
    std::string out = std::to_string(time.count() / 1'000);
    if (auto const rest = time.count() % 1'000; rest != 0) {
        std::string decimals = std::to_string(1'000 + rest);
        decimals.front() = '.';
        decimals.resize(decimals.find_last_not_of('0') + 1);
        out += decimals;
    }
    return out;
}

void write_settings(object_writer& step, step_settings const& settings) {
    if (settings.callable || settings.method || settings.initialization) {
        object_writer handler{step.key("handler")};
        handler.text("callable", settings.callable);
        handler.text("method", settings.method);
        handler.json("initialization", settings.initialization);
    }
    if (settings.retryable || settings.max_attempts || settings.backoff ||
        settings.backoff_base_ms || settings.max_backoff_ms) {
        object_writer retry{step.key("retry")};
        if (settings.retryable) {
            retry.key("retryable").append(*settings.retryable ? "true" : "false");
        }
        retry.number("max_attempts", settings.max_attempts);
        if (settings.backoff) {
            retry.text("backoff", to_string(*settings.backoff));
        }
        retry.number("backoff_base_ms", settings.backoff_base_ms);
        retry.number("max_backoff_ms", settings.max_backoff_ms);
    }
    if (settings.timeout) {
        step.key("timeout_seconds").append(to_seconds(*settings.timeout));
    }
}

void write_step(std::string& out, step_template const& source) {
    object_writer step{out};
    step.text("name", std::string_view{source.name});
    step.text("description", source.description);
    if (source.type_given) {
        step.text("type", std::string_view{"standard"});
    }
    if (source.dependencies) {
        step.key("dependencies") += '[';
        char const* separator = "";
        for (auto const& parent : *source.dependencies) {
            json::append_string(out.append(separator), parent);
            separator = ",";
        }
        out += ']';
    }
    write_settings(step, source.settings);
}

void write_environment(std::string& out, environment_overrides const& source) {
    object_writer environment{out};
    environment.key("steps") += '[';
    char const* separator = "";
    for (auto const& change : source.steps) {
        object_writer step{out.append(separator)};
        step.text("name", std::string_view{change.step});
        write_settings(step, change.settings);
        separator = ",";
    }
    out += ']';
}

} // namespace

std::string to_definition(workflow_template const& source) {
    std::string out;
    {
        object_writer top{out};
        top.text("name", std::string_view{source.name});
        top.text("namespace_name", std::string_view{source.name_space});
        top.text("version", std::string_view{source.version});
        top.text("description", source.description);
        top.json("metadata", source.metadata);
        top.json("input_schema", source.input_schema);
        top.json("system_dependencies", source.system_dependencies);
        top.key("steps") += '[';
        char const* separator = "";
        for (auto const& step : source.steps) {
            write_step(out.append(separator), step);
            separator = ",";
        }
        out += ']';
        if (!source.environments.empty()) {
            object_writer environments{top.key("environments")};
            for (auto const& environment : source.environments) {
                write_environment(environments.key(environment.name), environment);
            }
        }
    }
    return out;
}

} // namespace tasker::model
