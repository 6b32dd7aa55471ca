#include "input_text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace tasker::cli {

namespace {

result<std::string> read_all(std::FILE* file, std::string const& path) {
    std::string text;
    std::array<char, 65'536> buffer{};
    while (auto const count = std::fread(buffer.data(), 1, buffer.size(), file)) {
        text.append(buffer.data(), count);
    }
    if (std::ferror(file) != 0) {
        return make_error(errc::not_found,
                          "cannot read " + path + ": " + std::generic_category().message(errno));
    }
    return text;
}

} // namespace

result<std::string> read_input(std::string const& path) {
    if (path == "-") {
        return read_all(stdin, "standard input");
    }
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file{std::fopen(path.c_str(), "rb"),
                                                               &std::fclose};
    if (!file) {
        return make_error(errc::not_found,
                          "cannot open " + path + ": " + std::generic_category().message(errno));
    }
    return read_all(file.get(), path);
}

result<std::string> read_argument(std::string const& argument) {
    if (argument == "-") {
        return read_input(argument);
    }
    if (argument.starts_with('@')) {
        return read_input(argument.substr(1));
    }
    return argument;
}

} // namespace tasker::cli
