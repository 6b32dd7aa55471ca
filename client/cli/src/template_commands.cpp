#include "command_line.hpp"

#include "page_options.hpp"
#include "report.hpp"
#include "template_document.hpp"
#include "template_reference.hpp"
#include "template_text.hpp"

#include "tasker/model/graph.hpp"
#include "tasker/model/template_schema.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tasker::cli {

namespace {

struct template_words {
    std::string source; ///< a file, or the name of a template
    std::string name_space;
    std::string format = "mermaid";
    page_options page{.limit = 50};
};

exit_code validate(command_line const& line, template_words const& words) {
    auto const document = template_document::read(words.source);
    if (document.has_error()) {
        return report_usage(document.error().message);
    }
    auto const parsed = document->parse();
    if (line.wants_json()) {
        print(to_json(parsed, document->path));
    } else if (parsed.has_value()) {
        print(fmt::format("{}: valid: {}/{} {}, {} steps\n", words.source, parsed->name_space,
                          parsed->name, parsed->version, parsed->steps.size()));
    } else {
        print(to_text(parsed.error(), document->path));
    }
    return parsed.has_value() ? exit_code::ok : exit_code::failed;
}

exit_code register_file(command_line const& line, template_words const& words) {
    auto const document = template_document::read(words.source);
    if (document.has_error()) {
        return report_usage(document.error().message);
    }
    auto api = line.connect();
    auto const registered = api.register_template(document->text, document->format);
    if (registered.has_error()) {
        return report(registered.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
        return exit_code::ok;
    }
    constexpr int created = 201;
    print(fmt::format("{} {}/{} {}, {} steps\n",
                      api.last_response().status == created ? "registered" : "already registered:",
                      registered->name_space, registered->name, registered->version,
                      registered->steps_total));
    return exit_code::ok;
}

exit_code list(command_line const& line, template_words const& words) {
    client::template_filter filter;
    if (!words.source.empty()) {
        auto const named = template_reference::parse(words.source);
        if (!named) {
            return report_usage('"' + words.source + "\" is not a template name");
        }
        filter = {named->name_space, named->name, named->version};
    }
    if (!words.name_space.empty()) {
        filter.name_space = words.name_space;
    }
    auto api = line.connect();
    auto const templates = api.list_templates(filter, to_page(words.page));
    if (templates.has_error()) {
        return report(templates.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else if (templates->items.empty()) {
        print("No templates.\n");
    } else {
        print(template_list_text(templates->items, line.out()) +
              next_page_text(templates->next_cursor, line.out()));
    }
    return exit_code::ok;
}

/// The highest registered version, if there is one.
client::result<std::optional<std::string>>
highest_version(client::client& api, std::string const& name_space, std::string const& name) {
    std::optional<std::string> highest;
    client::page_request part{.limit = largest_page};
    do {
        auto page = api.list_templates({.name_space = name_space, .name = name}, part);
        if (page.has_error()) {
            return std::move(page).error();
        }
        for (auto& each : page->items) {
            if (!highest || is_lower_version(*highest, each.version)) {
                highest = std::move(each.version);
            }
        }
        part.cursor = std::move(page->next_cursor);
    } while (part.cursor);
    return highest;
}

/// Gets the template from the server. On failure prints the reason and sets the exit code.
std::optional<wire::template_view> fetch(command_line const& line, client::client& api,
                                         template_words const& words, exit_code& code) {
    auto const named = template_reference::parse(words.source);
    if (!named) {
        code = report_usage('"' + words.source +
                            "\" is not a template name: write NS/NAME or NS/NAME/1.2.3");
        return std::nullopt;
    }
    auto const name_space = named->name_space.value_or("default");
    auto version = named->version;
    if (!version) {
        auto highest = highest_version(api, name_space, named->name);
        if (highest.has_error()) {
            code = report(highest.error(), api, line.wants_json());
            return std::nullopt;
        }
        // Ask for a version that the server lacks, to print the server's own error.
        version = highest->value_or("0.0.0");
    }
    auto shown = api.get_template(name_space, named->name, *version);
    if (shown.has_error()) {
        code = report(shown.error(), api, line.wants_json());
        return std::nullopt;
    }
    return std::move(*shown);
}

std::optional<model::workflow_template> parse_definition(wire::template_view const& shown) {
    auto parsed = model::parse_template_json(shown.definition.value_or("{}"));
    if (parsed.has_error()) {
        fmt::print(stderr, "tasker: the server's template needs another version of Tasker:\n{}",
                   to_text(parsed.error(), shown.name));
        return std::nullopt;
    }
    return std::move(*parsed);
}

exit_code show(command_line const& line, template_words const& words) {
    auto code = exit_code::ok;
    auto api = line.connect();
    auto const shown = fetch(line, api, words, code);
    if (!shown) {
        return code;
    }
    if (line.wants_json()) {
        print_response(api);
        return exit_code::ok;
    }
    auto const source = parse_definition(*shown);
    if (!source) {
        return exit_code::unreachable;
    }
    print(template_text(*shown, *source, line.out()));
    return exit_code::ok;
}

exit_code graph(command_line const& line, template_words const& words) {
    std::optional<model::workflow_template> source;
    std::error_code ignored;
    if (words.source == "-" || std::filesystem::is_regular_file(words.source, ignored)) {
        auto const document = template_document::read(words.source);
        if (document.has_error()) {
            return report_usage(document.error().message);
        }
        auto parsed = document->parse();
        if (parsed.has_error()) {
            std::fputs(to_text(parsed.error(), words.source).c_str(), stderr);
            return exit_code::failed;
        }
        source = std::move(*parsed);
    } else {
        auto code = exit_code::ok;
        auto api = line.connect();
        auto const shown = fetch(line, api, words, code);
        if (!shown) {
            return code;
        }
        source = parse_definition(*shown);
        if (!source) {
            return exit_code::unreachable;
        }
    }
    auto text = words.format == "dot" ? model::to_dot(*source) : model::to_mermaid(*source);
    if (!text.ends_with('\n')) {
        text += '\n';
    }
    print(text);
    return exit_code::ok;
}

exit_code schema() {
    print(model::template_schema() + '\n');
    return exit_code::ok;
}

void add_file(CLI::App& command, template_words& words) {
    command.add_option("file", words.source, "YAML, or JSON if it ends with .json; - for stdin")
        ->required()
        ->type_name("FILE");
}

} // namespace

void add_template_commands(command_line& line) {
    auto& group = line.add_group("template", "Check, register and show templates");
    auto const words = std::make_shared<template_words>();

    auto& validating = line.add_command(
        group, "validate", "Check a template without a server; lists all problems",
        "tasker template validate order.yaml", [&line, words] { return validate(line, *words); });
    add_file(validating, *words);

    auto& describing =
        line.add_command(group, "schema", "Print the JSON Schema of templates, for editors",
                         "tasker template schema > template.schema.json", [] { return schema(); });
    describing.remove_option(describing.get_option("--json"));

    auto& registering =
        line.add_api_command(group, "register", "Register a template; registering it twice is safe",
                             "tasker template register order.yaml",
                             [&line, words] { return register_file(line, *words); });
    add_file(registering, *words);

    auto& listing = line.add_api_command(group, "list", "List templates",
                                         "tasker template list --namespace shop",
                                         [&line, words] { return list(line, *words); });
    listing.add_option("template", words->source, "Only this template: [NS/]NAME[/VERSION]")
        ->type_name("");
    listing.add_option("-n,--namespace", words->name_space, "Only templates in this namespace")
        ->type_name("NS");
    add_page_options(listing, words->page, "templates");

    auto& showing = line.add_api_command(group, "show", "Show a template and its steps",
                                         "tasker template show shop/order/1.0.0",
                                         [&line, words] { return show(line, *words); });
    showing
        .add_option("template", words->source,
                    "[NS/]NAME[/VERSION]; the highest version by default")
        ->required()
        ->type_name("");

    auto& graphing = line.add_api_command(
        group, "graph", "Print a template's graph, for Mermaid or Graphviz",
        "tasker template graph order.yaml --format dot | dot -Tsvg > order.svg",
        [&line, words] { return graph(line, *words); });
    graphing.add_option("template", words->source, "A file, or [NS/]NAME[/VERSION] on the server")
        ->required()
        ->type_name("FILE");
    graphing.add_option("-f,--format", words->format, "Which language")
        ->type_name("mermaid|dot")
        ->check(CLI::IsMember({"mermaid", "dot"}).description(""))
        ->capture_default_str();
    graphing.remove_option(graphing.get_option("--json"));
}

} // namespace tasker::cli
