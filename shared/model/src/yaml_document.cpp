#include "core_schema.hpp"
#include "document_builder.hpp"

#include "tasker/model/workflow_template.hpp"

#include <simdjson.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <string>

namespace tasker::model {

namespace {

constexpr std::string_view tag_prefix = "tag:yaml.org,2002:";

int line_of(YAML::Mark const& mark) {
    return mark.line + 1;
}

/// Not YAML::Node: it accepts duplicate keys, forgets lines, and costs ten times as much.
class yaml_events final : public YAML::EventHandler {
public:
    explicit yaml_events(document_builder& builder) : builder_{builder} {}

    void OnDocumentStart(YAML::Mark const& mark) override {
        if (started_) {
            throw_unreadable(line_of(mark), "holds more than one YAML document");
        }
        started_ = true;
    }

    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        if (builder_.expects_key()) {
            throw_unreadable(line_of(mark), "has a key that is empty");
        }
        builder_.scalar(node_kind::null, line_of(mark), {}, {}, anchor);
    }

    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        builder_.alias(line_of(mark), anchor);
    }

    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        int const line = line_of(mark);
        if (tag == "?") {
            typed_scalar const typed = resolve_plain_scalar(value, line);
            builder_.scalar(typed.kind, line, value, typed.value, anchor);
        } else if (tag.empty() || tag == "!" || tag == std::string{tag_prefix} + "str") {
            builder_.scalar(node_kind::string, line, value, {}, anchor);
        } else {
            refuse_tag(line, tag);
        }
    }

    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        check_tag(line_of(mark), tag, "seq");
        builder_.open(node_kind::list, line_of(mark), anchor);
    }

    void OnSequenceEnd() override {
        builder_.close();
    }

    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        check_tag(line_of(mark), tag, "map");
        builder_.open(node_kind::mapping, line_of(mark), anchor);
    }

    void OnMapEnd() override {
        builder_.close();
    }

private:
    static void check_tag(int line, std::string const& tag, std::string_view expected) {
        bool const fits = tag.empty() || tag == "?" || tag == "!" ||
                          (tag.starts_with(tag_prefix) &&
                           std::string_view{tag}.substr(tag_prefix.size()) == expected);
        if (!fits) {
            refuse_tag(line, tag);
        }
    }

    [[noreturn]] static void refuse_tag(int line, std::string const& tag) {
        throw_unreadable(line, "has the tag " + tag.substr(0, 80) + ", which is not supported");
    }

    document_builder& builder_;
    bool started_ = false;
};

} // namespace

document read_yaml(std::string_view text) {
    if (text.size() > max_template_bytes) {
        throw_unreadable(0, "is longer than " + std::to_string(max_template_bytes) + " bytes");
    }
    if (!simdjson::validate_utf8(text)) {
        throw_unreadable(0, "is not UTF-8");
    }
    document_builder builder;
    try {
        std::istringstream stream{std::string{text}};
        YAML::Parser parser{stream};
        yaml_events events{builder};
        if (!parser.HandleNextDocument(events)) {
            throw_unreadable(0, "is empty");
        }
        // A second document stops at its start.
        while (parser.HandleNextDocument(events)) {
        }
    } catch (YAML::Exception const& failure) {
        throw_unreadable(line_of(failure.mark), "is not valid YAML: " + failure.msg);
    }
    return std::move(builder).finish();
}

} // namespace tasker::model
