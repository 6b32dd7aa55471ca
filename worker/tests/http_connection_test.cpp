#include "builtin/builtin.hpp"
#include "fake_names.hpp"
#include "http_peer.hpp"
#include "tls_peer.hpp"

#include "tasker/base/time.hpp"
#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

step_result request(json initialization, std::stop_token cancelled_by = {},
                    http_settings const& options = {}) {
    return try_handler([&options](step_context const& step) { return run_http(options, step); },
                       {.name = "call",
                        .initialization = std::move(initialization),
                        .cancelled_by = std::move(cancelled_by)});
}

step_failure failure_of(step_result const& result) {
    EXPECT_FALSE(result.is_success());
    return result.is_success() ? step_failure{"", "", false, {}} : *result.failure();
}

TEST(HttpConnection, TimeLimitCoversNameResolution) {
    fake_name const slow{"slow.example", "127.0.0.1", 60s};
    auto const before = steady_clock::now();
    auto const failure =
        failure_of(request({{"url", "http://slow.example:9/"}, {"timeout_ms", 200}}));
    EXPECT_LT(steady_clock::now() - before, 20s);
    EXPECT_EQ(failure.type, "http_timeout");
}

TEST(HttpConnection, CancellationEndsNameResolution) {
    fake_name const slow{"slow.example", "127.0.0.1", 60s};
    std::stop_source stop;
    std::jthread const canceller{[&stop] { stop.request_stop(); }};
    auto const before = steady_clock::now();
    auto const failure = failure_of(request({{"url", "http://slow.example:9/"}}, stop.get_token()));
    EXPECT_LT(steady_clock::now() - before, 20s);
    EXPECT_EQ(failure.type, "cancelled");
}

std::filesystem::path certificate_path() {
    return std::filesystem::path{testing::TempDir()} /
           (std::string{testing::UnitTest::GetInstance()->current_test_info()->name()} + ".pem");
}

TEST(HttpConnection, HttpsAnswerOfATrustedServerIsTheResult) {
    tls_peer const peer{certificate_path()};
    setenv("SSL_CERT_FILE", certificate_path().c_str(), 1);
    auto result = request({{"url", peer.url()}});
    unsetenv("SSL_CERT_FILE");
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(json::parse(std::move(result).json_text())["body"], "secure");
}

TEST(HttpConnection, CertificateThatTheSystemDoesNotKnowIsAFailure) {
    tls_peer const peer{certificate_path()};
    auto const failure = failure_of(request({{"url", peer.url()}}));
    EXPECT_EQ(failure.type, "http_failed");
    EXPECT_THAT(failure.message, HasSubstr("certificate"));
}

} // namespace
} // namespace tasker::worker
