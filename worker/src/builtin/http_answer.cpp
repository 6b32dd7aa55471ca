#include "builtin/http_answer.hpp"

#include "tasker/json/text.hpp"

#include <curl/curl.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

namespace tasker::worker {

namespace {

constexpr std::int64_t day_seconds = 86'400;

std::string to_lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(
        out, out.begin(), [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
    return out;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    auto const first = std::min(text.find_first_not_of(blanks), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// The value of a parameter as in `text/html; charset="utf-8"`; empty if there is none.
std::string parameter(std::string_view field, std::string_view wanted) {
    std::string name;
    std::string value;
    bool is_quoted = false;
    bool has_value = false;
    auto const is_wanted = [&] { return has_value && to_lower(trim(name)) == wanted; };
    for (std::size_t at = std::min(field.find(';'), field.size()); at < field.size(); ++at) {
        auto const letter = field[at];
        if (letter == '"') {
            is_quoted = !is_quoted;
        } else if (is_quoted && letter == '\\' && at + 1 < field.size()) {
            value += field[++at];
        } else if (!is_quoted && letter == ';') {
            if (is_wanted()) {
                break;
            }
            name.clear();
            value.clear();
            has_value = false;
        } else if (!is_quoted && !has_value && letter == '=') {
            has_value = true;
        } else {
            (has_value ? value : name) += letter;
        }
    }
    return is_wanted() ? std::string{trim(value)} : std::string{};
}

/// iconv of the C library.
class converter {
public:
    explicit converter(std::string const& charset) : with_{iconv_open("UTF-8", charset.c_str())} {}

    converter(converter const&) = delete;
    converter& operator=(converter const&) = delete;

    ~converter() {
        if (is_known()) {
            iconv_close(with_);
        }
    }

    bool is_known() const {
        return with_ != reinterpret_cast<iconv_t>(-1); // NOLINT: returned by iconv
    }

    /// None if the bytes are not in the charset.
    std::optional<std::string> convert(std::string bytes) {
        std::string out;
        auto* from = bytes.data();
        auto left = bytes.size();
        while (left > 0) {
            if (!append(out, &from, &left)) {
                return std::nullopt;
            }
        }
        // The rest of the converter's state.
        return append(out, nullptr, nullptr) ? std::optional{std::move(out)} : std::nullopt;
    }

private:
    bool append(std::string& out, char** from, std::size_t* left) {
        std::array<char, 4'096> buffer; // NOLINT: filled by iconv
        auto* to = buffer.data();
        auto room = buffer.size();
        auto const count = iconv(with_, from, left, &to, &room);
        out.append(buffer.data(), buffer.size() - room);
        return count != static_cast<std::size_t>(-1) || errno == E2BIG;
    }

    iconv_t with_;
};

std::optional<std::int64_t> to_seconds(std::string_view digits) {
    std::int64_t seconds = 0;
    auto const* const end = digits.data() + digits.size();
    auto const [stopped, failure] = std::from_chars(digits.data(), end, seconds);
    if (digits.empty() ||
        !std::ranges::all_of(digits, [](unsigned char each) { return std::isdigit(each) != 0; })) {
        return std::nullopt;
    }
    return failure == std::errc{} && stopped == end ? seconds : day_seconds;
}

} // namespace

bool is_json(http_response const& answer) {
    auto const field = answer.header("content-type");
    auto const type = to_lower(trim(std::string_view{field}.substr(0, field.find(';'))));
    return type == "application/json" || type.ends_with("+json");
}

result<std::string> body_as_utf8(http_response const& answer) {
    auto const charset = parameter(answer.header("content-type"), "charset");
    if (charset.empty()) {
        return json::to_utf8(answer.body);
    }
    // A slash would begin iconv's own options, as "//IGNORE".
    auto const is_name = charset.find('/') == std::string::npos;
    converter from{is_name ? charset : "/"};
    if (!from.is_known()) {
        if (errno != EINVAL) {
            throw std::system_error{errno, std::generic_category(), "iconv_open"};
        }
        return make_error(errc::invalid_argument,
                          "has charset \"" + charset + "\", which this system does not support");
    }
    auto text = from.convert(answer.body);
    if (!text) {
        return make_error(errc::invalid_argument, "does not match its charset, \"" + charset + '"');
    }
    return std::move(*text);
}

std::optional<std::chrono::milliseconds> retry_after(http_response const& answer) {
    auto const text = answer.header("retry-after");
    auto seconds = to_seconds(text);
    if (!seconds) {
        auto const until = curl_getdate(text.c_str(), nullptr);
        auto const sent = curl_getdate(answer.header("date").c_str(), nullptr);
        if (until < 0 || sent < 0) {
            return std::nullopt;
        }
        seconds = std::int64_t{until} - std::int64_t{sent};
    }
    return std::chrono::seconds{std::clamp(*seconds, std::int64_t{0}, day_seconds)};
}

bool is_credential(std::string_view name) {
    constexpr std::array<std::string_view, 13> words{
        "apikey", "auth",       "authentication", "authorization", "cookie",  "cookie2", "jwt",
        "secret", "credential", "credentials",    "password",      "session", "token"};
    if (name.find("api-key") != std::string_view::npos) {
        return true;
    }
    for (std::size_t end = 0; !name.empty(); name.remove_prefix(std::min(end + 1, name.size()))) {
        end = std::min(name.find('-'), name.size());
        if (std::ranges::find(words, name.substr(0, end)) != words.end()) {
            return true;
        }
    }
    return false;
}

} // namespace tasker::worker
